"""Whether a person asks for the same thing again: evidence, in any language, that it was not done.

Two requests that differ in a name, a number or one telling word ("add a test for the parser", "... for the lexer")
are two requests, however alike they look.
"""

from __future__ import annotations

from skilltui.text.late import late

_WORD = late(r"\w+(?:[./#:@\\-]\w+)*")
_UNIT = late(r"[぀-ヿ㐀-鿿]|[^\W_぀-ヿ㐀-鿿]+(?:'[^\W_]+)?")
_SPACELESS = late(r"[぀-ヿ㐀-鿿]")
_AGAIN = late(r"again|please|still|nochmal|bitte|encore|otra|vez|снова|опять|пожалуйста")
_ALIKE = 85.0
_ALIKE_WORD = 75.0
# Shorter ones are routine ("run the tests"), longer ones are pasted.
_FEWEST_WORDS, _FEWEST_SIGNS, _LONGEST = 4, 8, 2000


def asked_again(text: str, before: str) -> bool:
    """Whether ``text`` asks for what ``before`` asked for."""
    new, old = text[:_LONGEST].casefold().strip(), before[:_LONGEST].casefold().strip()
    if not 0.5 <= len(new) / max(len(old), 1) <= 2 or "�" in new:
        return False
    from rapidfuzz import fuzz

    if _SPACELESS().search(new):
        return len(new) >= _FEWEST_SIGNS and fuzz.ratio(new, old) >= 90
    words, known = _WORD().findall(new), _WORD().findall(old)
    if len(words) < _FEWEST_WORDS or fuzz.token_sort_ratio(new, old) < _ALIKE:
        return False
    return all(_known(word, known) for word in set(words) - set(known))


def _known(word: str, known: list[str]) -> bool:
    """Whether a word only writes another one differently, or says nothing."""
    from rapidfuzz import fuzz

    if _AGAIN().search(word) or (len(word) <= 3 and word.isalpha()):
        return True
    # Names, paths and numbers are what tells requests apart; of words one may be mistyped.
    return word.isalpha() and any(fuzz.ratio(word, other) >= _ALIKE_WORD for other in known if other.isalpha())


def similarity(a: str, b: str) -> float:
    """Jaccard over the different words of two texts, in [0, 1]; without spaces, over their signs."""
    first, second = set(_UNIT().findall(a.casefold())), set(_UNIT().findall(b.casefold()))
    return len(first & second) / len(first | second) if first and second else 0.0
