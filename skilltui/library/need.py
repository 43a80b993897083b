"""The need in a request: what is wanted, without what was pasted, wrapped or mentioned along with it. Pure.

A plan accepted in plan mode arrives as "Implement the following plan: # Plan: ..." with three thousand words behind
it; the need is its title. Logs and stack traces follow one sentence that matters. File mentions, ids and addresses
are not words of the need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

# What is left of a long request: its beginning says what is wanted, the rest how.
MAX_WORDS = 200
# Below this many words nothing is cut away: a plan's title may be all there is.
_FEW = 3
# More of a request than this is not even looked at.
_MAX_CHARS = 40_000

_WRAPPED = re.compile(
    r"<(?P<tag>system-reminder|local-command-stdout|local-command-caveat|command-message|command-contents"
    r"|ide_opened_file|ide_selection"
    r"|environment_context|user_instructions|bash-stdout|bash-stderr|task-notification)>.*?(?:</(?P=tag)>|\Z)",
    re.DOTALL,
)
_TAG = re.compile(r"</?[a-z][\w-]{0,40}(?:\s[^<>\n]{0,200})?>")
_MARKER = re.compile(
    r"\[(?:request interrupted|image|pasted text|screenshot|truncated|attachment)\b[^\]\n]{0,120}\]", re.IGNORECASE
)
_PLAN = re.compile(
    r"\s{0,20}(?:please\s+)?(?:implement|execute|carry out|follow|build|do)\s+(?:the\s+following|this"
    r"|the)\s+(?:\w{1,20}\s+){0,2}plan\b[ \t]{0,4}(?::|\r?\n)",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"^#{1,3}\s+(?:(?:implementation\s+)?plan\s*[:\u2013\u2014-]\s*)?(?P<title>[^\n]{1,200})",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING_WORD = re.compile(r"(?:implementation\s+)?plan|overview|summary|context|goal|background|title", re.IGNORECASE)
_FENCE = re.compile(
    r"^[ \t]{0,12}(?P<mark>`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]{0,12}(?P=mark)[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_PICTURE_NAME = re.compile(r"\.(?:png|jpe?g|gif|webp|heic|tiff?)", re.IGNORECASE)
# A picture that was dropped into the prompt: its path, quoted or not, or its name alone.
_PICTURE = re.compile(
    r"(?P<quote>['\"])[^'\"\n]{1,300}\.(?:png|jpe?g|gif|webp|heic|tiff?)(?P=quote)"
    r"|(?<!\S)(?:~?/|[A-Z]:\\)(?:[^\s'\"]|(?<=\\) ){1,300}?\.(?:png|jpe?g|gif|webp|heic|tiff?)\b"
    r"|\bscreen ?shot[ _-]\d[^\n'\"]{0,60}?\.(?:png|jpe?g)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\b(?:https?|ftp|ssh|file)://[^\s<>\"')\]]+|\bwww\.[^\s<>\"')\]]+")
_MENTION = re.compile(r"(?<![\w.@])@(?:\"[^\"\n]{1,200}\"|[\w./~+-]*[\w/])")
_ID = re.compile(
    r"\b(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}"
    r"|[a-z]{1,6}_[0-9A-Za-z]{8,64}|\d{5,})\b"
)
# What all of those hold; that there is none of it is found far faster.
_MARK_OF_ID = re.compile(r"[\d_-]")
_FOLDERS = re.compile(r"(?<![\w/])(?:~|\.{1,2}|[\w.-]+)?(?:/[\w.@+-]+)+/(?=[\w.@+-])|\b[A-Za-z]:(?:\\[\w. -]+)+\\")
_LOG = re.compile(
    r"\s{0,20}(?:"
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?\d\d:\d\d:\d\d|at\s+[\w$.<>/]+\s?\(|File \"[^\"]+\", line \d"
    r"|Traceback \(most recent|\s{0,8}\^+\s*$"
    r"|(?:npm )?(?:ERR!|WARN)\b|(?:DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|TRACE)\b\s{0,3}[:\[|]|\$ \S|>>> |\+{3} "
    r"|-{3} |@@ |diff --git |[|+][-=+|]{5,}"
    r"|(?:[\w.]+\.)?\w*(?:Error|Exception|Warning): |\d+ (?:passed|failed)|FAILED |PASSED |=+ .{1,60} =+\s*$"
    r"|goroutine \d+|panic: |thread '"
    r")"
)


# A request is looked at several times in a row, by whoever files and matches it.
@lru_cache(maxsize=256)
def need_text(request: str) -> str:
    """What a request asks for, in its own words and order, at most 200 of them; empty where nothing is asked.

    Removed: wrappers and reminders of the agents, code blocks, logs and stack traces, pictures, addresses, file
    mentions and the folders of paths, ids and hashes. Of an accepted plan the title and what follows it directly stays.
    """
    found: list[str] = []
    for line in need_lines(request):
        found += line.split()
        if len(found) >= MAX_WORDS:
            break
    return " ".join(found[:MAX_WORDS])


def need_lines(request: str) -> Iterator[str]:
    """The same line by line and not cut, each made when it is taken: of a long request the first few are asked for."""
    text = _WRAPPED.sub(" ", request[:_MAX_CHARS])
    text = _MARKER.sub(" ", _TAG.sub(" ", text))
    text = _plan_title(text)
    fenced = "```" in text or "~~~" in text
    prose = _without_logs(_FENCE.sub("\n", text) if fenced else text)
    first: list[str] = []
    words = 0
    for line in prose:
        first.append(line)
        words += len(line.split(maxsplit=_FEW))
        if words >= _FEW:
            yield from map(_own_words, chain(first, prose))
            return
    yield from map(_own_words, text.split("\n"))


def _own_words(line: str) -> str:
    """A line without pictures, addresses, mentions, ids and folders."""
    if _PICTURE_NAME.search(line):
        line = _PICTURE.sub(" ", line)
    if "://" in line or "www." in line:
        line = _ADDRESS.sub(" ", line)
    if "@" in line:
        line = _MENTION.sub(" ", line)
    if _MARK_OF_ID.search(line):
        line = _ID.sub(" ", line)
    return _FOLDERS.sub(" ", line) if "/" in line or "\\" in line else line


def _plan_title(text: str) -> str:
    """The title of an accepted plan with its first paragraph; any other text unchanged."""
    wrapper = _PLAN.match(text)
    if wrapper is None:
        return text
    rest = text[wrapper.end() :]
    for title in _TITLE.finditer(rest):
        words = title["title"].strip(" #*`")
        if words and not _HEADING_WORD.fullmatch(words):
            return f"{words}\n{_first_paragraph(rest[title.end() :])}"
    return rest if rest.strip() else text


def _first_paragraph(text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        plain = line.strip()
        if plain.startswith("#"):
            if lines or not _HEADING_WORD.fullmatch(plain.strip("# ")):
                break
        elif plain:
            lines.append(plain)
        elif lines:
            break
    return " ".join(" ".join(lines).split()[:40])


def _without_logs(text: str) -> Iterator[str]:
    """The lines that are none of logs and traces, nor the indented ones that go on after such a line."""
    in_log = False
    for line in text.split("\n"):
        if _LOG.match(line):
            in_log = True
            continue
        in_log = in_log and line.startswith((" ", "\t"))
        if not in_log:
            yield line
