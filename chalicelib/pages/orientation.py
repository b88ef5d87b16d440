"""Finds out which way up a page is, from the text that DetectText reads on it.

EXIF is not reliable: a phone that is held flat over a book often records "upside down" for an
upright photo. DetectText reads text that is turned by up to 90 degrees. So two readings cover all
directions: one of the page as EXIF has it, and one of the page upside down. The second one is
paid for only when the first one is poor.
"""

from typing import Final

import msgspec

from chalicelib.pages.detection import TextDetection, text_angle, words

TURNS: Final = (0, 180)
"""Degrees by which the page is turned for its first and second reading."""

_READABLE_CONFIDENCE: Final = 80.0
"""DetectText reads upright print with 90 and more, upside-down print with 50 to 75."""

_HOPELESS_CONFIDENCE: Final = 50.0
"""Characters with less confidence count as guessed."""


class TurnedReading(msgspec.Struct, frozen=True):
    """The detections on the page turned clockwise by `turn` degrees."""

    turn: int
    detections: list[TextDetection]


def next_turn(readings: list[TurnedReading]) -> int | None:
    """The turn of the next reading, in degrees; None when no other reading is needed."""
    if any(not _is_poor(reading) for reading in readings) or len(readings) == len(TURNS):
        return None
    return TURNS[len(readings)]


def best(readings: list[TurnedReading]) -> TurnedReading:
    """The reading with the most readable characters: there the page is the right way up."""
    return max(readings, key=_readable_characters)


def quarter_turn(reading: TurnedReading, aspect: float) -> int:
    """Degrees (a multiple of 90) by which this reading's page must be turned to be upright.

    Args:
        reading: The chosen reading.
        aspect: Width divided by height of the page as it was read.
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
