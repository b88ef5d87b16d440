"""Finds rows of strokes that look like lines of text, in any script.

A line of text is a long row of uneven strokes between two strips of plain paper. Foliage, fur and
hatching have strokes, too, but no plain strips at the distance of a line.
"""

import re
import statistics
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import msgspec
from PIL import Image, ImageChops, ImageFilter

from chalicelib.pages.shades import shade

# Lengths are in pixels, for type of 9 to 20 pixels from its top to its bottom.
_CELL: Final = 8  # about a letter
_MIN_ROW: Final = 6  # cells
_MAX_ROW: Final = 16  # cells: light may fall off along a longer line, so it is cut into pieces
_MAX_ROWS: Final = 30  # a starry sky has hundreds, and each takes time
_LEADING: Final = range(5, 12)  # from the middle of a line to the paper above and below
_HALF: Final = 4  # of a strip around the middle of a line, which is within the letters

_MIN_STROKES: Final = 8  # mean difference of neighbouring pixels, in shades
_MIN_PAPER: Final = 0.85  # of the emptiest row of pixels above a line, and below it
_MIN_EDGES: Final = 0.18  # of the pixels in a row: a letter of 18 pixels has three
_EDGES_OF_LETTER: Final = 3.3  # "l" has two, "m" six
_MIN_VARIATION: Final = 0.28  # of the distances between strokes: a fence or a ruler has none

_BUSY: Final = re.compile(rb"\xff{%d,%d}" % (_MIN_ROW, _MAX_ROW))


class _Row(msgspec.Struct, frozen=True):
    """The middle of what may be a line, in pixels."""

    left: int
    right: int
    y: int


def letters_of_lines(page: Image.Image, unread: Image.Image) -> Iterator[float]:
    """About how many letters each line has; the longest row of strokes comes first.

    Args:
        page: Grey; text runs across.
        unread: White where lines are looked for; of any size.
    """
    kept: list[_Row] = []
    for row in sorted(_rows_of_strokes(page, unread), key=lambda row: row.left - row.right):
        if not any(_are_of_one_line(row, other) for other in kept):
            kept.append(row)
            yield _letters(page, row)
        if len(kept) == _MAX_ROWS:
            return


def _rows_of_strokes(page: Image.Image, unread: Image.Image) -> Iterator[_Row]:
    """Rows with twice as many strokes as rows of pixels above and below them."""
    width, height = page.size
    neighbours = page.crop((1, 0, width, height))
    strokes = ImageChops.difference(page.crop((0, 0, width - 1, height)), neighbours)
    cells = strokes.resize((width // _CELL, height), Image.Resampling.BOX)
    cells = cells.filter(ImageFilter.BoxBlur(1))
    above = below = cells
    for distance in _LEADING:
        above = ImageChops.darker(above, _moved_down(cells, distance))
        below = ImageChops.darker(below, _moved_down(cells, -distance))
    beside = ImageChops.lighter(above, below).point(lambda value: min(255, 2 * value))
    more = ImageChops.subtract(cells, beside).point(lambda value: 255 * (value > 0))
    enough = cells.point(lambda value: 255 * (value >= _MIN_STROKES))
    busy = ImageChops.darker(
        ImageChops.darker(more, enough), unread.resize(cells.size, Image.Resampling.NEAREST)
    )
    stride = busy.width + 1  # cropping adds a black cell, where rows end
    for match in _BUSY.finditer(busy.crop((0, 0, stride, height)).tobytes()):
        y, first = divmod(match.start(), stride)
        last = first + match.end() - match.start()
        if _LEADING.stop <= y < height - _LEADING.stop:
            yield _Row(first * _CELL, last * _CELL, y)


def _moved_down(image: Image.Image, distance: int) -> Image.Image:
    return image.crop((0, -distance, image.width, image.height - distance))


def _are_of_one_line(row: _Row, other: _Row) -> bool:
    overlap = min(row.right, other.right) - max(row.left, other.left)
    return overlap > 0 and abs(row.y - other.y) <= _LEADING.start


def _letters(page: Image.Image, row: _Row) -> float:
    """About how many letters a row of strokes has; 0 if it does not look like text."""
    strip = page.crop((row.left, row.y - _HALF, row.right, row.y + _HALF + 1))
    shades, darkest, brightest = strip.histogram(), shade(strip, 0.02), shade(strip, 0.98)
    reach = max(2, (brightest - darkest) // 8)
    paper = max(range(0, 256, reach), key=lambda at: sum(shades[max(0, at - reach) : at + reach]))
    is_paper = bytes(abs(each - paper) < 2 * reach for each in range(256))
    for side in (-1, 1):
        beside = (_pixels(page, row, row.y + side * distance) for distance in _LEADING)
        emptiest = max(pixels.translate(is_paper).count(1) for pixels in beside)
        if emptiest < _MIN_PAPER * (row.right - row.left):
            return 0.0
    ink = darkest if paper - darkest > brightest - paper else brightest
    is_ink = [abs(each - ink) < abs(each - paper) for each in _pixels(page, row, row.y)]
    edges = [at for at, (one, other) in enumerate(pairwise(is_ink)) if one != other]
    if len(edges) < _MIN_EDGES * len(is_ink):
        return 0.0
    strokes = [last - first for first, last in zip(edges, edges[2:], strict=False)]
    if statistics.pstdev(strokes) < _MIN_VARIATION * statistics.mean(strokes):
        return 0.0
    return len(edges) / _EDGES_OF_LETTER


def _pixels(page: Image.Image, row: _Row, y: int) -> bytes:
    return page.crop((row.left, y, row.right, y + 1)).tobytes()
