"""Finds what a person who reads aloud leaves out of a page, and says why: never the story."""

import re
import statistics
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from chalicelib.pages.gutters import Parted, find_gutter, part
from chalicelib.pages.lines import PageLine


class SkipReason(StrEnum):
    """Why text is not read aloud."""

    PAGE_NUMBER = "page_number"
    RUNNING_HEAD = "running_head"
    NEIGHBOURING_PAGE = "neighbouring_page"
    MARGIN_NOTE = "margin_note"
    PULL_QUOTE = "pull_quote"
    LOW_CONFIDENCE = "low_confidence"
    TWIN = "twin"


Skipped = dict[SkipReason, list[PageLine]]

_MIN_CONFIDENCE: Final = 60.0  # print is read with 90 and more, texture as text with less
_SURE: Final = 80.0  # a line with such a word of letters is no guess
_EDGE: Final = 0.015  # of the photo's width: a line that ends there may be cut off
_VERY_EDGE: Final = 0.004  # text that is printed near the edge ends before
_CUT_OFF: Final = 0.6  # of a column's lines, if it belongs to a neighbouring page
_CUT_OFF_SHARPLY: Final = 0.4
_MAX_SLIVER: Final = 0.5  # of the width of a line of the page
_MAX_CAPITALS: Final = 0.5  # of the lines of a sliver: verses begin with capitals
_MIN_CUT_OFF: Final = 3  # lines
_MIN_SLIVER: Final = 0.3  # wide, in heights of a line
_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
_NO_LETTERS: Final = re.compile(r"[\W\d_]*")

_MIN_LINES_WITH_NOTES: Final = 10
_MAX_NOTES: Final = 0.6  # of the column's lines
_MAX_NOTE_WIDTH: Final = 0.4  # of a line of the column
_MAX_NOTE_HEIGHT: Final = 0.9  # of a line of the column: "Splash!" beside a story is no note
_LIST_ITEM: Final = re.compile(r"[\d½⅓⅔¼¾•‣*–-]")
_MAX_ITEMS: Final = 0.3  # of the notes' lines: more are the ingredients of a recipe

_MIN_QUOTE: Final = 5  # words
_MIN_QUOTED_TEXT: Final = 30  # words: a picture book has less beside its large type
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
        if _is_guess(line):
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
    cut = [_is_cut_off(side) for side in (parted.left, parted.right)]
    if cut[0] == cut[1]:
        return lines
    sliver, page = (parted.left, parted.right) if cut[0] else (parted.right, parted.left)
    if not _is_sliver(sliver, beside=page):
        return lines
    skipped.setdefault(SkipReason.NEIGHBOURING_PAGE, []).extend(sliver)
    rest = [*page, *parted.crossing]
    return without_neighbouring_page(rest, unit, skipped)


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
            and _median_height(notes) < _MAX_NOTE_HEIGHT * _median_height(column)
            and sum(_is_list_item(line) for line in notes) <= _MAX_ITEMS * len(notes)
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
    said = [(block, _words(block)) for block in blocks]
    for block in blocks:
        is_large = _median_height(block) > _QUOTE_HEIGHT * unit
        others = (words for other, words in said if other is not block)
        if is_large and any(_is_quoted(_words(block), words) for words in others):
            skipped.setdefault(SkipReason.PULL_QUOTE, []).extend(block)
        else:
            kept.append(block)
    return kept


def _is_guess(line: PageLine) -> bool:
    return line.confidence < _MIN_CONFIDENCE and not any(
        word.detected.confidence >= _SURE and _LETTERS.search(word.detected.text)
        for word in line.words
    )


def _middle(line: PageLine) -> float:
    return line.middle


def _overlap_by_half(line: PageLine, other: PageLine) -> bool:
    return min(line.right, other.right) - max(line.left, other.left) > line.width / 2


def _parted(lines: list[PageLine], unit: float) -> Parted | None:
    gutter = find_gutter(lines, unit)
    return part(lines, gutter, unit) if gutter else None


def _is_cut_off(lines: list[PageLine]) -> bool:
    count = len(lines)
    return (
        count >= _MIN_CUT_OFF
        and sum(_is_cut(line) for line in lines) >= _CUT_OFF * count
        and sum(_is_cut(line, _VERY_EDGE) for line in lines) >= _CUT_OFF_SHARPLY * count
    )


def _is_cut(line: PageLine, edge: float = _EDGE) -> bool:
    return any(
        not edge < corner.x < 1 - edge for word in line.words for corner in word.detected.polygon
    )


def _is_sliver(lines: list[PageLine], beside: list[PageLine]) -> bool:
    """Are these the ends of another page's lines: no verses, and no numbers of a list?"""
    width, usual = (statistics.median(line.width for line in each) for each in (lines, beside))
    is_left = lines[0].centre < beside[0].centre  # cut before the ends of its lines
    capitals = sum(line.text[:1].isupper() for line in lines)
    return (
        width < _MAX_SLIVER * usual
        and not (is_left and capitals > _MAX_CAPITALS * len(lines))
        and not all(_NO_LETTERS.fullmatch(line.text) for line in lines)
    )


def _median_height(lines: list[PageLine]) -> float:
    return statistics.median(line.height for line in lines)


def _is_list_item(line: PageLine) -> bool:
    return _LIST_ITEM.match(line.text) is not None


def _words(block: list[PageLine]) -> list[str]:
    return re.findall(r"\w+", " ".join(line.text for line in block).lower())


def _is_quoted(quote: list[str], text: list[str]) -> bool:
    """Does most of a quote stand in a text, in one piece?"""
    run = SequenceMatcher(None, quote, text, autojunk=False).find_longest_match()
    is_article = len(text) >= _MIN_QUOTED_TEXT
    return is_article and len(quote) >= _MIN_QUOTE and run.size >= _QUOTED * len(quote)
