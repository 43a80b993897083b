"""Make foreign text fit to be shown: nothing in the result can move a cursor, reorder, hide or swallow text.

A terminal obeys control bytes wherever they come from, and no widget filters them (an OSC 52 in a label writes the
clipboard). Applied to display copies only; what is stored stays as it was read. A sign says what stood there: C0
controls become their pictures (U+2400 ff.), everything else invisible or unassigned becomes ``⟨U+XXXX⟩``.
"""

from __future__ import annotations

import re
import unicodedata

TAB = "    "
ELLIPSIS = "…"
NEWLINE_SIGN = " ⏎ "
MAX_MARKS = 4

_PLAIN = re.compile(r"[ -~\n]*")
# Invisible by design, but letters and marks to Unicode: Hangul and Khmer fillers, the grapheme joiner.
_FILLERS = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0})
_VARIATION_SUPPLEMENT = range(0xE0100, 0xE01F0)
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ZWJ = "\u200d"
# The blocks that hold emoji; what of them is unassigned does not count (see _is_pictograph).
_PICTOGRAPH = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55\u3030"
    "\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
# What may be combining marks: neither letters nor the usual signs. Of five or more the category decides.
_MAYBE_MARK = re.compile(r"[^\w\x00-\u02ff\u2000-\u20cf\u2100-\u2bff\u3000-\u3029]")
_MANY_MARKS = re.compile(rf"{_MAYBE_MARK.pattern}{{5,}}")


class _Signs(dict[int, str]):
    """Code point to its displayable form, for ``str.translate``; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if code < 0x20:
            shown = chr(0x2400 + code)
        elif code == 0x7F:
            shown = "\u2421"
        elif (category in _UNSHOWABLE and char != _ZWJ) or code in _FILLERS or code in _VARIATION_SUPPLEMENT:
            shown = _visible(char)
        else:
            shown = char
        if category not in {"Cn", "Co"}:  # nearly a million of them: a hostile text must not fill the memory
            self[code] = shown
        return shown


_SIGNS = _Signs({0x0A: "\n", 0x09: TAB})


def sanitise(text: str, *, max_line: int | None = 1000) -> str:
    """A display copy. ``\\n`` stays, ``\\r\\n`` becomes ``\\n``, a tab four spaces; the rest as the module says.

    A zero-width joiner stays between pictographs only, U+FE0F stays, and of more than four combining marks in a row
    the rest is counted. Lines longer than ``max_line`` characters are cut and end in ``…``; ``None`` cuts nothing.
    Idempotent.
    """
    if _PLAIN.fullmatch(text):
        return text if max_line is None or len(text) <= max_line else _clip_lines(text, max_line)
    text = text.replace("\r\n", "\n")
    if max_line is not None:
        text = _clip_lines(text, max_line)
    text = _showable(text)
    return text if max_line is None else _clip_lines(text, max_line)


def sanitise_line(text: str, *, max_line: int | None = 1000) -> str:
    """The same on one line: a newline becomes `` ⏎ ``. At most ``max_line`` characters."""
    if max_line is not None:
        text = text[: 2 * max_line + 2]  # enough to see that it is too long, whatever \r\n shrinks to
    return sanitise(text.replace("\r\n", "\n").replace("\n", NEWLINE_SIGN), max_line=max_line)


def has_hidden(text: str) -> bool:
    """Whether :func:`sanitise` would change more than tabs, line endings and length."""
    if _PLAIN.fullmatch(text):
        return False
    same = text.replace("\r\n", "\n")
    # Long texts have few different characters.
    different = "".join(set(same))
    marked = _MAYBE_MARK.search(different) is not None and _MANY_MARKS.search(same) is not None
    if not marked and all(char == "\t" or _SIGNS[ord(char)] == char != _ZWJ for char in different):
        return False
    return sanitise(text, max_line=None) != same.replace("\t", TAB)


def _visible(char: str) -> str:
    return f"⟨U+{ord(char):04X}⟩"


def _showable(text: str) -> str:
    text = re.sub(_ZWJ, _joiner, text).translate(_SIGNS)
    return text if text.isascii() else _MANY_MARKS.sub(_few_marks, text)


def _joiner(match: re.Match[str]) -> str:
    """The joiner where it joins two pictographs, made visible elsewhere. U+FE0F may stand before it."""
    text, at = match.string, match.start()
    before = text[at - 2 : at - 1] if text[max(at - 1, 0) : at] == "\ufe0f" else text[max(at - 1, 0) : at]
    joins = _is_pictograph(before) and _is_pictograph(text[at + 1 : at + 2])
    return _ZWJ if joins else _visible(_ZWJ)


def _is_pictograph(char: str) -> bool:
    return _PICTOGRAPH.match(char) is not None and unicodedata.category(char) != "Cn"


def _few_marks(match: re.Match[str]) -> str:
    """Keep four combining marks of each run and count the rest."""
    kept: list[str] = []
    run = 0
    for char in match.group() + "\0":
        if unicodedata.category(char)[0] == "M":
            run += 1
            if run > MAX_MARKS:
                continue
        else:
            if run > MAX_MARKS:
                kept.append(f"⟨+{run - MAX_MARKS} marks⟩")
            run = 0
        kept.append(char)
    return "".join(kept[:-1])


def _clip_lines(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return "\n".join(line if len(line) <= limit else _clip(line, limit) for line in text.split("\n"))


def _clip(line: str, limit: int) -> str:
    if limit < 1:
        return ""
    # A joiner that lost its right-hand side would be made visible by the next call.
    return line[: limit - 1].rstrip(_ZWJ) + ELLIPSIS
