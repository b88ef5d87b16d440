"""Finds and reads the text in a picture, whichever way its lines run."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local.engines.allocator import keep_large_buffers, return_unused_memory
from local.engines.text_models import Pixels, ReadCharacter, TextModels

Quad = NDArray[np.float64]
"""Four corners (x, y), clockwise from the text's own top left, as ratios of width and height."""

_ELONGATED: Final = 1.5
"""Length over breadth from which the shape of a box shows the direction of its line."""
_READ_WELL: Final = 0.8
_LEGIBLE: Final = 0.5
"""Mean probability of a line's characters: good lines have 0.9 and more, garbled ones 0.5 to 0.7,
and texture that looks like text less."""

# Quarter turns, counter-clockwise, that set the text of a box upright.
_UPRIGHT: Final = 0
_DOWNWARDS: Final = 1
_UPWARDS: Final = 3


@dataclass(frozen=True)
class Line:
    """A line of text, its corners, and the quarter turns that set it upright."""

    characters: tuple[ReadCharacter, ...]
    quad: Quad
    turns: int

    @property
    def probability(self) -> float:
        return float(np.mean([character.probability for character in self.characters]))

    @property
    def reads_well(self) -> bool:
        return self.probability >= _READ_WELL


@dataclass(frozen=True)
class _Box:
    """A place with text: its pixels, and its corners from top left."""

    pixels: Pixels
    quad: Quad

    @property
    def turns(self) -> tuple[int, ...]:
        """The turns that its shape suggests; none for a short box."""
        height, width = self.pixels.shape[:2]
        if width >= height * _ELONGATED:
            return (_UPRIGHT,)
        if height >= width * _ELONGATED:
            return (_DOWNWARDS, _UPWARDS)
        return ()


def _load_models() -> TextModels:
    keep_large_buffers()
    from local.engines.ocr_models import OcrModels  # noqa: PLC0415  # takes a second

    return OcrModels()


class TextReader:
    """Reads text that is upright, slanted or on its side; upside-down text comes out garbled.

    It searches a page for text once, and reads an upright line once. It reads a line on its side
    as if it were turned clockwise and, if the result is poor, counter-clockwise.

    Calls are serialised: one inference on all cores is as fast as two side by side, answers twice
    as soon, and needs half the memory. The models load with the first picture.

    Args:
        load_models: Called once.
    """

    def __init__(self, load_models: Callable[[], TextModels]) -> None:
        self._lock = threading.Lock()
        self._load_models = load_models

    def read(self, picture: Image.Image) -> list[Line]:
        """Read an RGB picture; return its lines from top to bottom."""
        bgr = np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])
        with self._lock:
            boxes = [
                _Box(pixels, corners / picture.size) for pixels, corners in self._models.detect(bgr)
            ]
            lines = self._read_boxes(boxes)
            return_unused_memory()
            return lines

    @cached_property
    def _models(self) -> TextModels:
        return self._load_models()

    def _read_boxes(self, boxes: list[_Box]) -> list[Line]:
        """Read long boxes as their shape suggests, then short ones like most of the long ones."""
        lines = [self._best_line(box, box.turns) for box in boxes]
        page_turns = _most_common_turns(line for line in lines if line is not None)
        for index, box in enumerate(boxes):
            if not box.turns:
                lines[index] = self._best_line(box, (page_turns, _UPRIGHT))
        return [line for line in lines if line is not None and line.probability >= _LEGIBLE]

    def _best_line(self, box: _Box, turns_to_try: Iterable[int]) -> Line | None:
        """Return the first good reading, else the best; None if there is none."""
        best: Line | None = None
        for turns in dict.fromkeys(turns_to_try):
            line = self._line(box, turns)
            if line is not None and (best is None or line.probability > best.probability):
                best = line
            if best is not None and best.reads_well:
                break
        return best

    def _line(self, box: _Box, turns: int) -> Line | None:
        characters = self._models.recognise(np.rot90(box.pixels, turns))
        quad = np.roll(box.quad, -turns, axis=0)
        return Line(characters, quad, turns) if characters else None


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
