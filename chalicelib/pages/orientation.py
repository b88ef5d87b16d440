"""Which way up a page is, judged by what could be read on it.

EXIF is only the first guess: a phone held flat over a book does not know which way is up,
and often records "upside down" for an upright photo. DetectText reads text within 90
degrees of upright, so the page as EXIF has it and the same page upside down cover every way
a page can lie. The second is paid for only when the first reads poorly.
"""

from typing import Final

import msgspec

from chalicelib.pages.detection import TextDetection, text_angle, words

TURNS: Final = (0, 180)
"""Degrees by which the page is turned for its first and second reading."""

_READABLE_CONFIDENCE: Final = 80.0
"""Print that lies the right way is read with 90 and more, upside-down print with 50 to 75."""

_HOPELESS_CONFIDENCE: Final = 50.0
"""Confidence of characters that are as good as guessed."""


class TurnedReading(msgspec.Struct, frozen=True):
    """What DetectText saw on the page turned clockwise by `turn` degrees."""

    turn: int
    detections: list[TextDetection]


def next_turn(readings: list[TurnedReading]) -> int | None:
    """The turn to read the page at next, or None when enough was read."""
    if any(not _is_poor(reading) for reading in readings) or len(readings) == len(TURNS):
        return None
    return TURNS[len(readings)]


def best(readings: list[TurnedReading]) -> TurnedReading:
    """The reading that most likely has the page the right way up."""
    return max(readings, key=_readable_characters)


def quarter_turn(reading: TurnedReading, aspect: float) -> int:
    """Degrees (a multiple of 90) by which this reading's page must turn to stand upright.

    Args:
        reading: The chosen reading.
        aspect: Width over height of the page as it was read.
    """
    return -90 * round(text_angle(reading.detections, aspect) / 90) % 360


def _is_poor(reading: TurnedReading) -> bool:
    characters = sum(len(word.text) for word in words(reading.detections))
    if not characters:
        return True
    weighted = sum(len(word.text) * word.confidence for word in words(reading.detections))
    return weighted / characters < _READABLE_CONFIDENCE


def _readable_characters(reading: TurnedReading) -> float:
    return sum(
        len(word.text) * max(0.0, word.confidence - _HOPELESS_CONFIDENCE)
        for word in words(reading.detections)
    )
