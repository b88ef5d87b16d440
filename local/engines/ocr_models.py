"""RapidOCR's detection and recognition models, behind two plain calls. Slow to import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray
from rapidocr import RapidOCR
from rapidocr.utils.process_img import apply_vertical_padding

from local.engines.drop_caps import find_drop_caps
from local.engines.lost_spaces import with_lost_spaces
from local.engines.text_models import Corners, FoundLine, Pixels, Points, ReadCharacter, Row
from local.engines.tied_rows import divided_into_rows

_PARAMETERS: Final = {
    # The engine's default enlarges small and narrow pictures without bounds: far slower, no better.
    "Det.limit_type": "max",
    "Global.log_level": "error",
    "Global.return_word_box": True,  # gives each character's place
    "Global.use_cls": False,
    # A batch is padded to its longest line: one at a time is faster and needs half the memory.
    "Rec.rec_batch_num": 1,
}
_MAX_SHAPE: Final = 8.0
"""Width over height, as the engine has it: wider pictures get a margin above and below."""
_MIN_HEIGHT: Final = 30
"""Pixels, as the engine has it: lower pictures get a margin, too."""
_MIN_BREADTH: Final = 3.0
"""Pixels of the searched picture, as the engine has it: narrower places are no text."""
_MARGIN: Final = 1.6
"""Area over circumference of an outline by which a line is larger, as the engine has it."""
_LONG: Final = 3.0
"""Length over breadth from which a box holds a line that may be curved."""
_CURVED: Final = 0.2
"""Rise of a line's middle over the line's breadth from which it is straightened."""
_BEND_POINTS: Final = 9


class OcrModels:
    """Both models, loaded by the constructor (see ``TextModels``)."""

    def __init__(self) -> None:
        engine: Any = RapidOCR(params=_PARAMETERS)  # its types allow for None everywhere
        self._engine = engine
        self._detector = engine._load_det_model()

    def detect(self, picture: Pixels, longest_side: int) -> list[FoundLine]:
        height, width = picture.shape[:2]
        is_narrow = width > _MAX_SHAPE * height or height <= _MIN_HEIGHT
        padded, above = picture, 0
        if is_narrow:
            padded, added = apply_vertical_padding(picture, {}, _MAX_SHAPE, _MIN_HEIGHT)
            above = added["padding_1"]["top"]
        self._detector.limit_side_len = longest_side
        prepared = self._detector.get_preprocess()(padded)
        if prepared is None:  # in this size, the picture is narrower than any letter
            return []
        likeness = self._detector.session(prepared)[0, 0]
        scale = np.array(padded.shape[1::-1]) / likeness.shape[::-1]
        lines = [
            _cut_out(picture, outline * scale - (0, above), box * scale - (0, above))
            for outline, box in self._places(likeness)
        ]
        return sorted(lines, key=lambda line: float(line.corners[0, 1]))

    def _places(self, likeness: NDArray[np.float32]) -> Iterator[tuple[Points, Corners]]:
        """Find the outlines of lines, which are narrower than the letters, and boxes around them.

        A place counts by the mean over its outline. The engine takes the mean over its box by
        default, most of which a curved line leaves empty.
        """
        engine = self._detector.postprocess_op
        mask = cv2.dilate((likeness > engine.thresh).astype(np.uint8), engine.dilation_kernel)
        outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for outline in (row for each in outlines for row in divided_into_rows(each)):
            box, breadth = engine.get_mini_boxes(outline)
            mean = engine.box_score_slow(likeness, outline)
            if breadth >= _MIN_BREADTH and mean >= engine.box_thresh:
                around, _ = engine.get_mini_boxes(engine.unclip(box))
                yield outline.reshape(-1, 2), engine.order_points_clockwise(around)

    def recognise(self, line: Pixels) -> tuple[ReadCharacter, ...]:
        output = self._engine.recognize_txt([np.ascontiguousarray(line)])
        return tuple(with_lost_spaces(_characters(output.txts[0], output.word_results[0])))

    def find_drop_caps(self, picture: Pixels, rows: Sequence[Row]) -> Iterable[FoundLine]:
        return find_drop_caps(picture, rows)


def _cut_out(picture: Pixels, outline: Points, box: Corners) -> FoundLine:
    """Cut a box out of the picture, level, and straighten a curved line in it."""
    top_left, top_right, bottom_right, bottom_left = box
    width = max(np.linalg.norm(top_right - top_left), np.linalg.norm(bottom_right - bottom_left))
    height = max(np.linalg.norm(bottom_left - top_left), np.linalg.norm(bottom_right - top_right))
    size = max(round(float(width)), 1), max(round(float(height)), 1)
    level = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
    turn: Any = cv2.getPerspectiveTransform(box.astype(np.float32), level)
    pixels: Any = cv2.warpPerspective(
        picture, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    if max(size) < _LONG * min(size):
        return FoundLine(pixels, box)
    if size[0] > size[1]:
        line = _straightened(pixels, _mapped(outline, turn))
    else:  # a line on its side runs from left to right once it is mirrored at the diagonal
        line = _mirrored(_straightened(_transposed(pixels), _mapped(outline, turn)[:, ::-1]))
    back: Any = np.linalg.inv(turn)
    origin = np.zeros_like(line.bend)
    bend = _mapped(line.bend, back) - _mapped(origin, back)
    return FoundLine(line.pixels, _mapped(line.corners, back), bend)


def _straightened(pixels: Pixels, outline: Points) -> FoundLine:
    """Return a level line, in its own pixels; if it is curved, straight."""
    height, length = pixels.shape[:2]
    mask = np.zeros((height, length), np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1)
    thickness = mask.sum(axis=0)
    columns = np.flatnonzero(thickness)
    heights = (mask * np.arange(height)[:, np.newaxis]).sum(axis=0)
    curve = Polynomial.fit(columns, heights[columns] / thickness[columns], 3)
    along = np.arange(length)
    middle = curve(np.clip(along, columns[0], columns[-1]))
    breadth = min(round(float(np.median(thickness[columns])) * (1 + _MARGIN)), height)
    if np.ptp(middle) < _CURVED * breadth:
        return FoundLine(pixels, _box(length, 0, height))
    across = np.arange(breadth)[:, np.newaxis] - breadth / 2
    straight: Any = cv2.remap(
        pixels,
        np.broadcast_to(along, (breadth, length)).astype(np.float32),
        (middle + across).astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    stations = np.linspace(0, length - 1, _BEND_POINTS).astype(int)
    bend = np.stack([np.zeros(_BEND_POINTS), middle[stations] - height / 2], axis=1)
    return FoundLine(straight, _box(length, (height - breadth) / 2, (height + breadth) / 2), bend)


def _box(length: float, top: float, bottom: float) -> Corners:
    return np.array([[0, top], [length, top], [length, bottom], [0, bottom]], np.float64)


def _transposed(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels.transpose(1, 0, 2))


def _mirrored(line: FoundLine) -> FoundLine:
    """Mirror a line at the diagonal: its second corner becomes its fourth."""
    return FoundLine(_transposed(line.pixels), line.corners[[0, 3, 2, 1], ::-1], line.bend[:, ::-1])


def _mapped(points: Points, transform: NDArray[np.float64]) -> Points:
    mapped = cv2.perspectiveTransform(points.reshape(1, -1, 2).astype(np.float64), transform)
    return np.asarray(mapped[0], np.float64)


def _characters(text: str, places: Any) -> list[ReadCharacter]:
    """Join characters, probabilities and columns; the engine has no columns for spaces."""
    columns = iter([column for word in places.word_cols for column in word])
    characters = []
    position = 0.0
    for character, probability in zip(text, places.confs, strict=False):
        if not character.isspace():
            position = min((next(columns) + 0.5) / places.line_txt_len, 1.0)
        characters.append(ReadCharacter(character, probability, position))
    return characters if text.strip() else []
