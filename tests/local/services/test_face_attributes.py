"""Measures of a face and judgements on them, without the engine."""

import math
from dataclasses import replace

import numpy as np
import pytest

from local.engines.face_models import Points
from local.engines.face_reader import Portrait
from local.services.rekognition.face_attributes import eyes_open, face_confidence, sunglasses
from local.services.rekognition.face_collections import similarity
from local.services.rekognition.face_measures import FaceMeasures, Pose, measure, pose_of
from tests.local.services.faces import template

BARE = FaceMeasures(
    pose=Pose(yaw=0, pitch=0, roll=0),
    brightness=60,
    sharpness=50,
    eye_opening=0.3,
    eye_light=1.05,
    iris_light=0.5,
)


def portrait(points: Points | None = None, *, skin: int = 160) -> Portrait:
    """A face of one colour in the middle of 400 x 400 pixels."""
    pixels = np.full((400, 400, 3), skin, np.uint8)
    return Portrait(pixels, template() * 2 + 100 if points is None else points)


def turned(yaw: float, pitch: float, roll: float) -> Points:
    """A head with a nose of 2 cm, seen from far away after turns in degrees."""
    head = np.zeros((68, 3))  # right, up, forward
    head[27] = 0.0, 3.8, -2.2
    head[33] = 0.0, -1.4, -1.5
    head[36] = -4.5, 3.65, -4.6
    head[39] = -1.9, 3.45, -3.4
    head[42] = 1.9, 3.45, -3.4
    head[45] = 4.5, 3.65, -4.6
    for first, second, degrees in ((1, 2, pitch), (0, 2, yaw), (0, 1, roll)):
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        head[:, [first, second]] = head[:, [first, second]] @ np.array([[cos, -sin], [sin, cos]])
    return head[:, :2] * (1, -1) * 20 + 200


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"),
    [(0, 0, 0), (30, 0, 0), (-30, 0, 0), (0, 20, 0), (0, -20, 0), (0, 0, 40), (25, -15, 10)],
)
def test_the_pose_is_how_the_head_was_turned(yaw: float, pitch: float, roll: float) -> None:
    pose = pose_of(turned(yaw, pitch, roll))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((yaw, pitch, roll), abs=0.5)


def test_bare_open_eyes_are_bare_and_open() -> None:
    assert not sunglasses(BARE).value
    assert sunglasses(BARE).confidence > 95
    assert eyes_open(BARE).value
    assert eyes_open(BARE).confidence > 95


@pytest.mark.parametrize("eye_opening", [0.1, 0.3])
@pytest.mark.parametrize("iris_light", [0.5, 1.0])
def test_eyes_behind_sunglasses_are_not_seen(eye_opening: float, iris_light: float) -> None:
    shaded = replace(BARE, eye_light=0.35, eye_opening=eye_opening, iris_light=iris_light)

    assert sunglasses(shaded).value
    assert sunglasses(shaded).confidence > 99
    assert eyes_open(shaded).confidence < 51


@pytest.mark.parametrize("change", [{"eye_opening": 0.1}, {"iris_light": 0.95}])
def test_eyes_are_closed_if_they_are_narrow_or_as_bright_as_lids(change: dict[str, float]) -> None:
    judged = eyes_open(replace(BARE, **change))  # type: ignore[arg-type]

    assert not judged.value
    assert judged.confidence > 90


def test_the_darker_around_the_eyes_the_surer_are_sunglasses() -> None:
    lights = [0.75, 0.6, 0.4, 0.1]
    confidences = [sunglasses(replace(BARE, eye_light=light)).confidence for light in lights]

    assert confidences == sorted(confidences)
    assert 50 < confidences[0] < 90
    assert sunglasses(replace(BARE, eye_light=1e9)).confidence == pytest.approx(100)


@pytest.mark.parametrize("skin", [0, 40, 128, 255])
def test_brightness_is_that_of_the_face(skin: int) -> None:
    assert measure(portrait(skin=skin)).brightness == pytest.approx(skin / 2.55, abs=0.1)


def test_sharpness_falls_with_detail_and_not_with_light() -> None:
    fine = np.random.default_rng(1).normal(160, 10, (400, 400, 1)).clip(0, 255)
    coarse = (fine + np.roll(fine, 1, 0) + np.roll(fine, 1, 1) + np.roll(fine, (1, 1), (0, 1))) / 4
    points = template() * 2 + 100

    def sharpness(luma: "np.typing.NDArray[np.float64]") -> float:
        pixels = np.repeat(luma, 3, axis=2).astype(np.uint8)
        return measure(Portrait(pixels, points)).sharpness

    assert sharpness(fine) > sharpness(coarse) + 10 > 10
    assert sharpness(fine / 2) == pytest.approx(sharpness(fine), abs=2)
    assert measure(portrait()).sharpness == 0


@pytest.mark.parametrize("skin", [50, 120, 220])
@pytest.mark.parametrize(("glass", "least", "most"), [(0.2, 0.1, 0.3), (1.0, 0.9, 1.1)])
def test_light_around_the_eyes_is_relative_to_the_skin(
    skin: int, glass: float, least: float, most: float
) -> None:
    face = portrait(skin=skin)
    face.pixels[140:205, 120:280] = round(skin * glass)
    assert least < measure(face).eye_light < most


def test_landmarks_outside_the_portrait_are_measured_as_well() -> None:
    assert measure(portrait(template() * 2 + 380)).brightness > 0


def test_the_further_the_less_similar_and_90_lies_between_one_person_and_two() -> None:
    similarities = [similarity(distance / 100) for distance in range(201)]

    assert similarities[:150] == sorted(set(similarities[:150]), reverse=True)
    bounds = {0: (99.99, 100), 20: (99.9, 100), 50: (96, 98), 55: (89.5, 90.5)}
    for distance, (least, most) in (bounds | {60: (65, 75), 70: (10, 20), 200: (0, 0.1)}).items():
        assert least <= similarities[distance] <= most


def test_confidence_follows_the_detectors_score() -> None:
    assert face_confidence(1.05) > 99
    assert 85 < face_confidence(0.7) < 90
    assert face_confidence(-5) < 1
