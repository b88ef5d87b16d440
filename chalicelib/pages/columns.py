"""Finds the columns of a page, and the order in which a person reads its lines.

1. A *gutter* is an empty strip from top to bottom, upright or leaning, with lines at one height on
   both of its sides. The more lines face each other across it, the narrower it may be.
2. Lines that cross a gutter are titles, which divide the page into a part above and a part below,
   or, with other lines beside them, insets such as a pull quote, which the columns run around.
3. What lies left of the gutter is read before what lies right of it, each with its own gutters.
4. Rows of panels and bubbles, as in a comic, come before a gutter that only one of them has, or
   if no sentence runs from one row of panels into the next.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Final

from chalicelib.pages.gutters import MIN_CROSSING, Gutter, Parted, find_gutter, part
from chalicelib.pages.lines import PageLine, are_beside, ends_sentence, neighbours, rows

# All in multiples of the height of a line.
_PANEL_GAP: Final = 3.0
_HEADING_GAP: Final = 2.0  # from an inset's top to that of the columns that it introduces
_INSET_LEADING: Final = 2.5
_SIMILAR_HEIGHT: Final = 0.35
_FACING_LINES: Final = 2  # that make a gutter of a row of panels


def blocks(lines: Sequence[PageLine], unit: float) -> list[list[PageLine]]:
    """The lines in reading order; each block is (a part of) one column.

    Args:
        lines: Of the page, or of a part of it.
        unit: The height of most lines.
    """
    gutter = find_gutter(lines, unit)
    if gutter is None:
        return [[line for row in rows(lines) for line in row]] if lines else []
    parted = part(lines, gutter, unit)
    panels = _bands([*parted.left, *parted.right, *parted.crossing], _PANEL_GAP * unit)
    if len(panels) > 1 and (
        any(_facing(list(neighbours(panel)), gutter, unit) < _FACING_LINES for panel in panels)
        or all(_has_whole_sentences(panel, gutter) for panel in panels)
    ):
        return [block for panel in panels for block in blocks(panel, unit)]
    return list(_around(parted, unit))


def _bands(lines: Sequence[PageLine], gap: float) -> list[list[PageLine]]:
    """Part lines at each empty band across the page that is higher than `gap`."""
    bands: list[list[PageLine]] = []
    reach = -math.inf
    for line in sorted(lines, key=lambda line: line.top):
        if line.top - reach > gap:
            bands.append([])
        bands[-1].append(line)
        reach = max(reach, line.bottom)
    return bands


def _has_whole_sentences(panel: list[PageLine], gutter: Gutter) -> bool:
    """Does no column of a panel end within a sentence?"""
    left = [line for line in panel if line.centre < gutter.at(line.middle)]
    right = [line for line in panel if line.centre >= gutter.at(line.middle)]
    return all(
        ends_sentence(max(side, key=lambda line: line.middle).text)
        for side in (left, right)
        if side
    )


def _facing(pairs: Sequence[tuple[PageLine, PageLine]], gutter: Gutter, unit: float) -> int:
    """How many lines face each other across a gutter."""
    across = [
        (left, right)
        for left, right in pairs
        if gutter.has_left(left, unit) and gutter.has_right(right, unit)
    ]
    return min(len({left for left, _ in across}), len({right for _, right in across}))


def _around(parted: Parted, unit: float) -> Iterator[list[PageLine]]:
    """The blocks of two columns, with titles between and insets before or behind them."""
    columns = [*parted.left, *parted.right]
    insets: list[PageLine] = []
    titles: list[PageLine] = []
    for line in parted.crossing:
        is_inset = any(_is_beside(line, other, unit) for other in columns)
        (insets if is_inset else titles).append(line)
    asides = _groups(insets)
    edges = [-math.inf, *sorted(title.middle for title in titles), math.inf]
    titles.sort(key=lambda title: title.middle)
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        if number:
            yield [titles[number - 1]]
        inside = [line for line in columns if start < line.middle <= end]
        mine = [group for group in asides if start < group[0].middle <= end]
        top = min((line.top for line in inside), default=math.inf) + _HEADING_GAP * unit
        yield from (group for group in mine if group[0].top < top)
        for side in (parted.left, parted.right):
            yield from blocks([line for line in side if start < line.middle <= end], unit)
        yield from (group for group in mine if group[0].top >= top)


def _is_beside(line: PageLine, other: PageLine, unit: float) -> bool:
    apart = max(other.left - line.right, line.left - other.right)
    return apart >= -MIN_CROSSING * unit and are_beside(line, other)


def _groups(lines: Sequence[PageLine]) -> list[list[PageLine]]:
    """Insets: lines of one height that follow each other."""
    groups: list[list[PageLine]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        for group in groups:
            last = group[-1]
            largest = max(last.height, line.height)
            if (
                line.top - last.bottom < _INSET_LEADING * largest
                and abs(line.height - last.height) < _SIMILAR_HEIGHT * largest
                and line.left < last.right
                and line.right > last.left
            ):
                group.append(line)
                break
        else:
            groups.append([line])
    return groups
