"""Finds the gutters between the columns of a page, and parts lines at them."""

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from chalicelib.pages.leans import lean_near, leans_of
from chalicelib.pages.lines import PageLine, line_of, neighbours

# All in multiples of the height of a line.
_GUTTER_WIDTHS: Final = ((4, 0.45), (3, 0.5), (2, 0.9), (1, 1.6))
"""The number of lines that face each other, and how wide their gutter must be. Words are about a
quarter of a line apart."""
_FACING_APART: Final = 0.9  # rows of two columns may be half a row apart
_MIN_COLUMN: Final = 2.5  # narrower columns are the numbers or bullets of a list
_FAR: Final = 6.0
_WORD: Final = re.compile(r"[^\W\d_]{3}")
_MAX_OVERLAP: Final = 0.05  # of a line and a gutter
MIN_CROSSING: Final = 0.4  # on either side
_SAME_COLUMN: Final = 2.0  # from one row to the next one
_MAX_BETWEEN: Final = 2  # lines that face each other, for each one that crosses between them

_WORD_GAP: Final = 1.8  # a gap between words is a gutter's if it is as many times the usual one
_MIN_WORD_GAP: Final = 0.4
_MIN_LONE_GAP: Final = 0.8


Pair = tuple[PageLine, PageLine]  # a line, and one to its right at its height


class Gutter(msgspec.Struct, frozen=True):
    """A line between two columns: at the height `y` it is at ``x + lean * y``."""

    x: float
    lean: float

    def at(self, y: float) -> float:
        return self.x + self.lean * y

    def has_left(self, line: PageLine, unit: float) -> bool:
        return line.right <= self.at(line.right_y) + _MAX_OVERLAP * unit

    def has_right(self, line: PageLine, unit: float) -> bool:
        return line.left >= self.at(line.left_y) - _MAX_OVERLAP * unit

    def is_crossed_by(self, line: PageLine, unit: float) -> bool:
        start, end = self.at(line.left_y), self.at(line.right_y)
        return line.left < start - MIN_CROSSING * unit and line.right > end + MIN_CROSSING * unit


class Parted(msgspec.Struct, frozen=True):
    """Lines on either side of a gutter, and those that cross it."""

    left: list[PageLine]
    right: list[PageLine]
    crossing: list[PageLine]


def part(lines: Sequence[PageLine], gutter: Gutter, unit: float) -> Parted:
    """Part lines at a gutter; a line that was detected across it is divided."""
    parted = Parted([], [], [])
    for line in _divided(lines, gutter, unit):
        if gutter.is_crossed_by(line, unit):
            parted.crossing.append(line)
        elif line.centre < gutter.at(line.middle):
            parted.left.append(line)
        else:
            parted.right.append(line)
    return parted


def find_gutter(
    lines: Sequence[PageLine], unit: float, min_column: float = _MIN_COLUMN
) -> Gutter | None:
    """The gutter with most lines on both sides, less those that cross it between them.

    Args:
        lines: Of the page, or of a part of it.
        unit: The height of most lines.
        min_column: How wide the columns on both sides must be, in units.
    """
    candidates = _wide_enough(lines, list(neighbours(lines, _FACING_APART)), unit)
    best: tuple[tuple[int, int, float], Gutter] | None = None
    for candidate in sorted(candidates, key=lambda each: -each.count):
        if best is not None and candidate.count < best[0][0]:
            break
        sides = candidate.lefts, candidate.rights
        # "Boo!" far from other text is a page of its own, however narrow.
        is_far = candidate.width > _FAR * unit and candidate.has_words
        are_columns = is_far or all(_width(side) > min_column * unit for side in sides)
        rank = _rank(candidate, lines, unit) if are_columns else None
        if rank is not None and (best is None or rank > best[0]):
            best = (rank, candidate.gutter)
    return best[1] if best else None


class _Candidate(msgspec.Struct, frozen=True):
    """A gutter, and the lines that face each other across it."""

    gutter: Gutter
    lefts: set[PageLine]
    rights: set[PageLine]
    pairs: int
    width: float

    @property
    def count(self) -> int:
        return min(len(self.lefts), len(self.rights))

    @property
    def has_words(self) -> bool:
        return all(_WORD.search(line.text) for line in (*self.lefts, *self.rights))


