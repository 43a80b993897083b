"""One place each for sanitising, redacting, tokenising, and reading and writing ``SKILL.md``, and for what people say to agents, in seven languages.

In: strings and bytes. Out: strings, tokens, documents. Pure; imports ``domain`` alone.
"""
