"""Every state of a skill, kept.

In: proposals and decisions. Out: bytes on disk, ``Version``, ``Operation``, ``Gate`` and ``Trust`` objects.
"""
