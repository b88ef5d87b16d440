"""The local Rekognition looks at real pictures of faces, with the real engine."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFilter

from local.demo import pictures_of_faces as pictures
from local.engines.face_reader import FaceReader, ReadFace, face_reader
from local.services.rekognition.face_recognition import FaceRecognition
from tests.local.services.engine_pages import as_jpeg, as_png
from tests.local.services.faces import FaceClient, admiral

pytestmark = [pytest.mark.engines, pytest.mark.xdist_group("faces")]

SHARED = Path(__file__).parents[4] / "shared" / "faces"
PEOPLE = "people"
SMALL = (128, 128)
"""Each detection takes four times as long in a picture of twice this size."""


class RememberingReader(FaceReader):
    """The engine of this process, which looks at each picture only once."""

    def __init__(self) -> None:
        super().__init__(lambda: face_reader()._models)
        self._seen: dict[bytes, list[ReadFace]] = {}

    def read(self, picture: Image.Image) -> list[ReadFace]:
        key = picture.tobytes()
        if key not in self._seen:
            self._seen[key] = super().read(picture)
        return self._seen[key]


CLIENT = FaceClient(FaceRecognition(RememberingReader()))


def detect(picture: Image.Image | bytes) -> list[dict[str, Any]]:
    data = picture if isinstance(picture, bytes) else as_jpeg(picture)
    details: list[dict[str, Any]] = CLIENT(
        "DetectFaces", Image={"Bytes": data}, Attributes=["DEFAULT", "SUNGLASSES", "EYES_OPEN"]
    )["FaceDetails"]
    return details


def only_face(picture: Image.Image | bytes) -> dict[str, Any]:
    (face,) = detect(picture)
    return face


def bare() -> Image.Image:
    return pictures.portrait().resize(SMALL)


def shaded(glass: pictures.Colour = (30, 25, 20), opacity: float = 0.95) -> Image.Image:
    return pictures.behind_sunglasses(glass, opacity).resize(SMALL)


def portrait() -> dict[str, Any]:
    return only_face(pictures.portrait())


def test_a_good_portrait_has_one_good_face() -> None:
    assert portrait()["Confidence"] > 99
    assert not portrait()["Sunglasses"]["Value"]
    assert portrait()["Sunglasses"]["Confidence"] > 90
    assert portrait()["EyesOpen"]["Value"]
    assert portrait()["EyesOpen"]["Confidence"] > 90
    assert portrait()["Quality"]["Sharpness"] > 35
    assert portrait()["Quality"]["Brightness"] > 50
    assert all(abs(portrait()["Pose"][turn]) < 15 for turn in ("Yaw", "Pitch", "Roll"))


def test_box_and_landmarks_are_where_the_face_is() -> None:
    box = {side: 256 * ratio for side, ratio in portrait()["BoundingBox"].items()}
    points = {each["Type"]: (256 * each["X"], 256 * each["Y"]) for each in portrait()["Landmarks"]}

    assert box == pytest.approx({"Left": 80, "Top": 70, "Width": 92, "Height": 114}, abs=10)
    assert set(points) == {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"}
    assert points["eyeLeft"] == pytest.approx((107, 103), abs=3)
    assert points["eyeRight"] == pytest.approx((150, 105), abs=3)
    assert points["nose"] == pytest.approx((127, 124), abs=4)
    assert points["mouthLeft"] == pytest.approx((106, 143), abs=5)


@pytest.mark.parametrize(
    ("glass", "opacity"),
    [((10, 10, 10), 1.0), ((70, 50, 40), 0.85), ((90, 90, 110), 0.85)],
    ids=["black", "brown", "light blue"],
)
def test_sunglasses_are_seen_and_the_eyes_behind_them_are_not(
    glass: pictures.Colour, opacity: float
) -> None:
    face = only_face(shaded(glass, opacity))

    assert face["Sunglasses"]["Value"]
    assert face["Sunglasses"]["Confidence"] > 90
    assert face["EyesOpen"]["Confidence"] < 60


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        lambda picture: picture.point(lambda value: value // 3),
        lambda picture: picture.point(lambda value: min(value * 3 // 2, 255)),
        lambda picture: picture.rotate(15),
    ],
    ids=["mirrored", "dark", "bright", "tilted"],
)
def test_sunglasses_and_bare_eyes_are_told_apart_in_any_light(change: Any) -> None:
    eyes, glasses = only_face(change(bare())), only_face(change(shaded()))

    assert not eyes["Sunglasses"]["Value"]
    assert eyes["EyesOpen"]["Value"]
    assert glasses["Sunglasses"]["Value"]


def test_closed_eyes_are_not_open_and_clear_glasses_are_no_sunglasses() -> None:
    closed = only_face(pictures.with_closed_eyes().resize(SMALL))
    clear = only_face(admiral().resize((256, 300)))

    assert not closed["EyesOpen"]["Value"]
    assert clear["EyesOpen"]["Value"]
    assert not closed["Sunglasses"]["Value"]
    assert not clear["Sunglasses"]["Value"]


def test_dark_and_blurred_pictures_lose_brightness_and_sharpness() -> None:
    dark = only_face(bare().point(lambda value: value // 4))
    blurred = only_face(bare().filter(ImageFilter.GaussianBlur(1)))

    assert dark["Quality"]["Brightness"] < portrait()["Quality"]["Brightness"] / 3
    assert blurred["Quality"]["Sharpness"] < only_face(bare())["Quality"]["Sharpness"] / 2


@pytest.mark.parametrize("degrees", [-18, 18])
def test_a_tilted_face_rolls_with_its_picture(degrees: int) -> None:
    tilted = pictures.astronaut().rotate(-degrees).crop((96, 0, 352, 256)).resize(SMALL)

    assert only_face(tilted)["Pose"]["Roll"] == pytest.approx(degrees, abs=8)


def test_a_small_face_in_a_large_picture_is_found() -> None:
    """40 pixels of 1920 are the least that Rekognition finds."""
    scene = Image.new("RGB", (1920, 1080), "gray")
    scene.paste(pictures.astronaut().resize((224, 224)), (1200, 500))

    face = only_face(scene)

    assert face["BoundingBox"]["Width"] * 1920 == pytest.approx(40, abs=4)
    assert face["BoundingBox"]["Left"] * 1920 == pytest.approx(1200 + 182 * 224 / 512, abs=5)


def test_a_jpeg_is_seen_as_its_exif_turns_it_and_a_png_as_it_is() -> None:
    sideways = bare().transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 3

    turned = only_face(as_jpeg(sideways, orientation=6))
    upright = only_face(as_png(bare(), exif=exif))

    assert abs(turned["Pose"]["Roll"]) < 10
    assert turned["BoundingBox"]["Top"] == pytest.approx(0.27, abs=0.04)
    assert abs(upright["Pose"]["Roll"]) < 10


def test_calls_from_several_threads_do_not_mix() -> None:
    """Also: two faces are two, and a page of a book has none."""
    scenes = [bare(), pictures.twins().resize((256, 128)), pictures.page().resize((480, 360))]

    with ThreadPoolExecutor(len(scenes)) as pool:
        faces = list(pool.map(detect, scenes))

    assert [len(each) for each in faces] == [1, 2, 0]


def tilted() -> Image.Image:
    return pictures.astronaut().rotate(15).crop((60, 0, 380, 320)).resize((160, 160))


def recompressed() -> Image.Image:
    return Image.open(io.BytesIO(pictures.as_jpeg(bare(), quality=25)))


SAME_PERSON: dict[str, Callable[[], Image.Image]] = {
    "as it is": pictures.portrait,
    "mirrored": lambda: bare().transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "cropped": lambda: pictures.portrait().crop((60, 40, 200, 210)),
    "more around": lambda: pictures.astronaut().resize((256, 256)),
    "dark": lambda: bare().point(lambda value: value // 3),
    "tilted": tilted,
    "recompressed": recompressed,
}


def index(picture: Image.Image | bytes, collection: str = PEOPLE) -> list[str]:
    image = {"Bytes": picture if isinstance(picture, bytes) else as_jpeg(picture)}
    records = CLIENT("IndexFaces", CollectionId=collection, Image=image)["FaceRecords"]
    return [record["Face"]["FaceId"] for record in records]


def search(
    picture: Image.Image | bytes, threshold: float, collection: str = PEOPLE
) -> dict[str, float]:
    """The similarities of the matches by their ids, the most similar first."""
    image = {"Bytes": picture if isinstance(picture, bytes) else as_jpeg(picture)}
    request = {"CollectionId": collection, "Image": image, "FaceMatchThreshold": threshold}
    matches = CLIENT("SearchFacesByImage", **request)["FaceMatches"]
    return {match["Face"]["FaceId"]: match["Similarity"] for match in matches}


@pytest.fixture(scope="module")
def known() -> list[str]:
    """The ids of two people's faces in a collection: Collins and Hopper."""
    CLIENT("CreateCollection", CollectionId=PEOPLE)
    return [*index(bare()), *index(admiral().resize((256, 300)))]


@pytest.mark.parametrize("name", SAME_PERSON)
def test_the_same_person_is_found_and_no_other(known: list[str], name: str) -> None:
    """The app asks for a similarity of 90; another person does not come near it."""
    found = search(SAME_PERSON[name](), threshold=0.0)

    assert list(found) == known
    assert found[known[0]] > 90
    assert found[known[1]] < 60


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
    photo: str, faces: int, sunglasses: bool
) -> None:
    found = detect((SHARED / photo).read_bytes())

    assert len(found) == faces
    assert all(face["Sunglasses"]["Value"] is sunglasses for face in found)
    assert all(face["Sunglasses"]["Confidence"] > 90 for face in found)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the photos in ../shared/faces")
def test_the_people_of_the_workshop_are_different_people() -> None:
    CLIENT("CreateCollection", CollectionId="workshop")
    for photo in sorted(SHARED.glob("*.jpg")):
        index(photo.read_bytes(), "workshop")
    happy = (SHARED / "1_happy_face.jpg").read_bytes()

    found = [search(photo, 90.0, "workshop") for photo in (happy, bare())]

    assert CLIENT("DescribeCollection", CollectionId="workshop")["FaceCount"] == 5
    assert [len(matches) for matches in found] == [1, 0]
