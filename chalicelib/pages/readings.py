"""The paid readings of a page: which one comes next, and what they say together. Pure.

Rekognition's DetectText finds text anywhere in a picture, up to 100 words. Textract's
DetectDocumentText has no such limit, and reads text in any direction of its plane. It costs half
as much again.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Literal

import msgspec

from chalicelib.pages.detection import (
    Box,
    TextDetection,
    box_of,
    text_angle,
    turned,
    words,
)
from chalicelib.pages.reading_order import PageText

Reader = Literal["auto", "rekognition", "textract"]
"""Which service reads: Rekognition, and Textract where a page may have more; one of them alone;
or Textract first, and Rekognition where that reads nothing well."""

MAX_WORDS: Final = 100
"""DetectText returns at most this many words and does not say when there were more."""

TEXTRACT_LANGUAGES: Final = frozenset({"en", "de", "es", "fr", "it", "pt"})
"""Languages of DetectDocumentText (Amazon Textract, "Best practices"): not Russian or Arabic."""


class Service(StrEnum):
    REKOGNITION = "rekognition"
    TEXTRACT = "textract"


class ReadingCall(msgspec.Struct, frozen=True):
    """One paid request: a service reads the page turned clockwise by `turn` degrees."""

    service: Service
    turn: int = 0


class PageReading(msgspec.Struct, frozen=True):
    """What a call detected.

    Attributes:
        uncovered: Something else on the page looks like text.
    """

    call: ReadingCall
    detections: list[TextDetection]
    uncovered: bool = False


class CombinedReading(msgspec.Struct, frozen=True):
    """The detections on the page turned clockwise by `turn` degrees.

    Attributes:
        complete: False if the page may have words that were not detected.
    """

    turn: int
    detections: list[TextDetection]
    complete: bool


TURNS: Final = (0, 180)
"""Degrees by which the page is turned for DetectText's first and second reading.

