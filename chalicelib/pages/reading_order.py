"""Puts the lines of a page into the order in which a person reads them.

1. Straighten: measure every line along the direction of the text.
2. Drop a page number that is alone at the top or bottom.
3. Cut: a gap across or down the whole page separates blocks. Columns are read side by side,
   other blocks one below the other (the recursive XY cut).
4. Within a block, lines at one height form a row, and rows form paragraphs. A paragraph begins
   at an indent, after a gap, or after a row that ends early with a full stop.
"""

import itertools
import math
import re
import statistics
from typing import Final

import msgspec

from chalicelib.pages.detection import TextDetection, lines, text_angle

# All in multiples of the median height of a line.
_COLUMN_GAP: Final = 1.5  # wider than any space between words
_BLOCK_GAP: Final = 1.5  # more than the leading between rows of one block
_INDENT: Final = 0.6
_EARLY_END: Final = 3.0

_PARAGRAPH_LEADING: Final = 1.25  # in multiples of the smallest distance between rows

_PAGE_NUMBER: Final = re.compile(r"[\W_]*(\d{1,4}|[ivxlc]{1,6})[\W_]*", re.IGNORECASE)
_SENTENCE_END: Final = re.compile(r"[.!?…。！？؟][\"'”’»)\]]*$")
_HYPHENATED: Final = re.compile(r"[^\W\d_]-$")


class _Line(msgspec.Struct, frozen=True):
    """A line on the straightened page, in units of the page's height."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        return self.bottom - self.top


def text_of(detections: list[TextDetection], aspect: float, *, right_to_left: bool = False) -> str:
    """The page's text, a paragraph a line; empty when there is none.

    Args:
        detections: What was detected on the upright page.
        aspect: The page's width divided by its height.
        right_to_left: Columns and rows run from right to left, as in Arabic.
    """
    straight = _straightened(detections, aspect, mirror=right_to_left)
    body = _without_page_number(straight)
    if not body:
        return ""
    unit = statistics.median(line.height for line in body)
    return "\n".join(
        paragraph for block in _blocks(body, unit) for paragraph in _paragraphs(block, unit)
    )


def _straightened(detections: list[TextDetection], aspect: float, *, mirror: bool) -> list[_Line]:
    angle = math.radians(-text_angle(detections, aspect))
    cosine, sine = math.cos(angle), math.sin(angle)
    straight = []
    for line in lines(detections):
        across = [point.x * aspect * cosine - point.y * sine for point in line.polygon]
        down = [point.x * aspect * sine + point.y * cosine for point in line.polygon]
        left, right = min(across), max(across)
        # The corners of a line that leans a little are spread. The middles of its two ends give
        # its top and bottom better than the extremes.
        half = (down[3] + down[2] - down[0] - down[1]) / 4
        middle = sum(down) / 4
        straight.append(
            _Line(
                text=line.text,
                left=-right if mirror else left,
                right=-left if mirror else right,
                top=middle - half,
                bottom=middle + half,
            )
        )
    return straight


def _without_page_number(page: list[_Line]) -> list[_Line]:
    def is_page_number(line: _Line) -> bool:
        others = [other for other in page if other is not line]
        above_all = all(line.bottom < other.top for other in others)
        below_all = all(line.top > other.bottom for other in others)
        return (above_all or below_all) and bool(_PAGE_NUMBER.fullmatch(line.text))

    return [line for line in page if len(page) == 1 or not is_page_number(line)]


def _blocks(page: list[_Line], unit: float) -> list[list[_Line]]:
    columns = _cut(page, "left", "right", _COLUMN_GAP * unit)
    # One line beside many is a part of a row, not a column.
    if len(columns) > 1 and all(len(column) > 1 for column in columns):
        return [block for column in columns for block in _blocks(column, unit)]
    bands = _cut(page, "top", "bottom", _BLOCK_GAP * unit)
    if len(bands) > 1:
        return [block for band in bands for block in _blocks(band, unit)]
    return [page]


def _cut(page: list[_Line], start: str, end: str, gap: float) -> list[list[_Line]]:
    """Split at each empty space of more than `gap` along one axis."""
    parts: list[list[_Line]] = []
    reach = -math.inf
    for line in sorted(page, key=lambda line: float(getattr(line, start))):
        if getattr(line, start) - reach > gap:
            parts.append([])
        parts[-1].append(line)
        reach = max(reach, getattr(line, end))
    return parts


def _rows(block: list[_Line]) -> list[_Line]:
    rows: list[list[_Line]] = []
    for line in sorted(block, key=lambda line: line.middle):
        if rows and line.middle < rows[-1][0].bottom and rows[-1][0].top < line.middle:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [_joined(sorted(row, key=lambda line: line.left)) for row in rows]


def _joined(row: list[_Line]) -> _Line:
    return _Line(
        text=" ".join(line.text for line in row),
        left=row[0].left,
        right=max(line.right for line in row),
        top=min(line.top for line in row),
        bottom=max(line.bottom for line in row),
    )


def _paragraphs(block: list[_Line], unit: float) -> list[str]:
    rows = _rows(block)
    starts = _paragraph_starts(rows, unit)
    paragraphs = [rows[0].text]
    for row, is_start in zip(rows[1:], starts[1:], strict=True):
        if is_start:
            paragraphs.append(row.text)
        elif _HYPHENATED.search(paragraphs[-1]) and row.text[:1].islower():
            paragraphs[-1] = paragraphs[-1][:-1] + row.text
        else:
            paragraphs[-1] += " " + row.text
    return paragraphs


def _paragraph_starts(rows: list[_Line], unit: float) -> list[bool]:
    margin = min(row.left for row in rows)
    edge = max(row.right for row in rows)
    # Rows that are centred (a poem, a title page) have no indents.
    spread_left = statistics.pstdev(row.left for row in rows)
    spread_middle = statistics.pstdev(row.left + row.right for row in rows) / 2
    is_centred = spread_middle < spread_left / 2
    pairs = list(itertools.pairwise(rows))
    leading = min((below.middle - above.middle for above, below in pairs), default=0.0)

    def is_start(previous: _Line, row: _Line) -> bool:
        if row.middle - previous.middle > _PARAGRAPH_LEADING * leading:
            return True
        if is_centred:
            return False
        is_indented = row.left - margin > _INDENT * unit
        has_ended_early = edge - previous.right > _EARLY_END * unit
        return is_indented or (has_ended_early and bool(_SENTENCE_END.search(previous.text)))

    return [True] + [is_start(above, row) for above, row in pairs]
