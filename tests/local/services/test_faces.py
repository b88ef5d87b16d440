"""The local Rekognition looks at real pictures of faces, with the real engine."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from local.demo import pictures_of_faces as pictures
from local.services.rekognition.face_recognition import FaceRecognition
from tests.local.services.engine_pages import as_jpeg, submit
from tests.local.services.faces import FaceClient, admiral

pytestmark = [pytest.mark.engines, pytest.mark.xdist_group("faces")]

PEOPLE = {"CollectionId": "people"}
SMALL = (128, 128)
"""Each detection takes four times as long in a picture of twice this size."""
CLIENT = FaceClient(FaceRecognition())


def detect(picture: Image.Image) -> list[dict[str, Any]]:
    details: list[dict[str, Any]] = CLIENT(
        "DetectFaces", **submit(as_jpeg(picture)), Attributes=["DEFAULT", "SUNGLASSES", "EYES_OPEN"]
    )["FaceDetails"]
    return details


def only_face(picture: Image.Image) -> dict[str, Any]:
    (face,) = detect(picture)
    return face


def bare() -> Image.Image:
    return pictures.portrait().resize(SMALL)


def darkened(picture: Image.Image) -> Image.Image:
    return picture.point(lambda value: value // 3)


@pytest.fixture(scope="module")
def portrait() -> dict[str, Any]:
    return only_face(pictures.portrait())


def test_a_good_portrait_has_one_good_face(portrait: dict[str, Any]) -> None:
    assert portrait["Confidence"] > 99
    assert not portrait["Sunglasses"]["Value"]
    assert portrait["Sunglasses"]["Confidence"] > 90
    assert portrait["EyesOpen"]["Value"]
    assert portrait["EyesOpen"]["Confidence"] > 90
    assert portrait["Quality"]["Sharpness"] > 35
    assert portrait["Quality"]["Brightness"] > 50
    assert all(abs(portrait["Pose"][turn]) < 15 for turn in ("Yaw", "Pitch", "Roll"))


def test_box_and_landmarks_are_where_the_face_is(portrait: dict[str, Any]) -> None:
    box = {side: 256 * ratio for side, ratio in portrait["BoundingBox"].items()}
    points = {each["Type"]: (256 * each["X"], 256 * each["Y"]) for each in portrait["Landmarks"]}

    assert box == pytest.approx({"Left": 80, "Top": 70, "Width": 92, "Height": 114}, abs=10)
    assert set(points) == {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"}
    assert points["eyeLeft"] == pytest.approx((107, 103), abs=3)
    assert points["eyeRight"] == pytest.approx((150, 105), abs=3)
    assert points["nose"] == pytest.approx((127, 124), abs=4)
    assert points["mouthLeft"] == pytest.approx((106, 143), abs=5)


def test_light_sunglasses_are_seen_and_the_eyes_behind_them_are_not() -> None:
    face = only_face(pictures.behind_sunglasses((90, 90, 110), 0.85).resize(SMALL))

    assert face["Sunglasses"]["Value"]
    assert face["Sunglasses"]["Confidence"] > 90
    assert face["EyesOpen"]["Confidence"] < 60


def test_sunglasses_and_bare_eyes_are_told_apart_in_the_dark() -> None:
    glasses = pictures.behind_sunglasses((30, 25, 20), 0.95).resize(SMALL)
    eyes, shaded = only_face(darkened(bare())), only_face(darkened(glasses))

    assert not eyes["Sunglasses"]["Value"]
    assert eyes["EyesOpen"]["Value"]
    assert shaded["Sunglasses"]["Value"]


def test_closed_eyes_are_not_open_and_clear_glasses_are_no_sunglasses() -> None:
    closed = only_face(pictures.with_closed_eyes().resize(SMALL))
    clear = only_face(admiral().resize((256, 300)))

    assert not closed["EyesOpen"]["Value"]
    assert clear["EyesOpen"]["Value"]
    assert not closed["Sunglasses"]["Value"]
    assert not clear["Sunglasses"]["Value"]


def test_a_tilted_face_rolls_with_its_picture() -> None:
    tilted = pictures.astronaut().rotate(-18).crop((96, 0, 352, 256)).resize(SMALL)

    assert only_face(tilted)["Pose"]["Roll"] == pytest.approx(18, abs=8)


def test_a_small_face_in_a_large_picture_is_found() -> None:
    """40 pixels of 1920 are the least that Rekognition finds."""
    scene = Image.new("RGB", (1920, 1080), "gray")
    scene.paste(pictures.astronaut().resize((224, 224)), (1200, 500))

    face = only_face(scene)

    assert face["BoundingBox"]["Width"] * 1920 == pytest.approx(40, abs=4)
    assert face["BoundingBox"]["Left"] * 1920 == pytest.approx(1200 + 182 * 224 / 512, abs=5)


def test_calls_from_several_threads_do_not_mix() -> None:
    """Also: two faces are two, and a page of a book has none."""
    scenes = [bare(), pictures.twins().resize((256, 128)), pictures.page().resize((160, 120))]

    with ThreadPoolExecutor(len(scenes)) as pool:
        faces = list(pool.map(detect, scenes))

    assert [len(each) for each in faces] == [1, 2, 0]


@pytest.fixture(scope="module")
def known() -> list[str]:
    """The ids of two people's faces in a collection: Collins and Hopper."""
    CLIENT("CreateCollection", **PEOPLE)
    indexed = [
        CLIENT("IndexFaces", **PEOPLE, **submit(as_jpeg(picture)))["FaceRecords"]
        for picture in (bare(), admiral().resize((256, 300)))
    ]
    return [record["Face"]["FaceId"] for (record,) in indexed]


@pytest.mark.parametrize(
    "picture",
    [
        lambda: bare().transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        lambda: darkened(bare()),
        lambda: pictures.astronaut().rotate(15).crop((60, 0, 380, 320)).resize((160, 160)),
    ],
    ids=["mirrored", "dark", "tilted"],
)
def test_the_same_person_is_found_and_no_other(
    known: list[str], picture: Callable[[], Image.Image]
) -> None:
    """The app asks for a similarity of 90; another person does not come near it."""
    request = submit(as_jpeg(picture())) | {"FaceMatchThreshold": 0.0}

    matches = CLIENT("SearchFacesByImage", **PEOPLE, **request)["FaceMatches"]

    found = {match["Face"]["FaceId"]: match["Similarity"] for match in matches}
    assert list(found) == known
    assert found[known[0]] > 90
    assert found[known[1]] < 60
