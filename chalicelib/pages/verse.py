"""Tells verses from prose: each row begins with a capital, though the one above had room for more.

Pure.
"""

import itertools
from collections.abc import Sequence
from typing import Final

from chalicelib.pages.lines import PageLine

_OPENING: Final = "\"'“‘«„([¿¡—–-"  # noqa: RUF001
_PUNCTUATION: Final = ",;:.!?…—–"
_WORD_GAP: Final = 0.3  # in multiples of the row's height
_COUPLET: Final = 2


def is_verse(rows: Sequence[PageLine], *, after_verse: bool) -> bool:
    """Is each row of a paragraph a verse?

    Two rows need more signs than three: prose has a capital in its second row now and then.

    Args:
        rows: Of the paragraph.
        after_verse: The paragraph before is a stanza.
    """
    pairs = list(itertools.pairwise(rows))
    if not pairs or not all(_begins_with_capital(row.text) for row in rows):
        return False
    edge = max(row.right for row in rows)
    has_room = [
        edge - above.right > below.first_word_width + _WORD_GAP * below.height
        for above, below in pairs
    ]
    is_marked = [above.text[-1:] in _PUNCTUATION for above, _ in pairs]
    if len(rows) == _COUPLET and not after_verse:
        return has_room[0] and is_marked[0]
    signs = [room or mark for room, mark in zip(has_room, is_marked, strict=True)]
    return 2 * sum(signs) >= len(signs)


def _begins_with_capital(text: str) -> bool:
    word = text.lstrip(_OPENING).split(" ", 1)[0]
    is_shouted = len(word) > 1 and word.isupper()  # a page in capitals shows nothing
    return word[:1].isupper() and not is_shouted
