"""One place each for sanitising, redacting, tokenising, reading and writing ``SKILL.md``, and what people say.

In: strings and bytes. Out: strings, tokens, documents. Pure; imports ``domain`` alone.
"""
