"""Skills on disk: registry, spec check, scan, match.

In: library roots, a request. Out: ``Skill``, ``CheckResult`` and ``MatchResult`` objects. Writes nothing.
"""
