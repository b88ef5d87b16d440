"""The local DetectText refuses what Rekognition refuses, with Rekognition's codes."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from local.services.rekognition.detect_text import Rekognition
from local.services.rekognition.submitted_image import LARGEST_OBJECT, decode_image
from local.services.service_error import ServiceError
from tests.local.services.engine_pages import as_jpeg, as_png, submit
from tests.local.services.engine_shapes import refusal

FIVE_MEGABYTES = 5 * 1024 * 1024
PICTURE = Image.linear_gradient("L").convert("RGB").resize((120, 90))


class Bucket:
    """S3 with one object in it, which remembers what it was asked for."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[tuple[str, str, str | None]] = []

    def read_object(self, bucket: str, key: str, version: str | None) -> bytes:
        self.asked.append((bucket, key, version))
        if key != "page.jpg":
            raise KeyError(key)
        return self.content


@pytest.fixture
def bucket() -> Bucket:
    return Bucket(as_jpeg(PICTURE))


@pytest.fixture
def rekognition(bucket: Bucket) -> Rekognition:
    return Rekognition(bucket.read_object)


def saved_as(image_format: str) -> bytes:
    file = io.BytesIO()
    PICTURE.save(file, image_format)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """The beginning of a PNG of any size, with next to no pixels in it."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    "data",
    [
        b"not an image",
        b"%PDF-1.7",
        saved_as("GIF"),
        saved_as("WEBP"),
        saved_as("BMP"),
        saved_as("TIFF"),
        as_jpeg(PICTURE)[:-200],
        as_png(PICTURE)[:-60],
        as_jpeg(PICTURE)[:400] + b"garbage" * 100,
        as_png(PICTURE).replace(b"IDAT", b"IDAX"),
    ],
    ids=["text", "pdf", "gif", "webp", "bmp", "tiff", "cut jpeg", "cut png", "bad jpeg", "bad png"],
)
def test_only_whole_jpegs_and_pngs_are_taken(rekognition: Rekognition, data: bytes) -> None:
    assert refusal(rekognition.detect_text, submit(data)) == "InvalidImageFormatException"


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # which Pillow then does without
@given(at=st.integers(2, 1_000), damage=st.binary(min_size=1, max_size=40), png=st.booleans())
@settings(max_examples=300, deadline=None)
def test_damage_anywhere_is_refused_or_harmless(at: int, damage: bytes, png: bool) -> None:
    whole = as_png(PICTURE) if png else as_jpeg(PICTURE)
    damaged = whole[:at] + damage + whole[at + len(damage) :]
    try:
        picture = decode_image(damaged, 1280)
    except ServiceError as error:
        assert error.code in {  # noqa: PT017
            "InvalidImageFormatException",
            "InvalidParameterException",
            "ImageTooLargeException",
        }
    else:
        assert picture.mode == "RGB"


@pytest.mark.parametrize("size", [(79, 400), (400, 79)])
def test_79_pixels_are_too_few(rekognition: Rekognition, size: tuple[int, int]) -> None:
    request = submit(as_jpeg(Image.new("RGB", size)))
    assert refusal(rekognition.detect_text, request) == "InvalidParameterException"


def test_80_pixels_are_enough() -> None:
    assert decode_image(as_jpeg(Image.new("RGB", (80, 80))), 1280).size == (80, 80)


@pytest.mark.parametrize("size", [(10_001, 100), (100, 10_001), (60_000, 60_000)])
def test_more_than_ten_thousand_pixels_are_too_many(
    rekognition: Rekognition, size: tuple[int, int]
) -> None:
    request = submit(png_header(*size))
    assert refusal(rekognition.detect_text, request) == "ImageTooLargeException"


def test_ten_thousand_pixels_are_not_too_many() -> None:
    assert decode_image(as_png(Image.new("L", (10_000, 80))), 1280).width == 1280


def test_bytes_stop_at_five_megabytes(rekognition: Rekognition) -> None:
    """The front door refuses more, before anybody looks at the image."""
    at_the_limit = submit(b"x" * FIVE_MEGABYTES)
    assert refusal(rekognition.detect_text, at_the_limit) == "InvalidImageFormatException"
    over_the_limit = submit(b"x" * (FIVE_MEGABYTES + 1))
    assert refusal(rekognition.detect_text, over_the_limit) == "ValidationException"
    assert refusal(rekognition.detect_text, submit(b"")) == "ValidationException"


def test_objects_stop_at_fifteen_megabytes(rekognition: Rekognition, bucket: Bucket) -> None:
    request = {"Image": {"S3Object": {"Bucket": "media", "Name": "page.jpg"}}}
    bucket.content = b"x" * LARGEST_OBJECT
    assert refusal(rekognition.detect_text, request) == "InvalidImageFormatException"
    bucket.content += b"x"
    assert refusal(rekognition.detect_text, request) == "ImageTooLargeException"


def test_an_object_is_asked_for_by_bucket_key_and_version(
    rekognition: Rekognition, bucket: Bucket
) -> None:
    bucket.content = b"not an image"
    where = {"Bucket": "media", "Name": "page.jpg"}
    refusal(rekognition.detect_text, {"Image": {"S3Object": where}})
    refusal(rekognition.detect_text, {"Image": {"S3Object": where | {"Version": "2"}}})
    assert bucket.asked == [("media", "page.jpg", None), ("media", "page.jpg", "2")]


def test_a_missing_object_is_refused(rekognition: Rekognition) -> None:
    request = {"Image": {"S3Object": {"Bucket": "media", "Name": "other.jpg"}}}
    assert refusal(rekognition.detect_text, request) == "InvalidS3ObjectException"


@pytest.mark.parametrize(
    "image",
    [
        {},
        {"Bytes": as_jpeg(PICTURE), "S3Object": {"Bucket": "media", "Name": "page.jpg"}},
        {"S3Object": {"Bucket": "media"}},
    ],
    ids=["neither", "both", "no key"],
)
def test_an_image_is_either_bytes_or_an_object(
    rekognition: Rekognition, image: dict[str, object]
) -> None:
    assert refusal(rekognition.detect_text, {"Image": image}) == "InvalidParameterException"


def test_a_request_without_an_image_is_refused(rekognition: Rekognition) -> None:
    assert refusal(rekognition.detect_text, {}) == "ValidationException"


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"WordFilter": {"MinConfidence": 101.0}}, "ValidationException"),
        ({"WordFilter": {"MinBoundingBoxHeight": -0.1}}, "ValidationException"),
        ({"RegionsOfInterest": [{"BoundingBox": {}}] * 11}, "ValidationException"),
        ({"RegionsOfInterest": [{}]}, "InvalidParameterException"),
        (
            {"RegionsOfInterest": [{"Polygon": [{"X": 0.0, "Y": 0.0}] * 2}]},
            "InvalidParameterException",
        ),
        (
            {"RegionsOfInterest": [{"Polygon": [{"X": 0.0, "Y": 0.0}] * 11}]},
            "InvalidParameterException",
        ),
    ],
)
def test_bad_filters_are_refused(
    rekognition: Rekognition, filters: dict[str, object], code: str
) -> None:
    request = submit(as_jpeg(PICTURE)) | {"Filters": filters}
    assert refusal(rekognition.detect_text, request) == code
