"""The words and lines of a page, straightened: text runs to the right, the next line lies below.

Lengths are in units of the page's height. For languages that are read from right to left the page
is mirrored, so that text runs to the right, too.
"""

import math
import re
import statistics
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from chalicelib.pages.detection import TextDetection, text_angle, words_by_line


class PageWord(msgspec.Struct, frozen=True, eq=False):
    """A word: the middles of its two ends, from the left to the right, and its height.

    Attributes:
        initial: The large letter at the beginning of a paragraph, if this is the rest of its word.
    """

    detected: TextDetection
    left: float
    left_y: float
    right: float
    right_y: float
    height: float
    initial: TextDetection | None = None

    @property
    def parts(self) -> list[TextDetection]:
        return [self.initial, self.detected] if self.initial else [self.detected]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


class PageLine(msgspec.Struct, frozen=True, eq=False):
    """Words that stand in one row, in the order in which they are read.

    A line of a curved or leaning page leans: its two ends lie at different heights.

    Attributes:
        highest: The least height down the page that any of its words runs at.
        lowest: The greatest one.
    """

    words: tuple[PageWord, ...]
    left: float
    left_y: float
    right: float
    right_y: float
    height: float
    highest: float
    lowest: float

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def middle(self) -> float:
        return (self.left_y + self.right_y) / 2

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def top(self) -> float:
        return min(self.left_y, self.right_y) - self.height / 2

    @property
    def bottom(self) -> float:
        return max(self.left_y, self.right_y) + self.height / 2

    @property
    def first_word_width(self) -> float:  # what was detected as one word may be several
        first = self.words[0]
        return (first.right - first.left) * len(first.text.split(" ")[0]) / max(len(first.text), 1)

    @property
    def confidence(self) -> float:
        """The mean of its words, by their length: 0 to 100."""
        characters = sum(len(word.detected.text) for word in self.words)
        weighted = sum(len(word.detected.text) * word.detected.confidence for word in self.words)
        return weighted / max(characters, 1)

    def height_at(self, x: float) -> float:
        """How far down the line runs at `x`; beyond its ends it goes on level."""
        before_x, before_y = self.left, self.left_y
        for word in self.words:
            for next_x, next_y in ((word.left, word.left_y), (word.right, word.right_y)):
                if x < next_x:
                    share = max(x - before_x, 0.0) / (next_x - before_x or 1.0)
                    return before_y + share * (next_y - before_y)
                before_x, before_y = next_x, next_y
        return before_y


def line_of(words: Sequence[PageWord]) -> PageLine:
    first, last = words[0], words[-1]
    heights = [y for word in words for y in (word.left_y, word.right_y)]
    return PageLine(
        words=tuple(words),
        left=min(word.left for word in words),
        left_y=first.left_y,
        right=max(word.right for word in words),
        right_y=last.right_y,
        height=statistics.median(word.height for word in words),
        highest=min(heights),
        lowest=max(heights),
    )


def straightened(detections: list[TextDetection], aspect: float, *, mirror: bool) -> list[PageLine]:
    """The lines of an upright page.

    Args:
        detections: Of the page.
        aspect: The page's width divided by its height.
        mirror: The language is read from right to left.
    """
    angle = math.radians(-text_angle(detections, aspect))
    cosine, sine = math.cos(angle), math.sin(angle)

    def place(word: TextDetection) -> PageWord:
        corners = [
            (
                corner.x * aspect * cosine - corner.y * sine,
                corner.x * aspect * sine + corner.y * cosine,
            )
            for corner in word.polygon
        ]
        top_left, top_right, bottom_right, bottom_left = corners
        start, end = _between(top_left, bottom_left), _between(top_right, bottom_right)
        if mirror:
            start, end = (-end[0], end[1]), (-start[0], start[1])
        height = (math.dist(top_left, bottom_left) + math.dist(top_right, bottom_right)) / 2
        return PageWord(word, *start, *end, height)

    return [line_of([place(word) for word in words]) for words in words_by_line(detections)]


def ends_sentence(text: str) -> bool:
    return _SENTENCE_END.search(text) is not None


def unit_of(lines: Iterable[PageLine]) -> float:
    """The height of most lines: the measure of all distances on a page."""
    return statistics.median([line.height for line in lines if line.height > 0] or [_ANY_HEIGHT])


LEVEL: Final = 0.5
_ANY_HEIGHT: Final = 0.02  # if all lines have boxes of no height
_MIN_BAND: Final = 0.002
_SENTENCE_END: Final = re.compile(r"[.!?…。！？؟][\"'”’»)\]]*$")


def are_level(one: PageLine, other: PageLine, apart: float = LEVEL) -> bool:
    """Do two lines stand at one height, where they are nearest to each other?

    Args:
        one: A line.
        other: Another one.
        apart: How much their heights may differ, in heights of the higher line.
    """
    left, right = (one, other) if one.left < other.left else (other, one)
    distance = left.height_at(right.left) - right.height_at(left.right)
    return abs(distance) < max(one.height, other.height) * apart


def rows(lines: Iterable[PageLine]) -> list[list[PageLine]]:
    """Lines of one column as rows from top to bottom; the lines of a row from left to right."""
    found: list[list[PageLine]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if (
            found
            and all(not _overlap(line, other) for other in found[-1])
            and any(are_level(line, other) for other in found[-1])
        ):
            found[-1].append(line)
        else:
            found.append([line])
    return [sorted(row, key=lambda line: line.left) for row in found]


def neighbours(
    lines: Sequence[PageLine], apart: float = LEVEL
) -> Iterator[tuple[PageLine, PageLine]]:
    """Pairs of a line and the next one to its right at its height; of two columns, all pairs.

    Args:
        lines: Of the page, or of a part of it.
        apart: How much the heights of two neighbours may differ: see `are_level`.
    """
    # Lines can be level only if they share a band: a page may have thousands of lines.
    band = max(unit_of(lines), _MIN_BAND)
    bands: dict[int, list[PageLine]] = {}
    for line in sorted(lines, key=_left):
        for number in _bands_of(line, apart, band):
            bands.setdefault(number, []).append(line)
    for line in lines:
        beside = set[PageLine]()
        reach = math.inf
        for number in _bands_of(line, apart, band):
            others = bands[number]
            for place in range(bisect_right(others, line.left, key=_left), len(others)):
                other = others[place]
                if other.left >= reach:
                    break
                if other not in beside and are_beside(line, other, apart):
                    beside.add(other)
                    reach = min(reach, other.right)
        yield from ((line, other) for other in beside if other.left < reach)


def are_beside(one: PageLine, other: PageLine, apart: float = LEVEL) -> bool:
    """Are two lines level, and does one begin where the other one ends, or further right?"""
    return not _overlap(one, other) and are_level(one, other, apart)


def _left(line: PageLine) -> float:
    return line.left


def _bands_of(line: PageLine, apart: float, band: float) -> range:
    reach = apart * line.height
    return range(
        math.floor((line.highest - reach) / band), math.floor((line.lowest + reach) / band) + 1
    )


def _overlap(one: PageLine, other: PageLine) -> bool:
    """Do two lines overlap across the page, by more than boxes are inexact?"""
    shared = min(one.right, other.right) - max(one.left, other.left)
    return shared > 0.2 * min(one.height, other.height)


def _between(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2
