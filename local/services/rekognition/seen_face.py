"""A face as the local Rekognition describes it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from local.engines.face_models import Points
from local.engines.face_reader import ReadFace
from local.services.rekognition.face_attributes import Judgement, attributes_of, face_confidence
from local.services.rekognition.face_measures import FaceMeasures, measure

_FOREHEAD: Final = 0.25
"""What is above the brows over what is below: landmarks end at the brows, boxes at the hair."""

_LANDMARKS: Final = {
    "eyeLeft": range(36, 42),
    "eyeRight": range(42, 48),
    "mouthLeft": (48,),
    "mouthRight": (54,),
    "nose": (30,),
    "leftEyeBrowLeft": (17,),
    "leftEyeBrowRight": (21,),
    "leftEyeBrowUp": (19,),
    "rightEyeBrowLeft": (22,),
    "rightEyeBrowRight": (26,),
    "rightEyeBrowUp": (24,),
    "leftEyeLeft": (36,),
    "leftEyeRight": (39,),
    "leftEyeUp": (37, 38),
    "leftEyeDown": (40, 41),
    "rightEyeLeft": (42,),
    "rightEyeRight": (45,),
    "rightEyeUp": (43, 44),
    "rightEyeDown": (46, 47),
    "noseLeft": (31,),
    "noseRight": (35,),
    "mouthUp": (51,),
    "mouthDown": (57,),
    "leftPupil": range(36, 42),
    "rightPupil": range(42, 48),
    "upperJawlineLeft": (0,),
    "midJawlineLeft": (4,),
    "chinBottom": (8,),
    "midJawlineRight": (12,),
    "upperJawlineRight": (16,),
}
"""Rekognition's landmarks, left being the picture's, from those of 300-W."""
_DEFAULT_LANDMARKS: Final = 5

_GUESSED: Final = {"Value": False, "Confidence": 50.0}
_UNSEEN: Final[Mapping[str, tuple[str, Any]]] = {
    "BEARD": ("Beard", _GUESSED),
    "EYEGLASSES": ("Eyeglasses", _GUESSED),
    "MUSTACHE": ("Mustache", _GUESSED),
    "GENDER": ("Gender", {"Value": "Female", "Confidence": 50.0}),
    "AGE_RANGE": ("AgeRange", {"Low": 0, "High": 100}),
    "EMOTIONS": ("Emotions", [{"Type": "UNKNOWN", "Confidence": 0.0}]),
    "EYE_DIRECTION": ("EyeDirection", {"Yaw": 0.0, "Pitch": 0.0, "Confidence": 0.0}),
}
"""Attributes that this engine cannot see: a coin would be as sure."""


@dataclass(frozen=True)
class SeenFace:
    """A face that was read, with what follows from it.

    Attributes:
        face: As the reader gave it.
        size: Width and height in pixels of the picture in which it was read.
    """

    face: ReadFace
    size: tuple[int, int]

    @property
    def score(self) -> float:
        return self.face.score

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
    def share(self) -> float:
        """The face's longer side over the picture's."""
        width, height = self.size
        box = self.bounding_box
        return max(box["Width"] * width, box["Height"] * height) / max(self.size)

    @property
    def confidence(self) -> float:
        return face_confidence(self.face.score)

    def detail(self, attributes: Iterable[str]) -> dict[str, Any]:
        """Rekognition's ``FaceDetail``: what is always in it, and the attributes asked for.

        What is not seen here is as sure as a guess, or as wide as can be.
        """
        wanted = set(attributes)
        everything = "ALL" in wanted
        pose, measures = self.measures.pose, self.measures
        detail: dict[str, Any] = {
            "BoundingBox": self.bounding_box,
            "Landmarks": _landmarks(self.face.points, all_of_them=everything),
            "Pose": {"Roll": pose.roll, "Yaw": pose.yaw, "Pitch": pose.pitch},
            "Quality": {"Brightness": measures.brightness, "Sharpness": measures.sharpness},
            "Confidence": self.confidence,
        }
        judged = attributes_of(measures)
        offered = {
            "SMILE": ("Smile", _shown(judged.smile)),
            "SUNGLASSES": ("Sunglasses", _shown(judged.sunglasses)),
            "EYES_OPEN": ("EyesOpen", _shown(judged.eyes_open)),
            "MOUTH_OPEN": ("MouthOpen", _shown(judged.mouth_open)),
            "FACE_OCCLUDED": ("FaceOccluded", _shown(judged.occluded)),
            **_UNSEEN,
        }
        for attribute, (name, shown) in offered.items():
            if everything or attribute in wanted:
                detail[name] = copy.deepcopy(shown)
        return detail


def _shown(judgement: Judgement) -> dict[str, Any]:
    return {"Value": judgement.value, "Confidence": judgement.confidence}


def _landmarks(points: Points, *, all_of_them: bool) -> list[dict[str, Any]]:
    chosen = list(_LANDMARKS.items())[: None if all_of_them else _DEFAULT_LANDMARKS]
    landmarks = []
    for name, indices in chosen:
        x, y = np.mean([points[index] for index in indices], axis=0).tolist()
        landmarks.append({"Type": name, "X": x, "Y": y})
    return landmarks
