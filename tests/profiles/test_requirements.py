"""Each way in which a photo may not do, at its threshold."""

from typing import Any

import msgspec
import pytest

from chalicelib.errors import RejectedError
from chalicelib.pages.size import Size
from chalicelib.profiles import requirements
from chalicelib.profiles.faces import Box, Face, FaceAttribute
from chalicelib.profiles.requirements import refusal_of
from chalicelib.profiles.thumbnail import square_around
from tests.fakes.engines import CLEAR_FACE

SIZE = Size(1000, 800)


def face(**fields: Any) -> Face:
    return msgspec.structs.replace(CLEAR_FACE, **fields)


def code(*faces: Face, size: Size = SIZE) -> str | None:
    refusal = refusal_of(faces, size)
    return refusal.code if refusal else None


def test_one_clear_face_does() -> None:
    assert code(CLEAR_FACE) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"sunglasses": FaceAttribute(True, 60.0)}, "sunglasses"),
        ({"sunglasses": FaceAttribute(True, 59.9)}, None),
        ({"eyes_open": FaceAttribute(False, 60.0)}, "eyes_closed"),
        ({"eyes_open": FaceAttribute(False, 59.9)}, None),
        ({"brightness": requirements.MIN_BRIGHTNESS}, None),
        ({"brightness": requirements.MIN_BRIGHTNESS - 0.1}, "too_dark"),
        ({"brightness": requirements.MAX_BRIGHTNESS}, None),
        ({"brightness": requirements.MAX_BRIGHTNESS + 0.1}, "too_bright"),
        ({"sharpness": requirements.MIN_SHARPNESS}, None),
        ({"sharpness": requirements.MIN_SHARPNESS - 0.1}, "blurred"),
        ({"yaw": -requirements.MAX_YAW}, None),
        ({"yaw": -requirements.MAX_YAW - 0.1}, "looks_away"),
        ({"pitch": requirements.MAX_PITCH + 0.1}, "looks_away"),
        ({"roll": requirements.MAX_ROLL + 0.1}, "looks_away"),
        ({"box": Box(0.3, 0.2, 0.08, 0.1)}, None),
        ({"box": Box(0.3, 0.2, 0.079, 0.1)}, "face_too_small"),
        ({"box": Box(0.3, 0.2, 0.08, 0.099)}, "face_too_small"),
    ],
)
def test_a_face_does_up_to_the_threshold(fields: dict[str, Any], expected: str | None) -> None:
    assert code(face(**fields)) == expected


def test_a_large_photo_of_a_far_face_does_not() -> None:
    far = face(box=Box(0.5, 0.5, 0.05, 0.07))

    assert code(far, size=Size(4000, 4000)) == "face_too_small"


def test_what_a_person_sees_at_a_glance_comes_first() -> None:
    hidden = face(
        sunglasses=FaceAttribute(True, 99.0), eyes_open=FaceAttribute(False, 99.0), brightness=0.0
    )

    assert code(hidden) == "sunglasses"
    assert code(hidden, hidden) == "several_faces"


def test_every_refusal_says_what_to_do() -> None:
    assert refusal_of([], SIZE).message.endswith("send one that shows your face, upright.")  # type: ignore[union-attr]
    assert "2 faces" in refusal_of([CLEAR_FACE] * 2, SIZE).message  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (Box(0.4, 0.4, 0.2, 0.25), (320, 240, 680, 600)),  # in the middle
        (Box(-0.05, 0.0, 0.2, 0.25), (0, 0, 360, 360)),  # at an edge: moved inside
        (Box(0.9, 0.9, 0.2, 0.25), (640, 440, 1000, 800)),
        (Box(0.1, 0.1, 0.8, 0.8), (100, 0, 900, 800)),  # as large as the picture lets it be
    ],
)
def test_a_thumbnail_is_a_square_around_the_face(
    box: Box, expected: tuple[int, int, int, int]
) -> None:
    assert square_around(box, SIZE) == expected


def test_what_rekognition_says_no_more_of_gets_a_sentence_to_act_on() -> None:
    refusal = requirements.unreadable(RejectedError("this photo has a shape that cannot be read"))

    assert refusal.code == "unreadable_image"
    assert refusal.message.endswith("send one that is less narrow.")
    assert refusal.final
