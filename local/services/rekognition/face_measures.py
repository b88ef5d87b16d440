"""Measures a face: how bright, sharp and turned it is, and how its eyes look."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from local.engines.face_models import Points
from local.engines.face_reader import Portrait

Luma = NDArray[np.float64]
"""Height x width, 0 to 255."""
Vector = NDArray[np.float64]

_EYES: Final = (slice(36, 42), slice(42, 48))
_NOSE_TIP: Final = 30
_MIDDLE_GREY: Final = 128.0
_BT_601: Final = (0.299, 0.587, 0.114)

_RIGID_POINTS: Final = (27, 30, 33, 36, 39, 42, 45)
"""Nose (root, tip, base) and the corners of the eyes: no smile moves them."""
_RIGID_MODEL: Final = np.array(
    [
        (0.0, 3.8, -2.2),
        (0.0, 0.0, 0.0),
        (0.0, -1.4, -1.5),
        (-4.5, 3.65, -4.6),
        (-1.9, 3.45, -3.4),
        (1.9, 3.45, -3.4),
        (4.5, 3.65, -4.6),
    ]
)
"""These points of an average head: centimetres to the right, up and forward of its nose's tip."""


@dataclass(frozen=True)
class Pose:
    """Degrees: to the picture's right, upwards, and then clockwise in its plane."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True)
class FaceMeasures:
    """The numbers.

    Attributes:
        brightness: Mean luma, 0 to 100.
        sharpness: 0 to 100, on a logarithmic scale of the detail; the light does not matter.
        eye_opening: Height of the eyes over their width: 0.2 and more when open.
        eye_light: The bright parts around the lighter eye over the skin: 0.9 and more for bare
            eyes, under 0.5 behind black glasses.
        iris_light: The middle of the darker eye over those bright parts: under 0.8 for open eyes,
            because a lid is as bright as the skin around it.
    """

    pose: Pose
    brightness: float
    sharpness: float
    eye_opening: float
    eye_light: float
    iris_light: float


def measure(portrait: Portrait) -> FaceMeasures:
    """Measure a face; only the sharpness depends on its size in the picture."""
    points = portrait.points
    luma = portrait.pixels @ np.array(_BT_601)
    face = _around(luma, points)
    left, right = (points[eye].mean(axis=0) for eye in _EYES)
    eye_light, iris_light = _eye_lights(luma, left, right, points[_NOSE_TIP])
    return FaceMeasures(
        pose=pose_of(points),
        brightness=float(face.mean()) / 2.55,
        sharpness=_sharpness(face),
        eye_opening=float(np.mean([_eye_opening(points[eye]) for eye in _EYES])),
        eye_light=eye_light,
        iris_light=iris_light,
    )


def pose_of(points: Points) -> Pose:
    """Turn an average head until its points lie where the face's points do, seen from far away.

    Good to about 5 degrees for yaw and roll and 10 for pitch, which an unusual nose changes.
    """
    model = _RIGID_MODEL - _RIGID_MODEL.mean(axis=0)
    seen = points[list(_RIGID_POINTS)] * (1, -1)
    solution, *_ = np.linalg.lstsq(model, seen - seen.mean(axis=0), rcond=None)
    across, upwards = (axis / np.linalg.norm(axis) for axis in solution.T)
    forward = np.cross(across, upwards)
    turn = np.array([across, upwards, forward / np.linalg.norm(forward)])
    nearest, _, closest = np.linalg.svd(turn)
    rotation = nearest @ closest
    roll = math.atan2(-rotation[1, 0], rotation[0, 0])
    right, up, to_camera = rotation[:, 2].tolist()  # where the model's forward axis points
    right, up = (
        right * math.cos(roll) - up * math.sin(roll),
        right * math.sin(roll) + up * math.cos(roll),
    )
    return Pose(
        yaw=math.degrees(math.atan2(right, to_camera)),
        pitch=math.degrees(math.asin(min(max(up, -1.0), 1.0))),
        roll=math.degrees(roll),
    )


def _around(luma: Luma, points: Points) -> Luma:
    """The face between its brows, cheeks and chin."""
    height, width = luma.shape
    left, top = np.clip(np.floor(points.min(axis=0)), 0, (width - 4, height - 4)).astype(int)
    right, bottom = np.clip(np.ceil(points.max(axis=0)), (left + 4, top + 4), (width, height))
    return luma[top : int(bottom), left : int(right)]


def _sharpness(face: Luma) -> float:
    neighbours = face[:-2, 1:-1] + face[2:, 1:-1] + face[1:-1, :-2] + face[1:-1, 2:]
    laplacian = neighbours - 4 * face[1:-1, 1:-1]
    detail = float(laplacian.var()) * (_MIDDLE_GREY / max(float(face.mean()), 1.0)) ** 2
    return float(np.clip(30 * math.log10(max(detail, 1e-3) / 1.5), 0, 100))


def _eye_opening(eye: Points) -> float:
    heights = _distance(eye[1], eye[5]) + _distance(eye[2], eye[4])
    return heights / (2 * _distance(eye[0], eye[3]))


def _eye_lights(luma: Luma, left: Vector, right: Vector, nose_tip: Vector) -> tuple[float, float]:
    """Measure `eye_light` and `iris_light`: a dark glass leaves nothing as bright as the skin."""
    span = _distance(left, right)
    across = (right - left) / span
    down = np.array([-across[1], across[0]])
    cheeks = [_disc(luma, eye + 0.75 * span * down, 0.12 * span) for eye in (left, right)]
    skin = np.median(np.concatenate([*cheeks, _disc(luma, nose_tip, 0.1 * span)]))
    around = [np.percentile(_disc(luma, eye, 0.2 * span), 75) for eye in (left, right)]
    within = [_disc(luma, eye, 0.09 * span).mean() for eye in (left, right)]
    iris_lights = [inner / max(outer, 1.0) for inner, outer in zip(within, around, strict=True)]
    return float(max(around) / max(float(skin), 1.0)), float(min(iris_lights))


def _disc(luma: Luma, middle: Vector, radius: float) -> Vector:
    rows, columns = np.ogrid[: luma.shape[0], : luma.shape[1]]
    inside = (columns - middle[0]) ** 2 + (rows - middle[1]) ** 2 <= max(radius, 1.0) ** 2
    found = luma[inside]
    return found if found.size else luma.ravel()


def _distance(one: Vector, other: Vector) -> float:
    return max(float(np.linalg.norm(one - other)), 1e-6)
