"""Parts the rows of a column into paragraphs.

A paragraph begins at an indent, after a gap, or after a row that ends early with a full stop.
"""

import itertools
import math
import re
import statistics
from collections.abc import Iterable, Iterator
from typing import Final

from chalicelib.pages import hyphens
from chalicelib.pages.lines import PageLine, ends_sentence, line_of, rows

# In multiples of the height of most lines.
_INDENT: Final = 0.6
_MAX_INDENT: Final = 3.0  # rows that run around something stand further in
_EARLY_END: Final = 3.0
_WORD_GAP: Final = 0.3

_PARAGRAPH_LEADING: Final = 1.25  # in multiples of the smallest distance of rows near by
_NEAR: Final = 3  # rows
_HEADING_HEIGHT: Final = 1.5  # in multiples of the row above or below
_SAME_HEIGHT: Final = 1.2  # in multiples of the lower row
_MIN_LIST: Final = 2  # items
_LIST_ITEM: Final = re.compile(r"\d{1,2}[.)]|[•‣–*]")


def paragraphs_of(columns: Iterable[list[PageLine]], unit: float) -> list[list[PageLine]]:
    """The rows of each paragraph; a sentence may go on in the next column.

    Args:
        columns: The lines of each column, or of a part of one, in reading order.
        unit: The height of most lines.
    """
    found: list[list[PageLine]] = []
    edge = 0.0
    is_title = False
    for column in columns:
        block = list(_paragraphs(column, unit))
        first = block[0][0]
        if found:
            last = found[-1][-1]
            heights = sorted((last.height, first.height))
            is_full = edge - last.right < _EARLY_END * last.height
            if hyphens.is_divided(last.text, first.text) or (
                is_full
                and not is_title
                and heights[1] < _SAME_HEIGHT * heights[0]
                and first.text[:1].islower()
                and not ends_sentence(last.text)
            ):
                found[-1] = found[-1] + block.pop(0)
        found += block
        is_title = sum(map(len, block)) == 1
        edge = max((row.right for rows in block for row in rows), default=edge)
    return found


def _paragraphs(block: list[PageLine], unit: float) -> Iterator[list[PageLine]]:
    """The rows of each paragraph of a block."""
    found = [line_of([word for line in row for word in line.words]) for row in rows(block)]
    starts = _paragraph_starts(found, unit)
    paragraph: list[PageLine] = []
    for row, is_start in zip(found, starts, strict=True):
        if is_start and paragraph:
            yield paragraph
            paragraph = []
        paragraph.append(row)
    yield paragraph


def _paragraph_starts(rows: list[PageLine], unit: float) -> list[bool]:
    edge = max(row.right for row in rows)
    # Rows that are centred (a poem, a title page) have no indents.
    spread_left = statistics.pstdev(row.left for row in rows)
    spread_middle = statistics.pstdev(row.left + row.right for row in rows) / 2
    is_centred = spread_middle < spread_left / 2
    pairs = list(itertools.pairwise(rows))
    distances = [
        _distance(above, below) if _overlap(above, below) else math.inf for above, below in pairs
    ]
    is_list = sum(_is_list_item(row) for row in rows) >= _MIN_LIST

    def is_start(place: int, previous: PageLine, row: PageLine) -> bool:
        if hyphens.is_divided(previous.text, row.text):
            return False
        # A photo from above shows rows nearer to each other at one end of the page.
        near = distances[max(place - _NEAR, 0) : place + _NEAR + 1]
        heights = sorted((previous.height, row.height))
        if (
            distances[place] > _PARAGRAPH_LEADING * min(near)
            or heights[1] > _HEADING_HEIGHT * heights[0]
        ):
            return True
        if is_centred or _goes_on(previous.text, row.text):
            return False
        if is_list:
            return _is_list_item(row)
        indent = row.left - min(
            each.left for each in rows[max(place - _NEAR, 0) : place + _NEAR + 2]
        )
        is_indented = indent > _INDENT * unit and (
            indent < _MAX_INDENT * unit or row.left - previous.left > _INDENT * unit
        )
        room = max(_EARLY_END * unit, row.first_word_width + _WORD_GAP * unit)
        has_ended_early = edge - previous.right > room
        return is_indented or (has_ended_early and ends_sentence(previous.text))

    return [True] + [is_start(place, *pair) for place, pair in enumerate(pairs)]


def _overlap(above: PageLine, below: PageLine) -> bool:
    """Are these not two bubbles?"""
    return above.left < below.right and below.left < above.right


def _distance(above: PageLine, below: PageLine) -> float:
    """How far apart two rows are, in the middle of the shorter one."""
    x = min((above, below), key=lambda row: row.width).centre
    return below.height_at(x) - above.height_at(x)


def _is_list_item(row: PageLine) -> bool:
    return _LIST_ITEM.fullmatch(row.words[0].text) is not None


def _goes_on(above: str, below: str) -> bool:
    """Does a sentence go on in the next row, though that one is indented?"""
    return not ends_sentence(above) and below[:1].isalpha() and not below[:1].isupper()
