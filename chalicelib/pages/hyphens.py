"""Joins a word that is divided at the end of a row.

The hyphen goes ("adven-", "ture"), unless it belongs to the word ("well-", "known"). No dictionary
says which words have one. So it stays where the page or the word itself shows it; other compounds
lose theirs ("blueeyed").
"""

import re
from collections.abc import Set
from typing import Final

_HYPHENATED: Final = re.compile(r"[^\W\d_]-$")
_AROUND_WORD: Final = re.compile(r"^[\W_]+|[\W_]+$")
_MIN_PART: Final = 3  # letters

_FIRST_PARTS: Final = frozenset(
    {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
    | {"half", "self", "well"}
)
"""They begin compounds with a hyphen, and hardly any word that is divided behind them."""

_CONJUNCTIONS: Final = frozenset({"and", "or", "und", "oder"})
"""After "Haus-" in "Haus- und Hoftür", which is no divided word."""


def bare(word: str) -> str:
    """The word in lower case, without the punctuation around it."""
    return _AROUND_WORD.sub("", word).lower()


def is_divided(above: str, below: str) -> bool:
    """Does a row end in the middle of a word?"""
    if _HYPHENATED.search(above) is None or bare(below.split(" ", 1)[0]) in _CONJUNCTIONS:
        return False
    last = above.rsplit(" ", 1)[-1]
    is_capital = len(last) > _MIN_PART and last.isupper()
    return below[:1].islower() or (is_capital and below[:2].isupper())


def joined(first: str, second: str, known: Set[str]) -> str | None:
    """The word whose parts end one row and begin the next; None if these are two words.

    Args:
        first: The last word of a row.
        second: The first word of the next row.
        known: All words of the page, as `bare` returns them.
    """
    if not is_divided(first, second):
        return None
    return first + second if _is_compound(first, second, known) else first[:-1] + second


def _is_compound(first: str, second: str, known: Set[str]) -> bool:
    begin, rest = bare(first), bare(second)
    if f"{begin}-{rest}" in known:
        return True
    if begin + rest in known:
        return False
    stand_alone = begin in known and rest in known and min(len(begin), len(rest)) >= _MIN_PART
    return stand_alone or begin in _FIRST_PARTS
