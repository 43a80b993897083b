"""Which of the installed models does the work, and which never may.

Names follow Ollama's form ``family:tag``; a name without a tag means ``:latest``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from skilltui.errors import ModelMissingError, ModelRefusedError

# By size, licence and how well each keeps to a schema when run without thinking (July to November 2026). A name
# without a tag stands for every tag of the family.
PREFERENCE = ("qwen3.5:4b", "gemma4:e4b", "qwen3:4b", "granite4", "phi4-mini", "llama3.2:3b")
SUGGESTED = PREFERENCE[0]

# From this version on a thinking model keeps to the schema with thinking off (ollama/ollama#14645, #15260).
THINKING_OFF_SINCE = (0, 31, 2)


class Seen(Struct):
    """What a look at a server has found so far. ``context`` is the model's longest, in tokens, where it says so."""

    version: str = ""
    models: tuple[str, ...] = ()
    model: str | None = None
    thinks: bool = False
    context: int | None = None

    @property
    def thinks_anyway(self) -> bool:
        """The model thinks and must be let: turning it off would lose the schema, or can't be done (gpt-oss)."""
        return self.thinks and (not _can_be_off(self.version) or "gpt-oss" in (self.model or ""))


def is_cloud(name: str, about: Mapping[str, Any]) -> bool:
    """Whether a model runs on somebody else's machine although a local server offers it.

    ``about`` is the raw JSON of the list entry or of ``show``: the client drops ``remote_host`` and ``remote_model``.
    """
    bare = name.lower().removesuffix(":latest")
    return bare.endswith((":cloud", "-cloud")) or bool(about.get("remote_host") or about.get("remote_model"))


def choose(wanted: str | None, listed: Sequence[Mapping[str, Any]]) -> str:
    """The name, as the server writes it, of the model to use: the wanted one, else the best that is installed.

    ``listed`` is ``models`` of ``GET /api/tags``. Raises ``ModelMissingError``, or ``ModelRefusedError`` where the
    wanted one is a cloud model.
    """
    entries = {entry_name(entry): entry for entry in listed}
    if wanted:
        name = next((name for name in entries if _full(name) == _full(wanted)), None)
        if is_cloud(wanted, entries.get(name or "", {})):
            raise refused(wanted)
        if name is None:
            raise ModelMissingError(f"Ollama does not have the model {wanted}", f"ollama pull {wanted}")
        return name
    local = local_models(listed)
    for preferred in PREFERENCE:
        for name in local:
            if _is_of(name, preferred):
                return name
    if local:
        raise ModelMissingError(
            "none of the installed models is known to do this well",
            f"ollama pull {SUGGESTED}, or name an installed one in `[ollama] model`",
        )
    raise ModelMissingError("Ollama has no model that runs on this machine", f"ollama pull {SUGGESTED}")


def local_models(listed: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The names of the models that run on the server's own machine."""
    return tuple(name for entry in listed if (name := entry_name(entry)) and not is_cloud(name, entry))


def refused(name: str) -> ModelRefusedError:
    """The error for a cloud model."""
    return ModelRefusedError(
        f"{name} runs in the cloud, and what agents did would be sent there",
        f"choose one that runs on this machine: ollama pull {SUGGESTED}",
    )


def entry_name(entry: Mapping[str, Any]) -> str:
    """The model's name in an entry of the list; older servers have only ``name``."""
    return str(entry.get("model") or entry.get("name") or "")


def _can_be_off(version: str) -> bool:
    """Whether ``think: false`` is safe together with a schema; an unreadable version counts as an old one."""
    numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    return numbers is not None and tuple(map(int, numbers.groups())) >= THINKING_OFF_SINCE


def _full(name: str) -> str:
    low = name.lower().removeprefix("library/")
    return low if ":" in low.rpartition("/")[2] else f"{low}:latest"


def _is_of(name: str, preferred: str) -> bool:
    """The preferred model itself or a quantisation of it, which Ollama marks with ``-``."""
    low = _full(name)
    if ":" not in preferred:
        return low.startswith(f"{preferred}:")
    return low == preferred or low.startswith(f"{preferred}-")
