"""Text as it was detected on a page image: words and lines with their places."""

import math
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    LINE = "line"
    WORD = "word"


class Point(msgspec.Struct, frozen=True, array_like=True):
    """A place on the image: fractions of its width and height, from the top left."""

    x: float
    y: float


class TextDetection(msgspec.Struct, frozen=True):
    """One line or word.

    Attributes:
        confidence: 0 to 100.
        polygon: Four corners, clockwise from the TEXT's own top left: turned text has a
            turned polygon.
    """

    kind: Kind
    text: str
    confidence: float
    polygon: tuple[Point, Point, Point, Point]


def lines(detections: list[TextDetection]) -> list[TextDetection]:
    return [detection for detection in detections if detection.kind is Kind.LINE]


def words(detections: list[TextDetection]) -> list[TextDetection]:
    return [detection for detection in detections if detection.kind is Kind.WORD]


def text_angle(detections: list[TextDetection], aspect: float) -> float:
    """Which way the text runs, in degrees clockwise from upright, in (-180, 180].

    Every line votes with its length, so that a page number on its side has no say.

    Args:
        detections: What was detected.
        aspect: The image's width over its height; fractions alone would distort angles.
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