def _wide_enough(
    lines: Sequence[PageLine], facing: Sequence[Pair], unit: float
) -> Iterator[_Candidate]:
    """The candidates that are as wide as the lines that face each other across them need."""
    margin = _MAX_OVERLAP * unit
    for lean, places in _candidates(lines, facing, unit).items():
        # From left to right, a pair begins to face at its left line and ends at its right one.
        spans = [
            (left.right - lean * left.right_y - margin, right.left - lean * right.left_y + margin)
            for left, right in facing
        ]
        inside = [number for number, (begin, end) in enumerate(spans) if begin <= end]
        begins = sorted(inside, key=lambda number: spans[number][0], reverse=True)
        ends = sorted(inside, key=lambda number: spans[number][1], reverse=True)
        across = set[int]()
        for x in sorted(places):
            while begins and spans[begins[-1]][0] <= x:
                across.add(begins.pop())
            while ends and spans[ends[-1]][1] < x:
                across.remove(ends.pop())
            begin = max((spans[number][0] for number in across), default=math.inf)
            end = min((spans[number][1] for number in across), default=-math.inf)
            width = end - begin - 2 * margin
            if width < _GUTTER_WIDTHS[0][1] * unit:
                continue
            lefts = {facing[number][0] for number in across}
            rights = {facing[number][1] for number in across}
            count = min(len(lefts), len(rights))
            if width >= next(least for number, least in _GUTTER_WIDTHS if count >= number) * unit:
                yield _Candidate(Gutter(x, lean), lefts, rights, len(across), width)


def _rank(
    candidate: _Candidate, lines: Sequence[PageLine], unit: float
) -> tuple[int, int, float] | None:
    """How good a gutter is; None if it is none."""
    gutter = candidate.gutter
    crossing = [
        line
        for line in lines
        if gutter.is_crossed_by(line, unit) and _gap_at(line, gutter, unit) is None
    ]
    count = candidate.count
    if count == 1 and (crossing or len(lines) <= candidate.pairs + 1):
        return None  # one row in two pieces
    heights = [line.middle for line in (*candidate.lefts, *candidate.rights)]
    first, last = min(heights), max(heights)
    between = [line for line in crossing if first < line.middle < last]
    if count < _GUTTER_WIDTHS[0][0] and all(
        any(0 < sign * (line.middle - end) < _SAME_COLUMN * unit for line in crossing)
        for sign, end in ((-1, first), (1, last))
    ):
        return None  # lines of one column that the reader divided, as near the spine
    rank = (count - len(between), -len(crossing), candidate.width)
    return rank if count > _MAX_BETWEEN * len(between) else None


def _candidates(
    lines: Sequence[PageLine], facing: Sequence[Pair], unit: float
) -> dict[float, set[float]]:
    """Places of gutters in every gap by their lean: upright, or as the lines on its right."""
    leans = sorted(leans_of(lines, unit))
    step = unit / 10  # candidates that differ less are the same
    tried: dict[int, set[float]] = {}
    found: dict[float, set[float]] = {}
    for left, right in facing:
        if right.left - left.right < _GUTTER_WIDTHS[0][1] * unit:
            continue
        cell = round(right.left / step)
        if cell not in tried:
            tried[cell] = {0.0, *lean_near(cell * step, leans, unit)}
        for lean in tried[cell]:
            for x, y in (
                (left.right + _MAX_OVERLAP * unit, left.right_y),
                ((left.right + right.left) / 2, right.left_y),
                (right.left - _MAX_OVERLAP * unit, right.left_y),
            ):
                found.setdefault(lean, set()).add(round((x - lean * y) / step) * step)
    return found


def _width(lines: set[PageLine]) -> float:
    return max(line.right for line in lines) - min(line.left for line in lines)


def _divided(lines: Sequence[PageLine], gutter: Gutter, unit: float) -> Iterator[PageLine]:
    """Divide each line that has a gap much wider than between its words at the gutter."""
    for line in lines:
        place = _gap_at(line, gutter, unit) if gutter.is_crossed_by(line, unit) else None
        if place is None:
            yield line
        else:
            yield line_of(line.words[:place])
            yield line_of(line.words[place:])


def _gap_at(line: PageLine, gutter: Gutter, unit: float) -> int | None:
    """The number of the word that begins right of the gutter, after a wide gap."""
    pairs = list(itertools.pairwise(line.words))
    if not pairs:
        return None
    gaps = sorted(right.left - left.right for left, right in pairs)
    usual = gaps[(len(gaps) - 1) // 2] if len(gaps) > 1 else 0.0
    least = _MIN_WORD_GAP if len(gaps) > 1 else _MIN_LONE_GAP  # "Once upon" may be a title
    for place, (left, right) in enumerate(pairs, start=1):
        is_here = (
            left.right <= gutter.at(left.right_y) + unit / 5
            and right.left >= gutter.at(right.left_y) - unit / 5
        )
        gap = right.left - left.right
        if is_here and gap >= max(least * line.height, _WORD_GAP * usual):
            return place
    return None
