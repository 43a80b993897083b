"""One place each for sanitising, redacting, tokenising, and reading and writing ``SKILL.md``.

In: strings and bytes. Out: strings, tokens, documents. Pure; imports ``domain`` alone.
"""
