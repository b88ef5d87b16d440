"""Finds the faces in a picture, their landmarks and their descriptors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np
from PIL import Image

from local.engines.allocator import keep_large_buffers, return_unused_memory
from local.engines.face_models import Descriptor, FaceBox, FaceModels, Finding, Pixels, Points

LONGEST_SIDE: Final = 1920
"""Pixels to which larger pictures are scaled down. Rekognition finds no faces of less than 40
pixels then ("Guidelines and quotas")."""

_MAX_ENLARGEMENT: Final = 2.0
_SEARCHED_SIDE: Final = 3840
"""Pixels of the picture in which the fast detector looks for small faces: the smallest that it
knows has 80 there, and 40 in one of ``LONGEST_SIDE``."""
_DETECTED_SIDE: Final = 480
"""Pixels of the picture in which the good detector looks for faces of any kind: the smallest that
it knows has 80, a sixth of the picture. Twice the side takes four times as long."""
_CONTEXT: Final = 2.0
"""Side of a cut-out over the face's: half the face's width on either side."""
_VERIFIED_SIDE: Final = 192
_PORTRAIT_SIDE: Final = 400
_MAX_PROPOSALS: Final = 100
"""The largest places are looked at closely: each takes a sixth of a second."""
_CLEARLY_A_FACE: Final = 0.5
_SAME_PLACE: Final = 0.3


@dataclass(frozen=True)
class Portrait:
    """A face cut out of its picture, not turned, always of the same size.

    Attributes:
        pixels: 400 x 400, with the face in the middle half.
        points: Its landmarks in these pixels.
    """

    pixels: Pixels
    points: Points


@dataclass(frozen=True)
class ReadFace:
    """A face: its landmarks in the picture as ratios of width and height, and its portrait.

    Attributes:
        score: The detector's, about 1 for a clear face.
    """

    points: Points
    portrait: Portrait
    score: float


def _load_models() -> FaceModels:
    keep_large_buffers()
    from local.engines.dlib_models import DlibModels  # noqa: PLC0415  # takes half a second

    return DlibModels()


class FaceReader:
    """Reads faces that are upright or tilted by up to about 20 degrees; others may come out wrong.

    It finds faces from a sixth of the longer side of the picture, also with sunglasses, and smaller
    ones, down to 40 pixels of 1920, that face the camera with visible eyes.

    Calls are serialised: dlib's models are not for several threads. They load with the first
    picture.

    Args:
        load_models: Called once.
    """

    def __init__(self, load_models: Callable[[], FaceModels]) -> None:
        self._lock = threading.Lock()
        self._load_models = load_models

    def read(self, picture: Image.Image) -> list[ReadFace]:
        """Find the faces of an RGB picture, the largest first."""
        with self._lock:
            findings = self._find(picture)
            faces = [self._read_face(picture, each) for each in findings]
            return_unused_memory()
        return sorted(faces, key=lambda face: -float(np.prod(np.ptp(face.points, axis=0))))

    def describe(self, face: ReadFace) -> Descriptor:
        """Compute the descriptor: one person's are under 0.5 apart, two persons' over 0.6."""
        with self._lock:
            return self._models.descriptor(face.portrait.pixels, face.portrait.points)

    @cached_property
    def _models(self) -> FaceModels:
        return self._load_models()

    def _find(self, picture: Image.Image) -> list[Finding]:
        found = self._detect(picture)
        for place in self._propose(picture):
            if not _is_among(place, found):
                verified = self._verify(picture, place)
                found += [each for each in verified if not _is_among(each.box, found)]
        return found

    def _detect(self, picture: Image.Image) -> list[Finding]:
        copy, scale = _fit(picture, _DETECTED_SIDE)
        return [
            Finding(each.box.scaled(1 / scale), each.score)
            for each in self._models.detect(np.asarray(copy))
            if each.score >= _CLEARLY_A_FACE
        ]

    def _propose(self, picture: Image.Image) -> list[FaceBox]:
        copy, scale = _fit(picture.convert("L"), _SEARCHED_SIDE)
        proposals = sorted(self._models.propose(np.asarray(copy)), key=lambda box: -box.area)
        return [box.scaled(1 / scale) for box in proposals[:_MAX_PROPOSALS]]

    def _verify(self, picture: Image.Image, place: FaceBox) -> list[Finding]:
        """Find the face at a proposed place with the good detector."""
        square = _around(place)
        scale = _VERIFIED_SIDE / square.width
        findings = self._models.detect(_cut_out(picture, square, _VERIFIED_SIDE))
        boxes = [
            Finding(each.box.scaled(1 / scale).moved(square.left, square.top), each.score)
            for each in findings
            if each.score >= _CLEARLY_A_FACE
        ]
        here = [each for each in boxes if each.box.overlap(place) >= _SAME_PLACE]
        return sorted(here, key=lambda each: -each.box.overlap(place))[:1]

    def _read_face(self, picture: Image.Image, finding: Finding) -> ReadFace:
        """Find the landmarks twice: a detector's box is coarse, one around landmarks is not."""
        _, rough, _ = self._landmarks(picture, finding.box)
        pixels, points, in_portrait = self._landmarks(picture, _face_box(rough))
        return ReadFace(points / picture.size, Portrait(pixels, in_portrait), finding.score)

    def _landmarks(self, picture: Image.Image, box: FaceBox) -> tuple[Pixels, Points, Points]:
        square = _around(box)
        scale = _PORTRAIT_SIDE / square.width
        pixels = _cut_out(picture, square, _PORTRAIT_SIDE)
        points = self._models.landmarks(pixels, box.moved(-square.left, -square.top).scaled(scale))
        return pixels, points / scale + (square.left, square.top), points


@cache
def face_reader() -> FaceReader:
    """Return the reader of this process: its models take seconds to load, and much memory."""
    return FaceReader(_load_models)


def _is_among(place: FaceBox, findings: list[Finding]) -> bool:
    return any(place.overlap(each.box) >= _SAME_PLACE for each in findings)


def _fit(picture: Image.Image, side: int) -> tuple[Image.Image, float]:
    """Return a copy whose longer side is `side`, or less for a small picture, and its scale."""
    scale = min(side / max(picture.size), _MAX_ENLARGEMENT)
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    return picture.resize(size, Image.Resampling.BILINEAR), scale


def _around(box: FaceBox) -> FaceBox:
    """Return a square around a face, as large as its portrait."""
    half = max(box.width, box.height) * _CONTEXT / 2
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    left, top = round(x - half), round(y - half)
    side = max(round(2 * half), 1)
    return FaceBox(left, top, left + side, top + side)


def _cut_out(picture: Image.Image, square: FaceBox, side: int) -> Pixels:
    """Return the square in `side` pixels; black outside the picture."""
    place = (round(square.left), round(square.top), round(square.right), round(square.bottom))
    return np.asarray(picture.crop(place).resize((side, side), Image.Resampling.BICUBIC))


def _face_box(points: Points) -> FaceBox:
    """Return the square around a face's landmarks in which the model expects them."""
    x, y = points.mean(axis=0).tolist()
    side = float(np.ptp(points, axis=0).max())
    return FaceBox(x - 0.52 * side, y - 0.56 * side, x + 0.52 * side, y + 0.48 * side)
