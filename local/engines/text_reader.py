"""Finds and reads the text in a picture, whichever way its lines run."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Final

import numpy as np
from PIL import Image

from local.engines.allocator import keep_large_buffers, return_unused_memory
from local.engines.text_lines import LEGIBLE, Line, Quad, as_capital
from local.engines.text_models import (
    FoundLine,
    Pixels,
    Points,
    Row,
    TextModels,
)

LONGEST_SIDE: Final = 2200
"""Pixels to which larger pictures are scaled down: lines are read in this size."""
_SEARCHED_SIDE: Final = 1280
"""Pixels of the copy in which lines are searched for first."""
_GLANCED_SIDE: Final = 400
"""Pixels of the copy that is searched where the first one shows nothing."""
_SMALL_PRINT: Final = 28.0
"""Height in pixels of that copy, with a margin, under which lines are searched for once more."""
_GOOD_PRINT: Final = 36.0
"""The height that they should have then."""

_ELONGATED: Final = 1.5
"""Length over breadth from which the shape of a box shows the direction of its line."""
_CLEAR: Final = 0.95
"""Mean probability from which a line is surely read in the right direction."""
_MAX_ADVANCE: Final = 2.0
"""Width per sign, in heights of the line: letters have under 1, asterisks in a row 1.5. Of a
script that the model lacks, it reads the full stops only."""

# Quarter turns, counter-clockwise, that set the text of a box upright.
_UPRIGHT: Final = 0
_DOWNWARDS: Final = 1
_UPSIDE_DOWN: Final = 2
_UPWARDS: Final = 3


@dataclass(frozen=True)
class _Box:
    """A place with text: its pixels, its corners from top left, and its bend as found."""

    pixels: Pixels
    quad: Quad
    bend: Points

    @property
    def is_elongated(self) -> bool:
        """Whether its shape shows the direction of its line."""
        breadth, length = sorted(self.pixels.shape[:2])
        return bool(length >= breadth * _ELONGATED)

    def turns(self, upside_down: bool) -> tuple[int, ...]:
        """Return the turns that its shape allows; none for a short box."""
        height, width = self.pixels.shape[:2]
        if not self.is_elongated:
            return ()
        if height > width:
            return (_DOWNWARDS, _UPWARDS)
        return (_UPRIGHT, _UPSIDE_DOWN) if upside_down else (_UPRIGHT,)


def _load_models() -> TextModels:
    keep_large_buffers()
    from local.engines.ocr_models import OcrModels  # noqa: PLC0415  # takes a second

    return OcrModels()


class TextReader:
    """Reads text that is upright, slanted or on its side and, if wanted, upside down.

    It searches a page for text once, or twice if the print is small, and reads a line once if that
    leaves no doubt of its direction. If it does, it tries the others that the box allows.

    Calls are serialised: one inference on all cores is as fast as two side by side, answers twice
    as soon, and needs half the memory. The models load with the first picture.

    Args:
        load_models: Called once.
    """

    def __init__(self, load_models: Callable[[], TextModels]) -> None:
        self._lock = threading.Lock()
        self._load_models = load_models

    def read(self, picture: Image.Image, *, upside_down: bool = False) -> list[Line]:
        """Read an RGB picture; return its lines from top to bottom.

        Args:
            picture: In RGB.
            upside_down: Also read text turned by more than 90 degrees, which is garbled otherwise.
        """
        bgr = np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])
        with self._lock:
            boxes = [
                _Box(found.pixels, found.corners / picture.size, found.bend / picture.size)
                for found in self._search(bgr)
            ]
            lines = self._with_drop_caps(bgr, self._read_boxes(boxes, upside_down))
            return_unused_memory()
            return lines

    @cached_property
    def _models(self) -> TextModels:
        return self._load_models()

    def _search(self, picture: Pixels) -> list[FoundLine]:
        """Find lines; search for small print again, closely, where the first search found any."""
        scale = min(_SEARCHED_SIDE / max(picture.shape), 1)
        found = self._models.detect(picture, _SEARCHED_SIDE)
        height = float(np.median([min(each.pixels.shape[:2]) for each in found])) if found else 0
        if found and (scale == 1 or height * scale >= _SMALL_PRINT):
            return found
        # A little text on a large page: in a small copy, its lines look like a large one.
        places = found or self._models.detect(picture, _GLANCED_SIDE)
        if not places:
            return []
        corners = np.concatenate([each.corners for each in places])
        margin = np.ptp(corners, axis=0)
        left, top = np.maximum(corners.min(axis=0) - margin, 0).astype(int)
        right, bottom = (corners.max(axis=0) + margin).astype(int)
        part = picture[top:bottom, left:right]
        wanted = min(_GOOD_PRINT / height, 1) if found else 1
        closely = self._models.detect(part, round(max(part.shape) * wanted))
        return [replace(each, corners=each.corners + np.array([left, top])) for each in closely]

    def _read_boxes(self, boxes: list[_Box], upside_down: bool) -> list[Line]:
        """Read long boxes as their shape suggests, then short ones like most of the long ones."""
        lines = [self._best_line(box, box.turns(upside_down)) for box in boxes]
        page_turns = _most_common_turns(line for line in lines if line is not None)
        for index, box in enumerate(boxes):
            if not box.is_elongated:
                lines[index] = self._best_line(box, (page_turns, _UPRIGHT))
        return [line for line in lines if line is not None and line.probability >= LEGIBLE]

    def _with_drop_caps(self, picture: Pixels, lines: list[Line]) -> list[Line]:
        """Add the large first letters of paragraphs, which the detector overlooks or halves."""
        size = np.array(picture.shape[1::-1])
        turns = _most_common_turns(lines)
        rows = [
            Row(each.text, each.from_first_character * size)
            for each in lines
            if each.turns == turns and each.reads_well
        ]
        for found in self._models.find_drop_caps(picture, rows):
            letter = as_capital(self._models.recognise(found.pixels))
            if letter is not None:
                cap = Line((letter,), (found.corners / size).clip(0, 1), turns)
                others = [each for each in lines if not each.is_part_of(cap)]
                lines = sorted([*others, cap], key=lambda each: float(each.quad[0, 1]))
        return lines

    def _best_line(self, box: _Box, turns_to_try: Iterable[int]) -> Line | None:
        """Return the first clear reading, else the best; None if there is none."""
        best: Line | None = None
        for turns in dict.fromkeys(turns_to_try):
            line = self._line(box, turns)
            if line is not None and (best is None or line.probability > best.probability):
                best = line
            if best is not None and best.probability >= _CLEAR:
                break
        return best

    def _line(self, box: _Box, turns: int) -> Line | None:
        pixels = np.rot90(box.pixels, turns)
        characters = self._models.recognise(pixels)
        height, width = pixels.shape[:2]
        signs = sum(not each.text.isspace() for each in characters)
        if width > _MAX_ADVANCE * height * signs:
            return None
        quad = np.roll(box.quad, -turns, axis=0)
        bend = box.bend if turns in {_UPRIGHT, _DOWNWARDS} else box.bend[::-1]
        return Line(characters, quad, turns, bend)


@cache
def text_reader() -> TextReader:
    """Return the reader of this process: its models take seconds to load, and much memory."""
    return TextReader(_load_models)


def _most_common_turns(lines: Iterable[Line]) -> int:
    """Return the turns of most well-read characters of the page."""
    weights: Counter[int] = Counter()
    for line in lines:
        if line.reads_well:
            weights[line.turns] += len(line.characters)
    return max(weights, key=weights.__getitem__, default=_UPRIGHT)
