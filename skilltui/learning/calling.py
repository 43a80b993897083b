"""A skill called by its name in a request: what was asked of it is what stands beside the call."""

from __future__ import annotations

import re


def without_call(request: str, skill: str) -> str | None:
    """What is asked besides calling this skill at the beginning; ``None`` where the request does not begin with that.

    Calls are ``/skill``, ``/plugin:skill do it``, ``$skill``, ``use skill: do it``, ``use the skill skill to do it``.
    """
    found = re.match(
        rf"\s*(?:[/$]|(?:please\s+)?(?:use|load|run|invoke)\s+(?:the\s+)?(?:skill\s+)?[`'\"/$]?)(?:[\w.-]{{1,64}}:)?"
        rf"{re.escape(skill)}(?![\w-]|[./]\w)[`'\"]?(?:\s+skill\b)?\s*[:,;–—-]*(?:\s*(?:to|and|for)\b)?\s*",
        request,
        re.IGNORECASE,
    )
    return None if found is None else request[found.end() :].strip(" .!")
