"""Leaves out page numbers and running heads, where their place, size and margin say what they are.

A number may be story: of a counting book, a chapter, a recipe, a list, an answer, or a sentence
that ends with it. In doubt, it is spoken.
"""

import re
import statistics
from collections.abc import Iterator, Sequence
from typing import Final

from chalicelib.pages.lines import PageLine, PageWord, ends_sentence, line_of, rows
from chalicelib.pages.skipping import Skipped, SkipReason

_ROMAN: Final = r"(?=[ivxlc]{2})c{0,3}(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})"
_NUMBER: Final = re.compile(rf"[\W_]*(\d{{1,3}}|{_ROMAN}|{_ROMAN.upper()})[\W_]*")
_NUMBER_ALONE: Final = re.compile(rf"[-–—•·\[(| ]*(\d{{1,3}}|{_ROMAN})[-–—•·\])| ]*")
_CHAPTER: Final = re.compile(r"\d{1,2}")
_ORNAMENT: Final = re.compile(r"[\W_]*")
_FINISHED: Final = re.compile(r"[.!…。！][\"'”’»)\]]*$")
_WITHIN_SENTENCE: Final = re.compile(r"[\w,-]$")
_INTRODUCES: Final = re.compile(r"[,;:]$")

# In heights of the text.
_MAX_NUMBER: Final = 1.15  # numerals of counting books are larger
_MAX_HEAD_HEIGHT: Final = 1.3
_TEXT_GAP: Final = 0.5  # of a row to the text
_HEAD_GAP: Final = 0.7  # of a page number to a running head beside it
_LABEL_GAP: Final = 2.0  # behind a single word, which may be "Chapter"
_ALIGNED: Final = 1.0
_SPREAD: Final = 10.0  # between the page numbers of facing pages
_FAR: Final = 3.0  # from the text, where few rows show how far apart rows are

_MAX_HEAD: Final = 9  # words
_HEAD_LEADING: Final = 1.25  # from a running head to the text, in distances of rows
_MARGIN_LEADING: Final = 2.0  # from the end of a page within a sentence to its number
_MIN_LINES: Final = 5  # that show how far apart rows are
_BOTTOM: Final = 0.88  # of the photo: below it is the margin
_TOP: Final = 0.08
_OUTER: Final = 0.1  # of the text's width, at either side: no chapter's number stands there


def without_page_numbers(lines: list[PageLine], unit: float, skipped: Skipped) -> list[PageLine]:
    """Leave out page numbers at the top and the bottom, and running heads that share their row."""
    for row, nearest in _edge_rows(lines):
        text = [line for line in lines if line not in row]
        every = [word for line in row for word in line.words]
        words = [word for word in every if not _ORNAMENT.fullmatch(word.detected.text)]
        numbers = [word for place, word in enumerate(words) if _is_apart(words, place, unit)]
        heads = [word for word in words if word not in numbers]
        if (
            not numbers
            or not _may_be_page_numbers(numbers, text)
            or _empty_space(row, nearest) < _TEXT_GAP * unit
        ):
            continue
        if heads:
            is_story = not _is_running_head(words, numbers, row, nearest, text)
        else:
            is_story = _is_story(numbers, row, nearest, text)
        if is_story:
            continue
        rest = [word for word in every if word not in heads]
        skipped.setdefault(SkipReason.PAGE_NUMBER, []).extend(line_of([each]) for each in rest)
        if heads:
            skipped.setdefault(SkipReason.RUNNING_HEAD, []).append(line_of(heads))
        lines = text
    return lines


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


def _may_be_page_numbers(numbers: Sequence[PageWord], text: Sequence[PageLine]) -> bool:
    """Is it one number, or those of two facing pages, in small type and in no column of others?"""
    height = _height(text)
    if any(number.height > _MAX_NUMBER * height for number in numbers) or any(
        _is_in_column(number, line, height) for number in numbers for line in text
    ):
        return False
    if len(numbers) == 1:
        return True
    left, right = numbers[0], numbers[-1]
    values = [re.sub(r"\D", "", number.text) for number in numbers]
    return (
        len(numbers) == 2  # noqa: PLR2004  # facing pages
        and right.left - left.right > _SPREAD * height
        and all(values)
        and int(values[1]) == int(values[0]) + 1
    )


def _is_in_column(number: PageWord, line: PageLine, unit: float) -> bool:
    """Does a line begin or end with a number that stands apart, above or below this one?"""
    ends = {0, len(line.words) - 1}
    return any(
        _is_apart(line.words, place, unit)
        and (
            abs(line.words[place].left - number.left) < _ALIGNED * unit
            or abs(line.words[place].right - number.right) < _ALIGNED * unit
        )
        for place in ends
    )


