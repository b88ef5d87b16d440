"""Finds the faces in a picture, their landmarks, and what tells one person from another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np
from PIL import Image

from local.engines.allocator import keep_large_buffers, return_what_piled_up
from local.engines.face_models import Descriptor, FaceBox, FaceModels, Finding, Pixels, Points

LONGEST_SIDE: Final = 1920
"""Pixels to which larger pictures are scaled down: what is smaller than 40 pixels then, Rekognition
does not find either ("Guidelines and quotas")."""

_MOST_ENLARGED: Final = 2.0
_SEARCHED_SIDE: Final = 3840
"""Pixels of the picture in which the fast detector looks for small faces: the smallest that it
knows has 80 there, and 40 in one of ``LONGEST_SIDE``."""
_DETECTED_SIDE: Final = 480
"""Pixels of the picture in which the good detector looks for faces of any kind: the smallest that
it knows has 80, a sixth of the picture. Twice the side takes four times as long."""
_CONTEXT: Final = 2.0
"""What a face is cut out with, over the face: half its width on either side."""
_VERIFIED_SIDE: Final = 192
_PORTRAIT_SIDE: Final = 400
_MOST_PROPOSALS: Final = 100
"""Places that are looked at closely, the largest: each takes a sixth of a second."""
_CLEARLY_A_FACE: Final = 0.5
_SAME_PLACE: Final = 0.3


@dataclass(frozen=True)
class Portrait:
    """A face cut out of its picture, upright as it was there, always of the same size.

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
    """Reads faces that are upright or tilted by up to some 20 degrees; others may come out wrong.

    Found are faces from a sixth of the longer side of the picture, whatever they wear, and smaller
    ones, down to 40 pixels of 1920, that face the camera with their eyes visible.

    Calls are serialised: dlib's models are not for several threads. They load with the first
    picture.
    """

    def __init__(self, load_models: Callable[[], FaceModels]) -> None:
        self._lock = threading.Lock()
        self._load_models = load_models

    def read(self, picture: Image.Image) -> list[ReadFace]:
        """Find the faces of an RGB picture, the largest first."""
        with self._lock:
            findings = self._find(picture)
            faces = [self._read_face(picture, each) for each in findings]
            return_what_piled_up()
        return sorted(faces, key=lambda face: -float(np.prod(np.ptp(face.points, axis=0))))

    def describe(self, face: ReadFace) -> Descriptor:
        """Compute what tells a person from others: under 0.5 apart is the same, over 0.6 not."""
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
        return [box.scaled(1 / scale) for box in proposals[:_MOST_PROPOSALS]]

    def _verify(self, picture: Image.Image, place: FaceBox) -> list[Finding]:
        """What the good detector finds at a place that the fast one has proposed."""
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
        """Find the landmarks twice: detectors' boxes are coarse, those around landmarks are not."""
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
    """A copy whose longer side is `side`, or less than that of small pictures; and its scale."""
    scale = min(side / max(picture.size), _MOST_ENLARGED)
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    return picture.resize(size, Image.Resampling.BILINEAR), scale


def _around(box: FaceBox) -> FaceBox:
    """A square around a face, as large as a portrait of it."""
    half = max(box.width, box.height) * _CONTEXT / 2
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    left, top = round(x - half), round(y - half)
    side = max(round(2 * half), 1)
    return FaceBox(left, top, left + side, top + side)


def _cut_out(picture: Image.Image, square: FaceBox, side: int) -> Pixels:
    """The square in `side` pixels; black where it lies outside the picture."""
    place = (round(square.left), round(square.top), round(square.right), round(square.bottom))
    return np.asarray(picture.crop(place).resize((side, side), Image.Resampling.BICUBIC))


def _face_box(points: Points) -> FaceBox:
    """The square around a face's landmarks in which the model expects them."""
    x, y = points.mean(axis=0).tolist()
    side = float(np.ptp(points, axis=0).max())
    return FaceBox(x - 0.52 * side, y - 0.56 * side, x + 0.52 * side, y + 0.48 * side)