EXIF is not reliable: a phone that is held flat over a book often records "upside down" for an
upright photo. DetectText reads text that is turned by up to 90 degrees, so these two turns cover
all directions. The second reading is paid for only when the first one is poor.
"""

_DOCUMENT: Final = ReadingCall(Service.TEXTRACT)

_READABLE_CONFIDENCE: Final = 80.0
"""DetectText reads upright print with 90 and more, upside-down print with 50 to 75."""

_HOPELESS_CONFIDENCE: Final = 50.0
"""Characters with less confidence count as guessed."""

_SURE_CONFIDENCE: Final = 90.0
"""A word that DetectText read with this confidence is on the page, whatever Textract says."""

_MIN_GUESSED: Final = 10
"""Characters."""

_MANY_WORDS: Final = 40
"""A page that lies upside down gives fewer and longer words than it has. From so many, Textract is
asked at once, so that a page of more than 100 words costs two requests whichever way it lies."""

_MIN_SHARE: Final = 0.5
"""Textract's reading counts if it has this share of DetectText's readable characters."""


def reader_for(reader: Reader, language: str) -> Reader:
    """The reader of a page in a language, such as ``ru-RU``: Textract does not read every one."""
    return reader if language.partition("-")[0] in TEXTRACT_LANGUAGES else "rekognition"


def next_call(readings: Sequence[PageReading], reader: Reader) -> ReadingCall | None:
    """The next reading to pay for; None when no other one is needed."""
    of_picture = _by(Service.REKOGNITION, readings)
    of_document = _by(Service.TEXTRACT, readings)
    if of_document and (reader == "auto" or not is_poor(of_document[0].detections)):
        return None
    if reader == "textract" and not of_document:
        return _DOCUMENT
    may_have_more = reader == "auto" and any(map(_may_have_more, of_picture))
    is_read = any(not is_poor(reading.detections) for reading in of_picture)
    if not (is_read or may_have_more or len(of_picture) == len(TURNS)):
        return ReadingCall(Service.REKOGNITION, TURNS[len(of_picture)])
    if reader != "auto":
        return None
    best = _best(of_picture)
    is_wanted = may_have_more or best.uncovered or is_guessed(best.detections)
    return _DOCUMENT if is_wanted else None


def combined(readings: Sequence[PageReading]) -> CombinedReading:
    """What the readings say together.

    Textract's answer counts alone. A word is added to it only if DetectText is sure of it, and
    Textract found nothing in its place.
    """
    of_picture = _by(Service.REKOGNITION, readings)
    of_document = _by(Service.TEXTRACT, readings)
    if not of_picture:
        return CombinedReading(0, of_document[0].detections, complete=True)
    best = _best(of_picture)
    turn = best.call.turn
    wanted = _MIN_SHARE * _readable_characters(best)
    if not of_document or _readable_characters(of_document[0]) < wanted:
        return CombinedReading(
            turn, best.detections, complete=not (_is_full(best) or best.uncovered)
        )
    both = _with_missing_words(of_document[0].detections, turned(best.detections, -turn))
    return CombinedReading(0, both, complete=True)


def is_legible(reading: CombinedReading, page: PageText) -> bool:
    """Was a text read rather than guessed, with something in it that can be heard?

    A picture may be full of guesses, and beside them a sentence that is sure.
    """
    if not any(map(str.isalnum, page.text)):
        return False
    if not is_poor(reading.detections):
        return True
    letters = sum(word.end - word.start for word in page.words)
    weighted = sum((word.end - word.start) * word.confidence for word in page.words)
    return weighted >= _SURE_CONFIDENCE * letters


def quarter_turn(reading: CombinedReading, aspect: float) -> int:
    """Degrees (a multiple of 90) by which this reading's page must be turned to be upright.

    Args:
        reading: Of the page.
        aspect: Width divided by height of the page as it was read.
    """
    return -90 * round(text_angle(reading.detections, aspect) / 90) % 360


def is_poor(detections: list[TextDetection]) -> bool:
    """Is this garbled, as text is that stands upside down, or is there none?"""
    characters = sum(len(word.text) for word in words(detections))
    if not characters:
        return True
    weighted = sum(len(word.text) * word.confidence for word in words(detections))
    return weighted / characters < _READABLE_CONFIDENCE


def is_guessed(detections: list[TextDetection]) -> bool:
    """Is this poor, and more than a texture that looks like a letter or two?"""
    characters = sum(len(word.text) for word in words(detections))
    return characters >= _MIN_GUESSED and is_poor(detections)


def _by(service: Service, readings: Sequence[PageReading]) -> list[PageReading]:
    return [reading for reading in readings if reading.call.service is service]


def _is_full(reading: PageReading) -> bool:
    return len(words(reading.detections)) >= MAX_WORDS


def _may_have_more(reading: PageReading) -> bool:
    """Has the page more words than the reading, or is it garbled and may have?"""
    is_garbled = is_poor(reading.detections) and len(words(reading.detections)) >= _MANY_WORDS
    return _is_full(reading) or is_garbled


def _best(readings: list[PageReading]) -> PageReading:
    """The reading with the most readable characters: there the page is the right way up."""
    return max(readings, key=_readable_characters)


def _readable_characters(reading: PageReading) -> float:
    return sum(
        len(word.text) * max(0.0, word.confidence - _HOPELESS_CONFIDENCE)
        for word in words(reading.detections)
    )


def _with_missing_words(
    document: list[TextDetection], picture: list[TextDetection]
) -> list[TextDetection]:
    """The document's detections, and lines of those sure words of the picture that it lacks."""
    found = [box_of(word) for word in words(document)]
    missing: dict[int | None, list[TextDetection]] = {}
    for word in words(picture):
        if word.confidence >= _SURE_CONFIDENCE and not _is_among(found, box_of(word)):
            missing.setdefault(word.line, []).append(word)
    both = list(document)
    for line, of_line in missing.items():
        place = None
        if line is not None:
            place = len(both)
            text = " ".join(word.text for word in of_line)
            both.append(msgspec.structs.replace(picture[line], text=text))
        both += [msgspec.structs.replace(word, line=place, unconfirmed=True) for word in of_line]
    return both


def _is_among(boxes: Sequence[Box], box: Box) -> bool:
    return any(_has_middle_of(each, box) or _has_middle_of(box, each) for each in boxes)


def _has_middle_of(box: Box, other: Box) -> bool:
    left, top, right, bottom = other
    return box[0] <= (left + right) / 2 <= box[2] and box[1] <= (top + bottom) / 2 <= box[3]
