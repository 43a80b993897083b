"""The simplest YAML without a YAML parser: ``key: value`` on each line. Most frontmatter is no more than that.

PyYAML takes a third of a millisecond for a name and a description, which is long where thousands are read. What this
reader takes, it reads as PyYAML does, offsets included; where anything else stands, it takes nothing.
"""

from __future__ import annotations

import re
from functools import cache

# Characters that mean nothing to YAML and are allowed in it; no tab, no line break of Unicode, no byte order mark.
_HIGH = "\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
_TEXT = f"[\x20-\x7e{_HIGH}]"
_ENTRY = (
    r"(?P<key>[A-Za-z_][A-Za-z0-9_-]{0,60}): +"
    rf"(?:\"(?P<double>(?:(?![\"\\]){_TEXT})*)\"|'(?P<single>(?:(?!'){_TEXT})*)'"
    # Not the signs that open something else, no colon or hash that a blank stands beside.
    rf"|(?P<plain>[A-Za-z0-9_(/.$+;^{_HIGH}](?:(?![:# ]){_TEXT}|:(?=(?! ){_TEXT})| +(?=(?![# ]){_TEXT})|(?<! )#)*))"
    r" *(?:\n|\Z)"
)


@cache
def _entry() -> re.Pattern[str]:
    # Compiled when first asked for: it takes ten milliseconds, and many commands read no skill.
    return re.compile(_ENTRY)


def simple_entries(text: str) -> list[tuple[str, int, str, int, int, bool]] | None:
    """Each entry as key, its offset, value, the value's start and end, and whether it is unquoted.

    ``None`` where the text is empty or holds anything but such entries.
    """
    found = []
    entry = _entry()
    at = 0
    while at < len(text):
        match = entry.match(text, at)
        if match is None:
            return None
        kind = match.lastgroup or ""
        start, end = match.span(kind)
        quoted = kind != "plain"
        found.append((match["key"], at, match[kind], start - quoted, end + quoted, not quoted))
        at = match.end()
    return found or None
