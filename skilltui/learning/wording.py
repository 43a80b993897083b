"""Actions as sentences: imperative, concrete, commands in backticks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from skilltui.learning.actions import Action, ActionKind, is_general_file
from skilltui.learning.slots import file_words, generalise_files
from skilltui.learning.verbs import verb

# Longer paths are one project's own.
MAX_FILE = 60
_ALWAYS_SLOT = frozenset({"git add", "git restore", "git diff", "git show"})


def command_text(said: Sequence[Action]) -> str:
    """The command that stands for these actions of one token, from different runs: what varies is a slot.

    Empty where none of them is fit to show.
    """
    texts = [action.text for action in said if action.text]
    if not texts:
        return ""
    known = _shared_files(texts) if len(texts) > 1 else frozenset(filter(is_general_file, file_words(texts[0])))
    if said[0].token in _ALWAYS_SLOT:
        known = frozenset()
    general = [generalise_files(text, known) for text in texts]
    if any("<files>" in text for text in general):
        general = [text.replace("<file>", "<files>") for text in general]
    counted = Counter(general)
    return min(counted, key=lambda text: (-counted[text], len(text), text))


def action_line(said: Sequence[Action]) -> str:
    """One imperative sentence for these actions of one token; empty where nothing can be said."""
    first = said[0]
    if first.kind is ActionKind.COMMAND:
        command = command_text(said)
        return f"{verb(command)}: {code(command)}." if command else ""
    if first.kind in (ActionKind.EDIT, ActionKind.CREATE):
        return _file_line(said)
    if first.kind is ActionKind.CALL:
        given = next((action.text for action in said if action.text), "")
        return f"Call {code(first.token)}" + (f" with {given}." if given else ".")
    return f"Read {code(first.text)} first." if first.text else ""


def files_line(said: Sequence[Action]) -> str:
    """One sentence for edits of several files that belong to one change."""
    names = list(dict.fromkeys(PurePosixPath(action.text).name for action in said if action.text))
    if not names:
        return ""
    shown = ", ".join(code(name) for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"Make the change in {shown}{more}."


def remedy(action: Action) -> str:
    """What helped, inside another sentence: "run `make`", "set a new `version = "<version>"` in `a.toml`".

    Empty where it does not say what a person would have to do: that a file was changed tells nobody how.
    """
    if action.kind is ActionKind.COMMAND and action.text:
        return f"run {code(action.text)}"
    if action.kind is not ActionKind.EDIT or not action.change or len(action.text) > MAX_FILE:
        return ""
    how = "set a new" if action.anew else "set"
    return f"{how} {code(action.change)} in {code(action.text)}"


def code(text: str) -> str:
    """Text as a Markdown code span, whatever backticks it holds."""
    text = " ".join(text.split())
    if "`" not in text:
        return f"`{text}`"
    fence = "`" * (max(len(run) for run in re.findall("`+", text)) + 1)
    return f"{fence} {text} {fence}"


def sentence(text: str) -> str:
    """With a capital first letter and a full stop."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "”", ":")) else text + "."


def _file_line(said: Sequence[Action]) -> str:
    first = said[0]
    does = "Create" if first.kind is ActionKind.CREATE else "Update"
    if "*" in first.token:
        suffix = first.token.rsplit("*", 1)[-1]
        kind = f"{code(suffix)} files" if suffix else "files"
        return f"{does} the {kind} that the request is about."
    counted = Counter(action.text for action in said)
    file = min(counted, key=lambda text: (-counted[text], len(text), text))
    details = Counter(action.detail for action in said if action.detail)
    hint = ""
    if details:
        detail = min(details, key=lambda text: (-details[text], text))
        hint = f": {detail}" if details[detail] * 2 >= len(said) else ""
    return f"{does} {code(file)}{hint}."


def _shared_files(texts: Sequence[str]) -> frozenset[str]:
    """Files that at least half of the commands name: they belong to the procedure and not to one run."""
    counted = Counter(word for text in texts for word in set(file_words(text)))
    return frozenset(word for word, n in counted.items() if n * 2 >= len(texts))
