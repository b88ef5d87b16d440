"""The interface between a face reader and its models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Height x width x 3, red first; or height x width, grey."""
Points = NDArray[np.float64]
"""The 68 points (x, y) of the iBUG 300-W scheme, in pixels."""
Descriptor = NDArray[np.float64]
"""128 numbers; the Euclidean distance of two is how different two faces are."""


@dataclass(frozen=True)
class FaceBox:
    """A rectangle in pixels; parts of it may lie outside the picture."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(self.width, 0.0) * max(self.height, 0.0)

    def scaled(self, factor: float) -> FaceBox:
        """Return this place in a picture that is enlarged by `factor`."""
        return FaceBox(*(factor * side for side in (self.left, self.top, self.right, self.bottom)))

    def moved(self, right: float, down: float) -> FaceBox:
        return FaceBox(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def overlap(self, other: FaceBox) -> float:
        """Return the common area over the area of both together, from 0 to 1."""
        common = FaceBox(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )
        shared = common.area if common.width > 0 and common.height > 0 else 0.0
        return shared / (self.area + other.area - shared)


@dataclass(frozen=True)
class Finding:
    """A face that the detector found; its score is about 1 for a clear one, 0 for a doubtful."""

    box: FaceBox
    score: float


class FaceModels(Protocol):
    """Detection, landmarks and descriptor; not for several threads at once."""

    def detect(self, picture: Pixels) -> list[Finding]:
        """Find faces of 80 pixels and more, whatever they wear and wherever they look."""
        ...

    def propose(self, grey: Pixels) -> list[FaceBox]:
        """Find places that may be frontal faces of 80 pixels and more, ten times as fast."""
        ...

    def landmarks(self, picture: Pixels, box: FaceBox) -> Points:
        """Find the points of the face in a box."""
        ...

    def descriptor(self, picture: Pixels, points: Points) -> Descriptor:
        """Describe the face with these points."""
        ...
