"""What people say to an agent, one module a language, each imported when a message in it comes.

In: a language's code. Out: a ``Lexicon``. Patterns see text as ``sayings`` folds it: lower case, Latin letters without
their accents, straight quotes, CJK punctuation as its ASCII counterpart and a space.
"""
