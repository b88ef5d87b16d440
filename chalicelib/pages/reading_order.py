"""Puts the words of a page into the order in which a person reads them aloud.

1. Straighten the page, and leave out what nobody reads aloud (`skipping`).
2. Follow its columns (`columns`).
3. Within a column, lines at one height form a row, and rows form `paragraphs`.
"""

import itertools
from typing import Annotated

import msgspec

from chalicelib.pages import columns, drop_caps, hyphens, page_numbers, skipping
from chalicelib.pages.detection import Polygon, TextDetection
from chalicelib.pages.lines import PageLine, straightened, unit_of
from chalicelib.pages.paragraphs import paragraphs_of
from chalicelib.pages.skipping import SkipReason
from chalicelib.pages.verse import is_verse
from chalicelib.speech.voices import DEFAULT_LANGUAGE, RIGHT_TO_LEFT


class SpokenWord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A word of the text, and where it is on the upright page.

    Attributes:
        start: Its first character in the text.
        end: The character behind its last one.
        polygons: One, or two for a word that is divided at the end of a line.
        confidence: 0 to 100; of a divided word, the lower one of its parts.
        line: The number of its line in reading order, from 0.
        unconfirmed: Only one of two services read it.
    """

    start: int
    end: int
    polygons: list[Polygon]
    confidence: float
    line: int
    unconfirmed: bool = False


class SkippedText(msgspec.Struct, frozen=True):
    """Text that is on the page and not in its text."""

    text: str
    reason: SkipReason
    box: Annotated[
        tuple[float, float, float, float],
        msgspec.Meta(
            description="Left, top, right, bottom, in fractions of the upright page.",
            examples=[[0.48, 0.95, 0.52, 0.97]],
        ),
    ]


class PageText(msgspec.Struct, frozen=True):
    """What a page says: each word that was detected is spoken or skipped, exactly once.

    Attributes:
        text: A paragraph or a verse a line, an empty line around a stanza; empty when there is
            none.
    """

    text: str
    words: list[SpokenWord]
    skipped: list[SkippedText]


def read(
    detections: list[TextDetection],
    aspect: float,
    *,
    language: str = DEFAULT_LANGUAGE,
) -> PageText:
    """Read a page.

    Args:
        detections: What was detected on the upright page.
        aspect: The page's width divided by its height.
        language: As in `voices.VOICES`: whether columns and rows run from right to left, and
            which words have a hyphen.
    """
    skipped: skipping.Skipped = {}
    lines = straightened(detections, aspect, mirror=language in RIGHT_TO_LEFT)
    lines = skipping.without_guesses_and_twins(lines, skipped)
    if lines:
        unit = unit_of(lines)
        lines = drop_caps.joined_to_words(lines, unit)
        lines = skipping.without_neighbouring_page(lines, unit, skipped)
        lines = page_numbers.without_page_numbers(lines, unit, skipped)
        lines = skipping.without_margin_notes(lines, unit, skipped)
        found = skipping.without_pull_quotes(columns.blocks(lines, unit), unit, skipped)
        paragraphs = paragraphs_of(found, unit)
    else:
        paragraphs = []
    return _with_spans(
        paragraphs,
        language,
        [
            SkippedText(line.text, reason, _box(line))
            for reason, left_out in skipped.items()
            for line in left_out
        ],
    )


def _with_spans(
    paragraphs: list[list[PageLine]], language: str, skipped: list[SkippedText]
) -> PageText:
    """Join the rows of each paragraph, and each word that is divided at the end of a row."""
    text = ""
    words: list[SpokenWord] = []
    number = 0
    known = _undivided_words([row for paragraph in paragraphs for row in paragraph])
    was_verse = False
    for paragraph in paragraphs:
        is_stanza = is_verse(paragraph, after_verse=was_verse)
        text += ("\n\n" if is_stanza or was_verse else "\n") if text else ""
        was_verse = is_stanza
        begins_paragraph = True
        for row in paragraph:
            between = "\n" if is_stanza and row is not paragraph[0] else " "
            for place, word in enumerate(row.words):
                polygons = [part.polygon for part in word.parts]
                confidence = min(part.confidence for part in word.parts)
                unconfirmed = any(part.unconfirmed for part in word.parts)
                start, line = len(text), number
                joined = None
                if words and place == 0 and not begins_paragraph:
                    joined = hyphens.joined(text[words[-1].start :], word.text, known, language)
                if joined is not None:
                    before = words.pop()
                    start, line = before.start, before.line
                    polygons = before.polygons + polygons
                    confidence = min(before.confidence, confidence)
                    unconfirmed = unconfirmed or before.unconfirmed
                    text = text[:start] + joined
                else:
                    text += ("" if begins_paragraph else between) + word.text
                    start += not begins_paragraph
                begins_paragraph, between = False, " "
                words.append(SpokenWord(start, len(text), polygons, confidence, line, unconfirmed))
            number += 1
    return PageText(text, words, skipped)


def _undivided_words(rows: list[PageLine]) -> set[str]:
    parts = {
        word
        for above, below in itertools.pairwise(rows)
        if hyphens.is_divided(above.text, below.text)
        for word in (above.words[-1], below.words[0])
    }
    return {hyphens.bare(word.text) for row in rows for word in row.words if word not in parts}


def _box(line: PageLine) -> tuple[float, float, float, float]:
    parts = [part for word in line.words for part in word.parts]
    corners = [corner for part in parts for corner in part.polygon]
    across, down = [corner.x for corner in corners], [corner.y for corner in corners]
    return min(across), min(down), max(across), max(down)