def _is_running_head(
    words: Sequence[PageWord],
    numbers: Sequence[PageWord],
    row: Sequence[PageLine],
    nearest: Sequence[PageLine],
    text: Sequence[PageLine],
) -> bool:
    """Are the words beside page numbers no story, no heading, and no line of a table?"""
    heads = [word for word in words if word not in numbers]
    said = line_of(heads).text
    height = _height(text)
    is_label = len(heads) == 1 and words[-1] in numbers
    apart = _distance(row, nearest)
    leading = _leading(text)
    return (
        len(heads) <= _MAX_HEAD
        and all(number in (words[0], words[-1]) for number in numbers)
        and not _INTRODUCES.search(said)
        and (not ends_sentence(said) or _is_old_head(said, row, nearest))
        and statistics.median(word.height for word in heads) < _MAX_HEAD_HEIGHT * height
        and not (is_label and words[-1].left - heads[0].right < _LABEL_GAP * height)
        and apart > (_HEAD_LEADING * leading if leading else _FAR * height)
    )


def _is_old_head(said: str, row: Sequence[PageLine], nearest: Sequence[PageLine]) -> bool:
    """Is it in capitals above other text? Old books end such a running head with a full stop."""
    return (
        said.isupper()
        and said.endswith(".")
        and row[0].middle < nearest[0].middle
        and not any(line.text.isupper() for line in nearest)
    )


def _is_story(
    numbers: Sequence[PageWord],
    row: Sequence[PageLine],
    nearest: Sequence[PageLine],
    text: Sequence[PageLine],
) -> bool:
    """May numbers alone in their row be read aloud?

    A sentence above may run into them, and a question above may wait for its answer. Below a
    chapter's number, a sentence begins.
    """
    if any(not _NUMBER_ALONE.fullmatch(word.detected.text) for word in numbers) or all(
        _NUMBER.fullmatch(word.detected.text) for line in nearest for word in line.words
    ):
        return True
    if nearest[0].middle < row[0].middle:
        return any(not _FINISHED.search(line.text) for line in nearest) and not (
            _is_in_bottom_margin(numbers, row, nearest, text)
        )
    left, right = min(line.left for line in text), max(line.right for line in text)
    margin = _OUTER * (right - left)
    number = numbers[0]
    return (
        len(numbers) == 1
        and _CHAPTER.fullmatch(number.detected.text) is not None
        and left + margin < number.left < number.right < right - margin
        and min(corner.y for corner in number.detected.polygon) > _TOP
        and not nearest[0].text[:1].islower()
    )


def _is_in_bottom_margin(
    numbers: Sequence[PageWord],
    row: Sequence[PageLine],
    nearest: Sequence[PageLine],
    text: Sequence[PageLine],
) -> bool:
    """Do numbers stand far below a page that ends within a sentence?"""
    leading = _leading(text)
    return (
        leading is not None
        and _distance(row, nearest) > _MARGIN_LEADING * leading
        and all(corner.y > _BOTTOM for word in numbers for corner in word.detected.polygon)
        and all(
            _WITHIN_SENTENCE.search(line.text) or _FINISHED.search(line.text) for line in nearest
        )
    )


def _height(lines: Sequence[PageLine]) -> float:
    return statistics.median(line.height for line in lines)


def _leading(lines: Sequence[PageLine]) -> float | None:
    """The usual distance between rows; None if too few lines show it."""
    downwards = sorted(lines, key=lambda line: line.middle)
    distances = []
    for place, line in enumerate(downwards):
        for below in downwards[place + 1 : place + 1 + _MIN_LINES * 4]:
            if (
                below.left < line.right
                and line.left < below.right
                and below.middle - line.middle > line.height / 2
            ):
                distances.append(below.middle - line.middle)
                break
    return statistics.median(distances) if len(distances) >= _MIN_LINES - 1 else None


def _distance(row: Sequence[PageLine], nearest: Sequence[PageLine]) -> float:
    """How far apart two rows are, at the middle of the shorter one."""
    one, other = _joined(row), _joined(nearest)
    x = min((one, other), key=lambda each: each.width).centre
    return abs(one.height_at(x) - other.height_at(x))


def _empty_space(row: Sequence[PageLine], nearest: Sequence[PageLine]) -> float:
    heights = _joined(row).height + _joined(nearest).height
    return _distance(row, nearest) - heights / 2


def _joined(row: Sequence[PageLine]) -> PageLine:
    return line_of([word for line in row for word in line.words])
