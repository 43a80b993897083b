"""What past uses say about skills, as matching takes it: trust to order near-equal ones, requests served before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from skilltui.domain.skill import Skill
from skilltui.domain.trust import wilson_lower
from skilltui.store import evidence
from skilltui.store.database import Connection


class Evidence(Struct, frozen=True):
    """``outcomes``: (skill, tree hash) -> (successes, failures); ``served``: skill -> requests, newest first."""

    outcomes: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    served: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: Connection) -> Evidence:
        """From the store."""
        return cls(evidence.outcomes(connection), evidence.served(connection))

    def trust(self, skills: Sequence[Skill]) -> dict[str, float]:
        """The Wilson lower bound of each skill whose present state has a counted use."""
        found = {}
        for skill in skills:
            if skill.shadowed_by is None and (counts := self.outcomes.get((skill.name, skill.hash))):
                lower = wilson_lower(*counts)
                if lower is not None:
                    found[skill.name] = lower
        return found
