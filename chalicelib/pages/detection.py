"""The words and lines that were detected on a page, and which way up the page is."""

import math
from enum import StrEnum
from typing import Final

import msgspec


class Kind(StrEnum):
    LINE = "line"
    WORD = "word"


class Point(msgspec.Struct, frozen=True, array_like=True):
    """A place on the image, in fractions of its width and height, from the top left."""

    x: float
    y: float


class TextDetection(msgspec.Struct, frozen=True):
    """One line or word.

    Attributes:
        confidence: 0 to 100.
        polygon: Four corners, clockwise from the top left of the text itself: turned text has
            a turned polygon.
        line: Of a word: the place of its line in the list of detections; None if it has none.
    """

    kind: Kind
    text: str
    confidence: float
    polygon: tuple[Point, Point, Point, Point]
    line: int | None = None


def lines(detections: list[TextDetection]) -> list[TextDetection]:
    return [detection for detection in detections if detection.kind is Kind.LINE]


def words(detections: list[TextDetection]) -> list[TextDetection]:
    return [detection for detection in detections if detection.kind is Kind.WORD]


def words_by_line(detections: list[TextDetection]) -> list[list[TextDetection]]:
    """The words of each line, in their order; a word without a line is a line of its own.

    A line without words is a word itself: so were all detections that are stored without ties.
    """
    tied: dict[int, list[TextDetection]] = {
        place: [] for place, found in enumerate(detections) if found.kind is Kind.LINE
    }
    loose = []
    for word in words(detections):
        if word.line in tied:
            tied[word.line].append(word)
        else:
            loose.append([word])
    if not any(tied.values()):
        of_lines = {word for each in lines(detections) for word in each.text.split()}
        loose = [[word] for (word,) in loose if word.text not in of_lines]
    return [found or [detections[place]] for place, found in tied.items()] + loose


def text_angle(detections: list[TextDetection], aspect: float) -> float:
    """The direction of the text, in degrees clockwise from upright, in (-180, 180].

    The average of all lines, weighted by length: a short line has little influence.

    Args:
        detections: Of the image.
        aspect: The image's width divided by its height. Angles in fractions alone are distorted.
    """
    across = down = 0.0
    for line in lines(detections):
        start, end = line.polygon[0], line.polygon[1]
        across += (end.x - start.x) * aspect
        down += end.y - start.y
    return math.degrees(math.atan2(down, across))


def turned(detections: list[TextDetection], degrees: int) -> list[TextDetection]:
    """The detections after their image was turned clockwise by a multiple of 90 degrees."""
    if degrees % 360 == 0:
        return detections
    quarter = [
        msgspec.structs.replace(
            detection,
            polygon=tuple(Point(1 - corner.y, corner.x) for corner in detection.polygon),
        )
        for detection in detections
    ]
    return turned(quarter, degrees - 90)


TURNS: Final = (0, 180)
"""Degrees by which the page is turned for its first and its second reading.

EXIF is not reliable: a phone that is held flat over a book often records "upside down" for an
upright photo. DetectText reads text that is turned by up to 90 degrees, so these two turns cover
all directions. The second reading is paid for only when the first one is poor.
"""

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
