"""Rekognition refuses images that are damaged, too small or too large, with its own codes."""

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageStat

from local.services.rekognition.detect_text import Rekognition
from local.services.rekognition.submitted_image import decode_image
from local.services.service_error import ServiceError
from tests.local.services.engine_pages import as_jpeg, as_png, encoded, submit
from tests.local.services.engine_shapes import refusal

FIVE_MEGABYTES = 5 * 1024 * 1024
PICTURE = Image.linear_gradient("L").convert("RGB").resize((120, 90))
DETECT = Rekognition().detect_text


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


def is_dark_above_and_light_below(picture: Image.Image) -> bool:
    above, below = (ImageStat.Stat(picture.crop((0, top, 120, top + 10))) for top in (0, 80))
    return bool(max(above.mean) < 60 and min(below.mean) > 190)


@pytest.mark.parametrize(
    "data",
    [
        b"not an image",
        b"%PDF-1.7",
        *(encoded(PICTURE, each) for each in ("GIF", "WEBP", "BMP", "TIFF")),
        as_jpeg(PICTURE)[:-200],
        as_png(PICTURE)[:-60],
        as_jpeg(PICTURE)[:400] + b"garbage" * 100,
        as_png(PICTURE).replace(b"IDAT", b"IDAX"),
    ],
    ids=["text", "pdf", "gif", "webp", "bmp", "tiff", "cut jpeg", "cut png", "bad jpeg", "bad png"],
)
def test_only_whole_jpegs_and_pngs_are_taken(data: bytes) -> None:
    assert refusal(DETECT, submit(data)) == "InvalidImageFormatException"


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow goes on without it
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


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (as_jpeg(Image.new("RGB", (79, 400))), "InvalidParameterException"),
        (as_jpeg(Image.new("RGB", (400, 79))), "InvalidParameterException"),
        (png_header(10_001, 100), "ImageTooLargeException"),
        (png_header(100, 10_001), "ImageTooLargeException"),
        (png_header(60_000, 60_000), "ImageTooLargeException"),
    ],
)
def test_a_side_has_80_to_10000_pixels(image: bytes, code: str) -> None:
    assert refusal(DETECT, submit(image)) == code
    assert decode_image(as_jpeg(Image.new("RGB", (80, 80))), 1280).size == (80, 80)
    assert decode_image(as_png(Image.new("L", (10_000, 80))), 1280).width == 1280


def test_an_image_has_at_most_five_megabytes() -> None:
    assert refusal(DETECT, submit(b"x" * FIVE_MEGABYTES)) == "InvalidImageFormatException"
    assert refusal(DETECT, submit(b"x" * (FIVE_MEGABYTES + 1))) == "ValidationException"
    assert refusal(DETECT, submit(b"")) == "ValidationException"


def test_a_jpeg_is_turned_as_its_exif_says_and_a_png_is_not() -> None:
    on_its_side = PICTURE.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6

    turned = decode_image(as_jpeg(on_its_side, exif=exif), 1280)
    left_as_it_is = decode_image(as_png(PICTURE, exif=exif), 1280)

    assert turned.size == left_as_it_is.size == PICTURE.size
    assert is_dark_above_and_light_below(turned)
    assert is_dark_above_and_light_below(left_as_it_is)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1"])
def test_any_colour_mode_is_taken(mode: str) -> None:
    picture = decode_image(as_png(PICTURE.convert(mode)), 1280)

    assert picture.mode == "RGB"
    assert is_dark_above_and_light_below(picture)


def test_a_request_needs_the_bytes_of_an_image() -> None:
    assert refusal(DETECT, {}) == "ValidationException"
    assert refusal(DETECT, {"Image": {}}) == "InvalidParameterException"
    in_s3 = {"S3Object": {"Bucket": "media", "Name": "page.jpg"}}
    assert refusal(DETECT, {"Image": in_s3}) == "NotImplemented"
