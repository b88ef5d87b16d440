"""Finds the large first letters of paragraphs: the detector sees no letter that stands alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from local.engines.text_models import Corners, FoundLine, Pixels, Points, Row

# In multiples of the height of the row beside the letter.
_MIN_HEIGHT: Final = 1.5
_MAX_HEIGHT: Final = 5.2
_MAX_GAP: Final = 1.2
_ABOVE: Final = 1.0
_SAME_START: Final = 1.0
_NEXT_ROW: Final = (0.6, 2.2)
_MARGIN: Final = 0.15
_TEXT: Final = (0, -0.5, 6, 0.5)
"""Left, top, right and bottom of the part of the row that shows the colours of paper and text."""

_MAX_SHAPE: Final = 1.6
"""Width over height."""
_MIN_ROWS: Final = 2
_ROW_PIXELS: Final = 24
"""Height of a row in the copy in which letters are searched for."""
_INK: Final = 0.35
"""Share of the text's contrast: less is paper."""
_PADDING: Final = 0.15
"""Paper around the letter that is read, in its heights."""


@dataclass(frozen=True)
class _Frame:
    """A row's own axes: x runs along it from its first letter, y down from its middle.

    Both count in heights of the row.
    """

    origin: Points
    along: Points
    down: Points

    def of(self, points: Points) -> Points:
        axes = np.stack([self.along, self.down], axis=1)
        return np.asarray(np.linalg.solve(axes, (points - self.origin).T).T)

    def pixels(self, points: Points) -> Points:
        return self.origin + points[:, :1] * self.along + points[:, 1:] * self.down


def find_drop_caps(picture: Pixels, rows: Sequence[Row]) -> Iterator[FoundLine]:
    """Find letters that stand before two rows or more, of which the first begins within a word."""
    rows = [each for each in rows if _is_area(each.corners)]
    frames = [_frame(row.corners) for row in rows]
    origins = np.array([frame.origin for frame in frames])
    for row, frame in zip(rows, frames, strict=True):
        if not _begins_within_a_word(row.text):
            continue
        starts = frame.of(origins)
        aligned = starts[np.abs(starts[:, 0]) < _SAME_START]
        first, last = _NEXT_ROW
        below = aligned[(aligned[:, 1] > first) & (aligned[:, 1] < last)]
        above = aligned[(aligned[:, 1] < -first) & (aligned[:, 1] > -last)]
        if len(below) and not len(above):
            letter = _letter(picture, frame, aligned)
            if letter is not None:
                yield letter


def _is_area(corners: Corners) -> bool:
    return cv2.contourArea(corners.astype(np.float32)) > 1


def _begins_within_a_word(text: str) -> bool:
    word = text.split(maxsplit=1)[0]
    return word[0].islower() or (len(word) > 1 and word.isupper())


def _frame(corners: Corners) -> _Frame:
    left, right = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    height = float(np.linalg.norm(corners[3] - corners[0]))
    along = (right - left) / float(np.linalg.norm(right - left)) * height
    return _Frame(left, along, np.array([-along[1], along[0]]))


def _letter(picture: Pixels, frame: _Frame, starts: Points) -> FoundLine | None:
    """Find the largest sign of a letter's size before the rows that begin at these places."""
    right = float(starts[np.abs(starts[:, 1]) < _NEXT_ROW[1], 0].min())
    left, top = right - _MAX_HEIGHT, -0.5 - _ABOVE
    area = _cut_out(picture, frame, (left, top, right, top + _ABOVE + _MAX_HEIGHT))
    text = _cut_out(picture, frame, _TEXT)
    paper = np.median(text, axis=(0, 1))
    contrast = max(float(np.percentile(_distance(text, paper), 95)), 1.0)
    ink = _distance(area, paper) / contrast
    _, labels, found, _ = cv2.connectedComponentsWithStats((ink > _INK).astype(np.uint8))
    middles = starts[:, 1] - top
    candidates = []
    for label, (*pixels, count) in enumerate(found.tolist()):
        # The paper itself, the first one, reaches the border.
        x, y, width, height = (length / _ROW_PIXELS for length in pixels)
        beside = (middles > y) & (middles < y + height)
        rows = int(beside.sum()) if y < -top < y + height else 0
        is_whole = x > 0 and y > 0 and y + height < _ABOVE + _MAX_HEIGHT
        is_near = _MAX_HEIGHT - x - width <= _MAX_GAP
        is_letter = height >= _MIN_HEIGHT and width <= _MAX_SHAPE * height
        if is_whole and is_near and is_letter and rows >= _MIN_ROWS:
            box = left + x, top + y, left + x + width, top + y + height
            candidates.append((count, label, box))
    if not candidates:
        return None
    _, largest, box = max(candidates)
    mask = cv2.dilate((labels == largest).astype(np.uint8), np.ones((3, 3), np.uint8))
    x, y, width, height, _ = found[largest].tolist()
    dark = (255 * (1 - np.clip(ink, 0, 1) * mask)).astype(np.uint8)
    alone = np.pad(
        dark[y : y + height, x : x + width], round(height * _PADDING), constant_values=255
    )
    edges = np.array([box[:2], (box[2], box[1]), box[2:], (box[0], box[3])])
    margins = _MARGIN * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    return FoundLine(np.repeat(alone[:, :, np.newaxis], 3, axis=2), frame.pixels(edges + margins))


def _cut_out(picture: Pixels, frame: _Frame, box: tuple[float, float, float, float]) -> Pixels:
    left, top, right, bottom = box
    width, height = round((right - left) * _ROW_PIXELS), round((bottom - top) * _ROW_PIXELS)
    corners = frame.pixels(np.array([[left, top], [right, top], [left, bottom]]))
    target = np.array([[0, 0], [width, 0], [0, height]], np.float32)
    turn = cv2.getAffineTransform(corners.astype(np.float32), target)
    return np.asarray(
        cv2.warpAffine(
            picture, turn, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )


def _distance(pixels: Pixels, paper: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.abs(pixels - paper).max(axis=2), np.float64)
