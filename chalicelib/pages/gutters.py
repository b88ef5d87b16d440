"""Finds the gutters between the columns of a page, and parts lines at them."""

import itertools
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from chalicelib.pages.lines import PageLine, line_of, neighbours

# All in multiples of the height of a line.
_GUTTER_WIDTHS: Final = ((4, 0.45), (3, 0.5), (2, 0.9), (1, 1.6))
"""The number of lines that face each other, and how wide their gutter must be. Words are about a
quarter of a line apart."""
_FACING_APART: Final = 0.9  # rows of two columns may be half a row apart
_MIN_COLUMN: Final = 2.5  # narrower columns are the numbers or bullets of a list
_MAX_OVERLAP: Final = 0.05  # of a line and a gutter
MIN_CROSSING: Final = 0.4  # on either side
_MAX_LEAN_STEP: Final = 0.8  # of one left edge to the next one below
_LEAN_DISTANCE: Final = 4.0
_NEAR_EDGE: Final = 3.0

_WORD_GAP: Final = 1.8  # a gap between words is a gutter's if it is as many times the usual one
_MIN_WORD_GAP: Final = 0.4
_MIN_LEANING: Final = 4  # lines that must agree about how much a gutter leans


Pair = tuple[PageLine, PageLine]
"""A line, and one to its right at its height."""


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
        margin = MIN_CROSSING * unit
        return (
            line.left < self.at(line.left_y) - margin
            and line.right > self.at(line.right_y) + margin
        )


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
    facing = list(neighbours(lines, _FACING_APART))
    best: tuple[tuple[int, int, float], Gutter] | None = None
    for count, near, gutter in sorted(_counted(lines, facing, unit), key=lambda each: -each[0]):
        if best is not None and count < best[0][0]:
            break
        pairs = [
            (left, right)
            for left, right in near
            if gutter.has_left(left, unit) and gutter.has_right(right, unit)
        ]
        sides = {left for left, _ in pairs}, {right for _, right in pairs}
        are_columns = pairs and all(_width(side) > min_column * unit for side in sides)
        rank = _rank(pairs, gutter, lines, unit) if are_columns else None
        if rank is not None and (best is None or rank > best[0]):
            best = (rank, gutter)
    return best[1] if best else None


def _counted(
    lines: Sequence[PageLine], facing: Sequence[Pair], unit: float
) -> Iterator[tuple[int, tuple[Pair, ...], Gutter]]:
    """Each candidate, the pairs that face each other across it or nearly so, and their number."""
    margin = 2 * _MAX_OVERLAP * unit
    for lean, places in _candidates(lines, facing, unit).items():
        # From left to right, a pair begins to count at its left line and ends at its right one.
        spans = [
            (left.right - lean * left.right_y - margin, right.left - lean * right.left_y + margin)
            for left, right in facing
        ]
        inside = [number for number, (begin, end) in enumerate(spans) if begin <= end]
        begins = sorted(inside, key=lambda number: spans[number][0], reverse=True)
        ends = sorted(inside, key=lambda number: spans[number][1], reverse=True)
        near = dict[int, Pair]()
        for x in sorted(places):
            while begins and spans[begins[-1]][0] <= x:
                number = begins.pop()
                near[number] = facing[number]
            while ends and spans[ends[-1]][1] < x:
                del near[ends.pop()]
            pairs = tuple(near.values())
            count = min(len({line for line, _ in pairs}), len({line for _, line in pairs}))
            yield count, pairs, Gutter(x, lean)


def _rank(
    pairs: Sequence[Pair],
    gutter: Gutter,
    lines: Sequence[PageLine],
    unit: float,
) -> tuple[int, int, float] | None:
    """How good a gutter is; None if it is none."""
    lefts, rights = {left for left, _ in pairs}, {right for _, right in pairs}
    count = min(len(lefts), len(rights))
    width = min(gutter.at(line.right_y) - line.right for line in lefts) + min(
        line.left - gutter.at(line.left_y) for line in rights
    )
    needed = next(width for number, width in _GUTTER_WIDTHS if count >= number)
    if width < needed * unit:
        return None
    crossing = [
        line
        for line in lines
        if gutter.is_crossed_by(line, unit) and _gap_at(line, gutter, unit) is None
    ]
    if count == 1 and (crossing or len(lines) <= len(pairs) + 1):
        return None  # one row in two pieces
    heights = [line.middle for pair in pairs for line in pair]
    between = [line for line in crossing if min(heights) < line.middle < max(heights)]
    return (count - len(between), -len(crossing), width) if count > len(between) else None


def _candidates(
    lines: Sequence[PageLine], facing: Sequence[Pair], unit: float
) -> dict[float, set[float]]:
    """Places of gutters in every gap, upright and as the lines on its right lean, by their lean."""
    leans = sorted(_leans(lines, unit))
    step = unit / 10  # candidates that differ less are the same
    tried: dict[int, set[float]] = {}
    found: dict[float, set[float]] = {}
    for left, right in facing:
        if right.left - left.right < _GUTTER_WIDTHS[0][1] * unit:
            continue
        cell = round(right.left / step)
        if cell not in tried:
            tried[cell] = {0.0, *_lean_near(cell * step, leans, unit)}
        for lean in tried[cell]:
            for x, y in (
                (left.right + _MAX_OVERLAP * unit, left.right_y),
                ((left.right + right.left) / 2, right.left_y),
                (right.left - _MAX_OVERLAP * unit, right.left_y),
            ):
                found.setdefault(lean, set()).add(round((x - lean * y) / step) * step)
    return found


def _lean_near(edge: float, leans: Sequence[tuple[float, float]], unit: float) -> Iterator[float]:
    """How much most lines lean whose left edges are near this one."""
    start = bisect_right(leans, edge - _NEAR_EDGE * unit, key=_first)
    end = bisect_left(leans, edge + _NEAR_EDGE * unit, key=_first)
    if end - start >= _MIN_LEANING:
        yield round(statistics.median(lean for _, lean in leans[start:end]), 2)


def _leans(lines: Sequence[PageLine], unit: float) -> Iterator[tuple[float, float]]:
    """The left edge of each line, and how far it moves to the next one below, by their distance."""
    downwards = sorted(lines, key=_middle)
    for line in downwards:
        first = bisect_right(downwards, line.middle + unit / 2, key=_middle)
        for place in range(first, len(downwards)):
            below = downwards[place]
            distance = below.middle - line.middle
            if distance >= _LEAN_DISTANCE * unit:
                break
            if abs(below.left - line.left) < _MAX_LEAN_STEP * unit:
                yield line.left, (below.left - line.left) / distance
                break


def _first(pair: tuple[float, float]) -> float:
    return pair[0]


def _middle(line: PageLine) -> float:
    return line.middle


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
    usual = gaps[len(gaps) // 2] if len(gaps) > 2 else 0.0  # noqa: PLR2004
    for place, (left, right) in enumerate(pairs, start=1):
        is_here = (
            left.right <= gutter.at(left.right_y) + unit / 5
            and right.left >= gutter.at(right.left_y) - unit / 5
        )
        gap = right.left - left.right
        if is_here and gap >= max(_MIN_WORD_GAP * line.height, _WORD_GAP * usual):
            return place
    return None
