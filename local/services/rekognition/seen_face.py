"""A face in the words of Rekognition."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from local.engines.face_models import Points
from local.engines.face_reader import ReadFace
from local.services.rekognition.face_attributes import (
    Judgement,
    eyes_open,
    face_confidence,
    sunglasses,
)
from local.services.rekognition.face_measures import FaceMeasures, measure

_FOREHEAD: Final = 0.25
"""Height above the brows over the height below: landmarks end at the brows, boxes at the hair."""

_LANDMARKS: Final = {
    "eyeLeft": range(36, 42),
    "eyeRight": range(42, 48),
    "mouthLeft": (48,),
    "mouthRight": (54,),
    "nose": (30,),
}
"""The default landmarks of Rekognition, left being the picture's, from those of 300-W."""

# What a face needs to be indexed; AWS does not publish its own bars.
_MIN_CONFIDENCE: Final = 80
_MIN_BRIGHTNESS: Final = 5
_MIN_SHARPNESS: Final = 3
_MIN_SHARE: Final = 0.01
_MAX_TURN: Final = 75  # degrees of yaw or pitch


@dataclass(frozen=True)
class SeenFace:
    """A face that was read, and what follows from it.

    Attributes:
        face: As the reader returned it.
        size: Width and height in pixels of the picture in which it was read.
    """

    face: ReadFace
    size: tuple[int, int]

    @cached_property
    def measures(self) -> FaceMeasures:
        return measure(self.face.portrait)

    @cached_property
    def bounding_box(self) -> dict[str, float]:
        """From the hairline to the chin, as ratios of the picture's width and height."""
        left, top = self.face.points.min(axis=0).tolist()
        right, bottom = self.face.points.max(axis=0).tolist()
        top -= (bottom - top) * _FOREHEAD
        return {"Width": right - left, "Height": bottom - top, "Left": left, "Top": top}

    @property
    def area(self) -> float:
        return self.bounding_box["Width"] * self.bounding_box["Height"]

    @property
    def confidence(self) -> float:
        return face_confidence(self.face.score)

    def detail(self, attributes: Collection[str]) -> dict[str, Any]:
        """Rekognition's ``FaceDetail``: the default attributes, and those asked for."""
        pose, measures = self.measures.pose, self.measures
        detail: dict[str, Any] = {
            "BoundingBox": self.bounding_box,
            "Landmarks": _landmarks(self.face.points),
            "Pose": {"Roll": pose.roll, "Yaw": pose.yaw, "Pitch": pose.pitch},
            "Quality": {"Brightness": measures.brightness, "Sharpness": measures.sharpness},
            "Confidence": self.confidence,
        }
        if "SUNGLASSES" in attributes:
            detail["Sunglasses"] = _shown(sunglasses(measures))
        if "EYES_OPEN" in attributes:
            detail["EyesOpen"] = _shown(eyes_open(measures))
        return detail

    def shortcomings(self) -> list[str]:
        """Rekognition's reasons for which its quality filter, AUTO, refuses the face."""
        measures = self.measures
        width, height = self.size
        box = self.bounding_box
        share = max(box["Width"] * width, box["Height"] * height) / max(self.size)
        checks = {
            "EXTREME_POSE": max(abs(measures.pose.yaw), abs(measures.pose.pitch)) <= _MAX_TURN,
            "LOW_BRIGHTNESS": measures.brightness >= _MIN_BRIGHTNESS,
            "LOW_SHARPNESS": measures.sharpness >= _MIN_SHARPNESS,
            "LOW_CONFIDENCE": self.confidence >= _MIN_CONFIDENCE,
            "SMALL_BOUNDING_BOX": share >= _MIN_SHARE,
        }
        return [reason for reason, passes in checks.items() if not passes]


def _shown(judgement: Judgement) -> dict[str, Any]:
    return {"Value": judgement.value, "Confidence": judgement.confidence}


def _landmarks(points: Points) -> list[dict[str, Any]]:
    landmarks = []
    for name, indices in _LANDMARKS.items():
        x, y = np.mean([points[index] for index in indices], axis=0).tolist()
        landmarks.append({"Type": name, "X": x, "Y": y})
    return landmarks
