"""Measures how much the left edges of a column lean, as in a photo from the side."""

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import Final

from chalicelib.pages.lines import PageLine

# In heights of a line.
_MAX_LEAN_STEP: Final = 0.8  # of one left edge to the next one below
_LEAN_DISTANCE: Final = 4.0
_NEAR_EDGE: Final = 3.0
_MIN_LEANING: Final = 4  # lines that must agree about how much a gutter leans


def lean_near(edge: float, leans: Sequence[tuple[float, float]], unit: float) -> Iterator[float]:
    """How much most lines lean whose left edges are near this one."""
    start = bisect_right(leans, edge - _NEAR_EDGE * unit, key=itemgetter(0))
    end = bisect_left(leans, edge + _NEAR_EDGE * unit, key=itemgetter(0))
    if end - start >= _MIN_LEANING:
        yield round(statistics.median(lean for _, lean in leans[start:end]), 2)


def leans_of(lines: Sequence[PageLine], unit: float) -> Iterator[tuple[float, float]]:
    """The left edge of each line, and how far it moves to the next one below, by their distance."""
    downwards = sorted(lines, key=attrgetter("middle"))
    for line in downwards:
        first = bisect_right(downwards, line.middle + unit / 2, key=attrgetter("middle"))
        for place in range(first, len(downwards)):
            below = downwards[place]
            distance = below.middle - line.middle
            if distance >= _LEAN_DISTANCE * unit:
                break
            if abs(below.left - line.left) < _MAX_LEAN_STEP * unit:
                yield line.left, (below.left - line.left) / distance
                break
