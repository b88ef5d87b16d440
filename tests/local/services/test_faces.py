"""The local Rekognition looks at real pictures of faces, with the real engine."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFilter

from local.demo import pictures_of_faces as pictures
from local.services.rekognition.face_recognition import FaceRecognition
from tests.local.services.engine_pages import as_jpeg, as_png
from tests.local.services.faces import FaceClient, admiral, no_object

pytestmark = [pytest.mark.engines, pytest.mark.xdist_group("faces")]

SHARED = Path(__file__).parents[4] / "shared" / "faces"
PEOPLE = "people"


@pytest.fixture(scope="module")
def client() -> FaceClient:
    return FaceClient(FaceRecognition(no_object))


@pytest.fixture
def people(client: FaceClient) -> Iterator[FaceClient]:
    client("CreateCollection", CollectionId=PEOPLE)
    yield client
    client("DeleteCollection", CollectionId=PEOPLE)


def detect(
    client: FaceClient, picture: Image.Image | bytes, *attributes: str
) -> list[dict[str, Any]]:
    data = picture if isinstance(picture, bytes) else as_jpeg(picture)
    answer = client("DetectFaces", Image={"Bytes": data}, Attributes=attributes or ["ALL"])
    details: list[dict[str, Any]] = answer["FaceDetails"]
    return details


def matches(client: FaceClient, picture: Image.Image, **options: Any) -> list[float]:
    """How similar the faces in the collection are that the app would find."""
    options = {"FaceMatchThreshold": 90.0} | options
    image = {"Bytes": as_jpeg(picture)}
    answer = client("SearchFacesByImage", CollectionId=PEOPLE, Image=image, **options)
    return [match["Similarity"] for match in answer["FaceMatches"]]


def index(client: FaceClient, picture: Image.Image, **options: Any) -> dict[str, Any]:
    return client("IndexFaces", CollectionId=PEOPLE, Image={"Bytes": as_jpeg(picture)}, **options)


@pytest.fixture(scope="module")
def portrait(client: FaceClient) -> dict[str, Any]:
    (face,) = detect(client, pictures.portrait())
    return face


def test_a_good_portrait_has_one_good_face(portrait: dict[str, Any]) -> None:
    assert portrait["Confidence"] > 99
    assert not portrait["Sunglasses"]["Value"]
    assert portrait["Sunglasses"]["Confidence"] > 90
    assert portrait["EyesOpen"]["Value"]
    assert portrait["EyesOpen"]["Confidence"] > 90
    assert portrait["MouthOpen"]["Value"]
    assert portrait["Smile"]["Value"]
    assert not portrait["FaceOccluded"]["Value"]
    assert portrait["Quality"]["Sharpness"] > 35
    assert portrait["Quality"]["Brightness"] > 50
    assert all(abs(portrait["Pose"][turn]) < 15 for turn in ("Yaw", "Pitch", "Roll"))


def test_the_box_is_around_the_face(portrait: dict[str, Any]) -> None:
    box = portrait["BoundingBox"]
    assert box["Left"] == pytest.approx(80 / 256, abs=0.04)
    assert box["Top"] == pytest.approx(70 / 256, abs=0.04)
    assert box["Width"] == pytest.approx(92 / 256, abs=0.04)
    assert box["Height"] == pytest.approx(114 / 256, abs=0.04)


def test_landmarks_are_where_they_are_in_the_face(portrait: dict[str, Any]) -> None:
    points = {each["Type"]: (256 * each["X"], 256 * each["Y"]) for each in portrait["Landmarks"]}
    assert len(points) == 30
    assert points["eyeLeft"] == pytest.approx((107, 103), abs=3)
    assert points["eyeRight"] == pytest.approx((150, 105), abs=3)
    assert points["nose"] == pytest.approx((127, 124), abs=4)
    assert points["mouthLeft"] == pytest.approx((106, 143), abs=5)
    assert points["chinBottom"] == pytest.approx((126, 181), abs=6)


def test_attributes_come_as_asked_for(client: FaceClient) -> None:
    always = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    seen = {"Smile", "Sunglasses", "EyesOpen", "MouthOpen", "FaceOccluded"}
    guessed = {"AgeRange", "Beard", "Emotions", "EyeDirection", "Eyeglasses", "Gender", "Mustache"}
    data = as_jpeg(pictures.portrait())
    for asked, expected in [
        (["DEFAULT"], always),
        (["ALL"], always | seen | guessed),
        (["ALL", "DEFAULT"], always | seen | guessed),
        (["SUNGLASSES", "EYES_OPEN"], always | {"Sunglasses", "EyesOpen"}),
        (["AGE_RANGE", "GENDER", "EMOTIONS"], always | {"AgeRange", "Gender", "Emotions"}),
    ]:
        (face,) = detect(client, data, *asked)
        assert set(face) == expected
        assert len(face["Landmarks"]) == (30 if "ALL" in asked else 5)


def test_what_is_not_seen_is_no_surer_than_a_guess(client: FaceClient) -> None:
    (face,) = detect(client, pictures.portrait())

    for name in ("Beard", "Eyeglasses", "Mustache", "Gender", "EyeDirection"):
        assert face[name]["Confidence"] <= 50
    assert all(emotion["Confidence"] <= 50 for emotion in face["Emotions"])
    assert face["AgeRange"] == {"Low": 0, "High": 100}


@pytest.mark.parametrize(
    ("glass", "opacity"),
    [((10, 10, 10), 1.0), ((30, 25, 20), 0.95), ((70, 50, 40), 0.85), ((90, 90, 110), 0.85)],
    ids=["black", "nearly black", "brown", "light blue"],
)
def test_sunglasses_are_seen_and_the_eyes_behind_them_are_not(
    client: FaceClient, glass: pictures.Colour, opacity: float
) -> None:
    (face,) = detect(client, pictures.behind_sunglasses(glass, opacity))
    assert face["Sunglasses"]["Value"]
    assert face["Sunglasses"]["Confidence"] > 90
    assert face["EyesOpen"]["Confidence"] < 60
    assert face["FaceOccluded"]["Value"]


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        lambda picture: picture.point(lambda value: value // 3),
        lambda picture: picture.point(lambda value: min(value * 3 // 2, 255)),
        lambda picture: picture.resize((128, 128)),
        lambda picture: picture.rotate(15),
    ],
    ids=["mirrored", "dark", "bright", "small", "tilted"],
)
def test_sunglasses_and_bare_eyes_are_told_apart_in_any_light(
    client: FaceClient, change: Any
) -> None:
    (bare,) = detect(client, change(pictures.portrait()))
    (shaded,) = detect(client, change(pictures.behind_sunglasses()))
    assert not bare["Sunglasses"]["Value"]
    assert bare["EyesOpen"]["Value"]
    assert shaded["Sunglasses"]["Value"]


def test_closed_eyes_are_not_open(client: FaceClient) -> None:
    (face,) = detect(client, pictures.with_closed_eyes())
    assert not face["EyesOpen"]["Value"]
    assert not face["Sunglasses"]["Value"]


def test_clear_glasses_are_no_sunglasses_and_a_closed_mouth_no_smile(client: FaceClient) -> None:
    (face,) = detect(client, admiral())
    assert not face["Sunglasses"]["Value"]
    assert face["EyesOpen"]["Value"]
    assert not face["MouthOpen"]["Value"]
    assert not face["Smile"]["Value"]


def test_dark_and_blurred_pictures_lose_brightness_and_sharpness(
    client: FaceClient, portrait: dict[str, Any]
) -> None:
    (dark,) = detect(client, pictures.portrait().point(lambda value: value // 4))
    (blurred,) = detect(client, pictures.portrait().filter(ImageFilter.GaussianBlur(2)))
    assert dark["Quality"]["Brightness"] < portrait["Quality"]["Brightness"] / 3
    assert blurred["Quality"]["Sharpness"] < portrait["Quality"]["Sharpness"] / 2


@pytest.mark.parametrize("degrees", [-18, 18])
def test_a_tilted_face_rolls_with_its_picture(client: FaceClient, degrees: int) -> None:
    (face,) = detect(client, pictures.astronaut().rotate(-degrees), "DEFAULT")
    assert face["Pose"]["Roll"] == pytest.approx(degrees, abs=8)


def test_two_faces_are_two(client: FaceClient) -> None:
    assert len(detect(client, pictures.twins())) == 2


def test_a_page_of_a_book_has_no_face(client: FaceClient) -> None:
    assert detect(client, pictures.page()) == []


def test_a_small_face_in_a_large_picture_is_found(client: FaceClient) -> None:
    """40 pixels of 1920 are the least that Rekognition finds."""
    scene = Image.new("RGB", (1920, 1080), "gray")
    scene.paste(pictures.astronaut().resize((224, 224)), (1200, 500))
    (face,) = detect(client, scene)
    assert face["BoundingBox"]["Width"] * 1920 == pytest.approx(40, abs=4)
    assert face["BoundingBox"]["Left"] * 1920 == pytest.approx(1200 + 182 * 224 / 512, abs=5)


def test_a_jpeg_is_seen_as_its_exif_turns_it_and_a_png_as_it_is(client: FaceClient) -> None:
    sideways = pictures.portrait().transpose(Image.Transpose.ROTATE_90)
    (turned,) = detect(client, as_jpeg(sideways, orientation=6))
    assert abs(turned["Pose"]["Roll"]) < 10
    assert turned["BoundingBox"]["Top"] == pytest.approx(0.27, abs=0.04)
    exif = Image.Exif()
    exif[0x0112] = 3
    (upright,) = detect(client, as_png(pictures.portrait(), exif=exif))
    assert abs(upright["Pose"]["Roll"]) < 10


def test_the_largest_picture_takes_seconds(client: FaceClient) -> None:
    noise = Image.effect_noise((1024, 1024), 60).convert("RGB").resize((4096, 4096))
    noise.paste(pictures.astronaut().resize((2048, 2048)), (1024, 1024))
    started = time.process_time()
    assert len(detect(client, as_jpeg(noise), "DEFAULT")) == 1
    assert time.process_time() - started < 20


SAME_PERSON: dict[str, Callable[[], Image.Image]] = {
    "as it is": pictures.portrait,
    "half the size": lambda: pictures.portrait().resize((128, 128)),
    "mirrored": lambda: pictures.portrait().transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "cropped": lambda: pictures.portrait().crop((60, 40, 200, 210)),
    "more around": pictures.astronaut,
    "dark": lambda: pictures.portrait().point(lambda value: value // 3),
    "tilted": lambda: pictures.astronaut().rotate(15),
}


def test_the_same_person_is_found_and_no_other(people: FaceClient) -> None:
    index(people, pictures.portrait(), ExternalImageId="collins")
    found = {name: matches(people, picture()) for name, picture in SAME_PERSON.items()}
    assert {name for name, ratings in found.items() if ratings} == set(SAME_PERSON)
    assert matches(people, admiral()) == []
    assert matches(people, admiral(), FaceMatchThreshold=60.0) == []


def test_a_recompressed_picture_is_of_the_same_person(people: FaceClient) -> None:
    index(people, pictures.portrait())
    image = {"Bytes": pictures.as_jpeg(pictures.portrait(), quality=25)}
    answer = people("SearchFacesByImage", CollectionId=PEOPLE, Image=image)
    assert answer["FaceMatches"][0]["Similarity"] > 99


def test_a_person_among_others_is_the_most_similar(people: FaceClient) -> None:
    (known,) = index(people, admiral(), ExternalImageId="hopper")["FaceRecords"]
    index(people, pictures.portrait(), ExternalImageId="collins")
    image = {"Bytes": as_jpeg(admiral().transpose(Image.Transpose.FLIP_LEFT_RIGHT))}
    answer = people("SearchFacesByImage", CollectionId=PEOPLE, Image=image, FaceMatchThreshold=0.0)
    first, second = answer["FaceMatches"]
    assert first["Face"]["FaceId"] == known["Face"]["FaceId"]
    assert first["Similarity"] > 90
    assert second["Similarity"] < 60


def test_a_good_portrait_passes_every_quality_filter_but_the_highest_needs_light(
    people: FaceClient,
) -> None:
    for quality in ("NONE", "AUTO", "LOW", "MEDIUM", "HIGH"):
        assert len(index(people, pictures.portrait(), QualityFilter=quality)["FaceRecords"]) == 1
    dark = pictures.portrait().point(lambda value: value // 4)
    (left_out,) = index(people, dark, QualityFilter="HIGH")["UnindexedFaces"]
    assert "LOW_BRIGHTNESS" in left_out["Reasons"]


def test_calls_from_several_threads_do_not_mix(client: FaceClient) -> None:
    scenes = [pictures.portrait(), pictures.twins(), pictures.page(), admiral()]
    with ThreadPoolExecutor(len(scenes)) as pool:
        counts = list(pool.map(lambda scene: len(detect(client, scene, "DEFAULT")), scenes))
    assert counts == [1, 2, 0, 1]


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the photos in ../shared/faces")
@pytest.mark.parametrize(
    ("photo", "faces", "sunglasses"),
    [
        ("1_happy_face.jpg", 1, False),
        ("2_sunglass_face.jpg", 1, True),
        ("3_multiple_faces.jpg", 3, False),
        ("4_no_face.jpg", 0, False),
    ],
)
def test_the_photos_of_the_workshop_are_seen_as_they_are(
    client: FaceClient, photo: str, faces: int, sunglasses: bool
) -> None:
    found = detect(client, (SHARED / photo).read_bytes())
    assert len(found) == faces
    assert all(face["Sunglasses"]["Value"] is sunglasses for face in found)
    assert all(face["Sunglasses"]["Confidence"] > 90 for face in found)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the photos in ../shared/faces")
def test_the_people_of_the_workshop_are_different_people(people: FaceClient) -> None:
    for photo in sorted(SHARED.glob("*.jpg")):
        index(people, Image.open(photo), ExternalImageId=photo.name)
    assert people("DescribeCollection", CollectionId=PEOPLE)["FaceCount"] == 5
    happy = Image.open(SHARED / "1_happy_face.jpg")
    assert len(matches(people, happy.transpose(Image.Transpose.FLIP_LEFT_RIGHT))) == 1
    assert matches(people, pictures.portrait()) == []
