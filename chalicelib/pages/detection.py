"""The words and lines that were detected on a page, and the direction of its text."""

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec


class Kind(StrEnum):
    LINE = "line"
    WORD = "word"


class Point(msgspec.Struct, frozen=True, array_like=True):
    """A place on the image, in fractions of its width and height, from the top left."""

    x: float
    y: float


Polygon = tuple[Point, Point, Point, Point]

_PLACES: Final = 5
"""Digits after the point: a fraction of a pixel. The services give twice as many."""


class TextDetection(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line or word.

    Attributes:
        confidence: 0 to 100.
        polygon: Four corners, clockwise from the top left of the text itself: turned text has
            a turned polygon.
        line: Of a word: the place of its line in the list of detections; None if it has none.
        unconfirmed: Of a word: Rekognition is sure of it, and Textract did not find it.
    """

    kind: Kind
    text: str
    confidence: float
    polygon: Polygon
    line: int | None = None
    unconfirmed: bool = False


def polygon_of(corners: Iterable[Mapping[str, Any]]) -> Polygon:
    """A polygon as Rekognition and Textract give it, without digits that say nothing."""
    first, second, third, fourth = (
        Point(round(corner["X"], _PLACES), round(corner["Y"], _PLACES)) for corner in corners
    )
    return first, second, third, fourth


Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in fractions of the image."""


def box_of(*detections: TextDetection) -> Box:
    """The box around detections."""
    corners = [corner for detection in detections for corner in detection.polygon]
    across, down = [corner.x for corner in corners], [corner.y for corner in corners]
    return min(across), min(down), max(across), max(down)


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
