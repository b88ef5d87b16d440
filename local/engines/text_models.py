"""The interface between a text reader and its models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

LONGEST_SIDE: Final = 1280
"""Pixels to which larger pictures are scaled down: more take longer and read no better."""

Pixels = NDArray[np.uint8]
"""Height x width x 3, blue first."""
Corners = NDArray[np.float64]
"""Four points (x, y) in pixels: top left, top right, bottom right, bottom left."""


@dataclass(frozen=True)
class ReadCharacter:
    """One character and its place along its line, from 0 (the line's start) to 1 (its end)."""

    text: str
    probability: float
    position: float


class TextModels(Protocol):
    """Detection and recognition; not for several threads at once."""

    def detect(self, picture: Pixels) -> list[tuple[Pixels, Corners]]:
        """Find boxes around lines of text: their pixels, and where they are in the picture."""
        ...

    def recognise(self, line: Pixels) -> tuple[ReadCharacter, ...]:
        """Read a box of upright text: its characters, spaces included, or none."""
        ...
