"""The interface between a text reader and its models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Height x width x 3, blue first."""
Corners = NDArray[np.float64]
"""Four points (x, y) in pixels: top left, top right, bottom right, bottom left."""
Points = NDArray[np.float64]
"""Any number of points (x, y)."""


@dataclass(frozen=True)
class FoundLine:
    """A place with a line of text.

    Attributes:
        pixels: The box around it, level; a curved line is straight in it.
        corners: Of its box in the picture, as if the line were straight.
        bend: Steps (x, y) from places at equal distances in the middle of the box, from left to
            right, or from top to bottom of a box that is taller than wide, to the line itself.
    """

    pixels: Pixels
    corners: Corners
    bend: Points = field(default_factory=lambda: np.zeros((2, 2)))


@dataclass(frozen=True)
class ReadCharacter:
    """One character and its place along its line, from 0 (the line's start) to 1 (its end)."""

    text: str
    probability: float
    position: float


@dataclass(frozen=True)
class Row:
    """Text that was read, and its corners in pixels from its first character on."""

    text: str
    corners: Corners


class TextModels(Protocol):
    """Detection and recognition; not for several threads at once."""

    def detect(self, picture: Pixels, longest_side: int) -> list[FoundLine]:
        """Find lines of text, in a copy that is scaled down to `longest_side` pixels."""
        ...

    def recognise(self, line: Pixels) -> tuple[ReadCharacter, ...]:
        """Read a box of upright text: its characters, spaces included, or none."""
        ...

    def find_drop_caps(self, picture: Pixels, rows: Sequence[Row]) -> Iterable[FoundLine]:
        """Find large letters before rows that run the same way; their pixels are upright."""
        ...
