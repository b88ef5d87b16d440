"""Finds what a person who reads aloud leaves out of a page, and says why: never the story."""

import re
import statistics
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from chalicelib.pages.gutters import Parted, find_gutter, part
from chalicelib.pages.lines import PageLine, PageWord, line_of, rows


class SkipReason(StrEnum):
    PAGE_NUMBER = "page_number"
    RUNNING_HEAD = "running_head"
    NEIGHBOURING_PAGE = "neighbouring_page"
    MARGIN_NOTE = "margin_note"
    PULL_QUOTE = "pull_quote"
    LOW_CONFIDENCE = "low_confidence"
    TWIN = "twin"


Skipped = dict[SkipReason, list[PageLine]]

_MIN_CONFIDENCE: Final = 60.0  # print is read with 90 and more, texture as text with less
_EDGE: Final = 0.015  # of the photo's width: a line that ends there is cut off
_CUT_OFF: Final = 0.6  # of a column's lines, if it belongs to a neighbouring page
_MIN_CUT_OFF: Final = 3  # lines
_MIN_SLIVER: Final = 0.3  # wide, in heights of a line
_NO_LETTERS: Final = re.compile(r"[\W\d_]*")

_NUMBER: Final = re.compile(r"[\W_]*(\d{1,4}|[ivxlc]{2,6})[\W_]*", re.IGNORECASE)
_NUMBER_ALONE: Final = re.compile(r"[-–—•·\[(| ]*(\d{1,4}|[ivxlc]{2,6})[-–—•·\])| ]*")
_ORNAMENT: Final = re.compile(r"[\W_]*")
_SENTENCE_GOES_ON: Final = re.compile(r"[^.!…。！\"”’»)\]]$")
_MAX_NUMBER_HEIGHT: Final = 1.15  # in heights of a line: numerals of counting books are larger
_NUMBER_GAP: Final = 0.5  # of a page number to the text, in heights of a line
_HEAD_GAP: Final = 0.7  # of a page number to a running head beside it
_MAX_HEAD: Final = 9  # words

_MIN_LINES_WITH_NOTES: Final = 10
_MAX_NOTES: Final = 0.6  # of the column's lines
_MAX_NOTE_WIDTH: Final = 0.4  # of a line of the column

_MIN_QUOTE: Final = 5  # words
_QUOTE_HEIGHT: Final = 1.15  # in heights of a line
_QUOTED: Final = 0.75  # of its words


def without_guesses_and_twins(lines: Sequence[PageLine], skipped: Skipped) -> list[PageLine]:
    """Leave out lines that were guessed rather than read, and lines that were detected twice."""
    kept: list[PageLine] = []
    by_text: dict[str, list[PageLine]] = {}  # from top to bottom: thousands may say the same
    for line in sorted(lines, key=lambda line: -line.confidence):
        same = by_text.setdefault(line.text, [])
        first = bisect_left(same, line.middle - line.height / 2, key=_middle)
        last = bisect_right(same, line.middle + line.height / 2, key=_middle)
        if line.confidence < _MIN_CONFIDENCE:
            skipped.setdefault(SkipReason.LOW_CONFIDENCE, []).append(line)
        elif any(_overlap_by_half(line, other) for other in same[first:last]):
            skipped.setdefault(SkipReason.TWIN, []).append(line)
        else:
            kept.append(line)
            insort(same, line, key=_middle)
    return kept


def without_neighbouring_page(
    lines: list[PageLine], unit: float, skipped: Skipped
) -> list[PageLine]:
    """Leave out columns that the photo's edge cuts off, beside one that it does not."""
    is_any_cut = sum(map(_is_cut, lines)) >= _MIN_CUT_OFF
    gutter = find_gutter(lines, unit, _MIN_SLIVER) if is_any_cut else None
    if gutter is None:
        return lines
    parted = part(lines, gutter, unit)
    cut = [
        len(side) >= _MIN_CUT_OFF and sum(map(_is_cut, side)) >= _CUT_OFF * len(side)
        for side in (parted.left, parted.right)
    ]
    if cut[0] == cut[1]:
        return lines
    sliver = parted.left if cut[0] else parted.right
    if all(_NO_LETTERS.fullmatch(line.text) for line in sliver):
        return lines  # the numbers of a list
    skipped.setdefault(SkipReason.NEIGHBOURING_PAGE, []).extend(sliver)
    rest = [*(parted.right if cut[0] else parted.left), *parted.crossing]
    return without_neighbouring_page(rest, unit, skipped)


