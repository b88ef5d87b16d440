"""Puts the large first letter of a paragraph before the rows that run around it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from chalicelib.pages.lines import PageLine, PageWord, line_of

# In multiples of the height of most lines.
_MIN_HEIGHT: Final = 1.7
_MAX_GAP: Final = 1.5
_MAX_OVERLAP: Final = 0.5

_MIN_ROWS: Final = 2
_QUOTES: Final = "\"'“„«‘¿¡"  # noqa: RUF001
_WORDS_OF_ONE_LETTER: Final = frozenset("AEIOUYÀÈÉАВИКОСУЯ")  # noqa: RUF001

_LIKE: Final = (["wie"], ["comme"], ["como"], ["come"], ["как"])
"""In German, French, Spanish and Portuguese, Italian, and Russian."""


def joined_to_words(lines: Sequence[PageLine], unit: float) -> list[PageLine]:
    """Join each drop cap to the word that it begins: "O" and "nce" are "Once".

    A letter that may be a word ("A fox") stays one if what follows is a word elsewhere on the
    page, too. Where it is not, "A fox" becomes "Afox".
    """
    found = list(lines)
    for line in lines:
        cap = line.words[0]
        if not _is_large_letter(cap, unit):
            continue
        rest = [each for each in found if each is not line]
        if len(line.words) > 1:
            rest.append(line_of(line.words[1:]))
        beside = sorted((each for each in rest if _is_beside(cap, each, unit)), key=_middle)
        if len(beside) < _MIN_ROWS or _is_of_alphabet(beside[0]):
            continue
        first = beside[0].words[0]
        known = {word.text.lower() for each in rest for word in each.words if word is not first}
        if cap.text in _WORDS_OF_ONE_LETTER and first.text.lower() in known:
            letter = msgspec.structs.replace(
                cap, left_y=first.left_y, right_y=first.left_y, height=first.height
            )
            begun = line_of([letter, *beside[0].words])
        else:
            whole = msgspec.structs.replace(first, left=cap.left, initial=cap.detected)
            begun = line_of([whole, *beside[0].words[1:]])
        # The rows beside the letter are not indented.
        others = [
            line_of([msgspec.structs.replace(row.words[0], left=cap.left), *row.words[1:]])
            for row in beside[1:]
        ]
        found = [each for each in rest if each not in beside] + [begun, *others]
    return found


def _is_of_alphabet(row: PageLine) -> bool:
    """Does a row say what a letter stands for, as in "B is for bear"?"""
    words = row.text.lower().split()
    return words[:1] in _LIKE or words[:2] == ["is", "for"]


def _middle(line: PageLine) -> float:
    return line.middle


def _is_large_letter(word: PageWord, unit: float) -> bool:
    letter = word.text.lstrip(_QUOTES)
    return len(letter) == 1 and letter.isupper() and word.height > _MIN_HEIGHT * unit


def _is_beside(cap: PageWord, row: PageLine, unit: float) -> bool:
    """Does a row begin behind the letter, between its top and its bottom?"""
    return (
        -_MAX_OVERLAP * unit < row.left - cap.right < _MAX_GAP * unit
        and abs(row.left_y - cap.right_y) < cap.height / 2
        and row.height < cap.height / _MIN_HEIGHT
    )
