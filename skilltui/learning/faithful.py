"""Whether a model's words say what their source says: no command, address or name of its own, no "never" lost.

A small model invents, and a model that obeys an injected instruction invents on purpose, so what can be told without
understanding is told here. What an honest source means is for the person who reviews.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from skilltui.text.tokenise import terms

_BULLET = re.compile(r"^(?:(?:[-*+•]|\d{1,3}[.)])\s+)+")
# Selectors that change how the character before them looks can also carry hidden text.
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")

# Headings, fences, rules and frontmatter, comments, and what Claude Code runs before the model reads it ("!`...`").
_FORBIDDEN = re.compile(r"^(?:#{1,6}(?:\s|$)|```|~~~|-{3,}\s*$|={3,}\s*$)|!\s*`|<!--|-->|\]\(")
_CODE = re.compile(r"(`+)(.+?)\1(?!`)")
_QUOTING = "\"'“”‘’()[]{}«»"
_TECHNICAL = re.compile(r"^--?\w|[/\\$|&<>=~@*_{}^;]|::|\w[.(:]\w|\d\w*[a-zA-Z]|.{31}")
_NOT_TECHNICAL = frozenset({"e.g", "i.e", "and/or", "etc", "1st", "2nd", "3rd"})
# Programs whose names are no English words, so that "pipe it to sudo bash" is seen without backticks.
_PROGRAMS = frozenset(
    {"apt", "apt-get", "aws", "bash", "brew", "cargo", "chmod", "chown", "crontab", "curl", "dd", "docker", "eval",
     "gcloud", "gh", "git", "kubectl", "mkfs", "nc", "ncat", "netcat", "npm", "npx", "pip", "pip3", "pipx", "pnpm",
     "powershell", "pwsh", "python", "python3", "rm", "rsync", "scp", "sh", "ssh", "sudo", "systemctl", "tar",
     "telnet", "terraform", "uv", "uvx", "wget", "yarn", "zsh"}
)  # fmt: skip
# "No, ..." only begins a person's correction.
_NEGATION = re.compile(r"\b(?:never|not|no(?!\s*[,.;:!])|avoid|without|instead|cannot|\w+n['’]t)\b", re.IGNORECASE)
_STRONG_NEGATION = re.compile(r"\b(?:never|not|avoid|cannot|\w+n['’]t)\b", re.IGNORECASE)

# The part of a text's terms that its source must share. Rewording changes some words, not most.
_SHARED_LINE = 0.25
_SHARED_ALL = 0.4

FORM = "had a form that a skill may not have"
FOREIGN = "held a command, name or address that the evidence does not"
NEGATED = "lost or added a “not”"
STRAYED = "said something else than the evidence"


def cleaned(text: str) -> str:
    """A line of a model as plain text: no control, format or private character, no bullet, single spaces."""
    text = _SELECTORS.sub("", text)
    text = "".join(char for char in text if char.isprintable() or char.isspace())
    return _BULLET.sub("", " ".join(text.split())).strip()


def objection(lines: Sequence[str], source: Sequence[str]) -> str:
    """What is wrong with ``lines`` as a wording of what ``source`` says; empty: nothing is."""
    if not lines or any(_FORBIDDEN.search(line) for line in lines):
        return FORM
    if any(invents(line, source) for line in lines):
        return FOREIGN
    return STRAYED if strays(lines, source) else ""


def turned(lines: Sequence[str], own: Sequence[str], quotes: Sequence[str]) -> str:
    """The objection to a wording that has no "not" where a lesson has one, or has one where its evidence has none."""
    # Cleaned like a model's line: a sign that goes may part or join words.
    said, meant = " ".join(lines), " ".join(map(cleaned, own))
    lost = _NEGATION.search(meant) and not _NEGATION.search(said)
    added = _STRONG_NEGATION.search(said) and not _NEGATION.search(" ".join([meant, *map(cleaned, quotes)]))
    return NEGATED if lost or added else ""


def invents(line: str, source: Sequence[str]) -> bool:
    """Whether a line holds a command, option, path, name or address that no text of ``source`` holds."""
    known = [_variants(text) for text in source]
    for code in _CODE.finditer(line):
        if not any(_occurs(_words(code[2]), text) for text in known):
            return True
    everything = {variant for text in known for word in text for variant in word}
    lowered = {word.lower() for word in everything}
    for word in _words(_CODE.sub(" ", line)):
        plain = _plain(word)
        if plain.lower() in _PROGRAMS and plain.lower() not in lowered:
            return True
        if _TECHNICAL.search(plain) and plain not in everything and plain.lower() not in _NOT_TECHNICAL:
            return True
    return False


def strays(lines: Sequence[str], source: Iterable[str]) -> bool:
    """Whether a text, or one line of it, shares too few of its terms with ``source``."""
    known = {term for text in source for term in terms(cleaned(text))}
    found = [set(terms(line)) for line in lines]
    if any(len(line) >= 4 and len(line & known) < _SHARED_LINE * len(line) for line in found):
        return True
    everything = set().union(*found)
    return bool(everything) and len(everything & known) < _SHARED_ALL * len(everything)


def _variants(text: str) -> list[tuple[str, ...]]:
    """A text's words, each as it stands and without the punctuation of its sentence."""
    return [(word, _plain(word), word.rstrip(".,;:!?")) for word in _words(cleaned(text))]


def _words(text: str) -> list[str]:
    return text.replace("`", " ").split()


def _occurs(code: Sequence[str], text: Sequence[tuple[str, ...]]) -> bool:
    """Whether the words of a command stand in a text, whole and side by side: ``rm -rf .`` is not ``rm -rf ./out``."""
    width = len(code)
    return any(
        all(word in variants for word, variants in zip(code, text[at : at + width], strict=True))
        for at in range(len(text) - width + 1)
    )


def _plain(word: str) -> str:
    return word.strip(_QUOTING + ".,;:!?…").strip(_QUOTING)
