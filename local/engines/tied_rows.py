"""Divides rows of text that were found as one place."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

_LONG: Final = 3.0
"""Width over height of a place that is searched for rows."""
_FULL: Final = 0.7
"""Share of its box that a single row fills, unless it is curved or slanted."""


def divided_into_rows(outline: Any) -> list[Any]:
    """Divide an OpenCV contour around rows above each other, which a drop cap ties together.

    Each row must be longer than half of the place: pieces of a curved line are shorter, or lie
    behind one another.
    """
    left, top, width, height = cv2.boundingRect(outline)
    if width < _LONG * height or cv2.contourArea(outline) > _FULL * width * height:
        return [outline]
    mask = np.zeros((height, width), np.uint8)
    cv2.drawContours(mask, [np.subtract(outline, (left, top))], 0, 1, cv2.FILLED)
    level = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, 2 * height), np.uint8))
    pieces, _ = cv2.findContours(level, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    rows = [each for each in pieces if cv2.boundingRect(each)[2] > width / 2]
    return [np.add(each, (left, top)) for each in rows] if len(rows) > 1 else [outline]