def without_page_numbers(lines: list[PageLine], unit: float, skipped: Skipped) -> list[PageLine]:
    """Leave out page numbers at the top and the bottom, and running heads that share their row."""
    for row, nearest in _edge_rows(lines):
        every = [word for line in row for word in line.words]
        words = [word for word in every if not _ORNAMENT.fullmatch(word.detected.text)]
        numbers = [word for place, word in enumerate(words) if _is_apart(words, place, unit)]
        if not numbers or _distance(row, nearest) < _NUMBER_GAP * unit:
            continue
        heads = [word for word in words if word not in numbers]
        if len(heads) > _MAX_HEAD or (not heads and _is_story(numbers, nearest, row, unit)):
            continue
        rest = [word for word in every if word not in heads]
        skipped.setdefault(SkipReason.PAGE_NUMBER, []).extend(line_of([each]) for each in rest)
        if heads:
            skipped.setdefault(SkipReason.RUNNING_HEAD, []).append(line_of(heads))
        lines = [line for line in lines if line not in row]
    return lines


def without_margin_notes(lines: list[PageLine], unit: float, skipped: Skipped) -> list[PageLine]:
    """Leave out a narrow column of few lines beside a wide one of many."""
    parted = _parted(lines, unit)
    if parted is None or parted.crossing:
        return lines
    for notes, column in (parted.left, parted.right), (parted.right, parted.left):
        usual = statistics.median(line.width for line in column)
        if (
            len(column) >= _MIN_LINES_WITH_NOTES
            and len(notes) < _MAX_NOTES * len(column)
            and max(line.width for line in notes) < _MAX_NOTE_WIDTH * usual
        ):
            skipped.setdefault(SkipReason.MARGIN_NOTE, []).extend(notes)
            return column
    return lines


def without_pull_quotes(
    blocks: list[list[PageLine]], unit: float, skipped: Skipped
) -> list[list[PageLine]]:
    """Leave out a block in large type whose words stand in another block, too.

    In the type of the story, words that come again are a refrain.
    """
    kept = []
    for block in blocks:
        is_large = statistics.median(line.height for line in block) > _QUOTE_HEIGHT * unit
        others = (_words(other) for other in blocks if other is not block)
        if is_large and any(_is_quoted(_words(block), words) for words in others):
            skipped.setdefault(SkipReason.PULL_QUOTE, []).extend(block)
        else:
            kept.append(block)
    return kept


def _middle(line: PageLine) -> float:
    return line.middle


def _overlap_by_half(line: PageLine, other: PageLine) -> bool:
    return min(line.right, other.right) - max(line.left, other.left) > line.width / 2


def _parted(lines: list[PageLine], unit: float) -> Parted | None:
    gutter = find_gutter(lines, unit)
    return part(lines, gutter, unit) if gutter else None


def _is_cut(line: PageLine) -> bool:
    return any(
        not _EDGE < corner.x < 1 - _EDGE for word in line.words for corner in word.detected.polygon
    )


def _edge_rows(lines: list[PageLine]) -> Iterator[tuple[list[PageLine], list[PageLine]]]:
    """The first and the last row of the page, each with the row next to it."""
    found = rows(lines)
    if len(found) > 1:
        yield found[0], found[1]
        yield found[-1], found[-2]


def _is_apart(words: Sequence[PageWord], place: int, unit: float) -> bool:
    """Is this word of a row a number that stands apart from the words beside it?"""
    word = words[place]
    before = words[place - 1] if place else None
    after = words[place + 1] if place + 1 < len(words) else None
    return (
        _NUMBER.fullmatch(word.detected.text) is not None
        and (before is None or word.left - before.right > _HEAD_GAP * unit)
        and (after is None or after.left - word.right > _HEAD_GAP * unit)
    )


def _distance(row: list[PageLine], nearest: list[PageLine]) -> float:
    """The empty space between two rows, at the middle of the shorter one."""
    one, other = (
        line_of([word for line in each for word in line.words]) for each in (row, nearest)
    )
    x = min((one, other), key=lambda each: each.width).centre
    apart = abs(one.height_at(x) - other.height_at(x))
    return apart - (one.height + other.height) / 2


def _is_story(
    numbers: list[PageWord], nearest: list[PageLine], row: list[PageLine], unit: float
) -> bool:
    """May numbers alone in their row be read aloud?

    A counting book's are larger than its text, a chapter's are Roman and at the top. A sentence
    above may run into them, and a question above may wait for its answer.
    """
    is_below = nearest[0].middle < row[0].middle
    return (
        any(word.height > _MAX_NUMBER_HEIGHT * unit for word in numbers)
        or any(not _NUMBER_ALONE.fullmatch(word.detected.text) for word in numbers)
        or (is_below and any(_SENTENCE_GOES_ON.search(line.text) for line in nearest))
    )


def _words(block: list[PageLine]) -> list[str]:
    return re.findall(r"\w+", " ".join(line.text for line in block).lower())


def _is_quoted(quote: list[str], text: list[str]) -> bool:
    """Does most of a quote stand in a text, in one piece?"""
    run = SequenceMatcher(None, quote, text, autojunk=False).find_longest_match()
    return len(quote) >= _MIN_QUOTE and run.size >= _QUOTED * len(quote)
