"""RapidOCR's detection and recognition models, behind two plain calls. Slow to import."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from rapidocr import RapidOCR
from rapidocr.main import RapidOCRError
from rapidocr.utils.process_img import map_boxes_to_original

from local.engines.text_models import LONGEST_SIDE, Corners, Pixels, ReadCharacter

_PARAMETERS: Final = {
    # The engine's default enlarges small and narrow pictures without bounds: far slower, no better.
    "Det.limit_side_len": LONGEST_SIDE,
    "Det.limit_type": "max",
    "Global.log_level": "error",
    "Global.max_side_len": LONGEST_SIDE,
    "Global.return_word_box": True,  # gives each character's place
    "Global.use_cls": False,
    # A batch is padded to its longest line: one at a time is faster and needs half the memory.
    "Rec.rec_batch_num": 1,
}


class OcrModels:
    """Both models, loaded by the constructor (see ``TextModels``)."""

    def __init__(self) -> None:
        self._engine: Any = RapidOCR(params=_PARAMETERS)  # its types allow for None everywhere

    def detect(self, picture: Pixels) -> list[tuple[Pixels, Corners]]:
        height, width = picture.shape[:2]
        scaled, operations = self._engine.preprocess_img(picture)
        try:
            crops, found = self._engine.detect_and_crop(scaled, operations)
        except RapidOCRError:  # the engine found no text
            return []
        in_picture = map_boxes_to_original(found.boxes.copy(), operations, height, width)
        crops = [_unturned(*each) for each in zip(crops, found.boxes, strict=True)]
        return list(zip(crops, in_picture, strict=True))

    def recognise(self, line: Pixels) -> tuple[ReadCharacter, ...]:
        output = self._engine.recognize_txt([np.ascontiguousarray(line)])
        return tuple(_characters(output.txts[0], output.word_results[0]))


def _unturned(crop: Pixels, corners: Corners) -> Pixels:
    """Undo the quarter turn that the engine gives to a crop much taller than wide."""
    top_left, top_right, bottom_right, bottom_left = corners
    width = max(np.linalg.norm(top_right - top_left), np.linalg.norm(bottom_right - bottom_left))
    height = max(np.linalg.norm(bottom_left - top_left), np.linalg.norm(bottom_right - top_right))
    was_turned = height > width and crop.shape[1] > crop.shape[0]
    return np.rot90(crop, -1) if was_turned else crop


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
