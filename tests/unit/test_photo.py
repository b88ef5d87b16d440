import io
import struct
import zlib

import pillow_heif
import pytest
from PIL import Image

from chalicelib.errors import (
    InvalidRequestError,
    RejectedError,
    TooLargeError,
    UnsupportedTypeError,
)
from chalicelib.pages.photo import checked_content_type, encoded, turned, upright_page
from tests.fakes.builders import encoded as image_bytes
from tests.fakes.builders import jpeg

ORIENTATIONS = {1: 0, 3: 180, 6: 90, 8: 270}  # EXIF tag -> how far the stored pixels are turned


def is_dark(page: Image.Image, place: tuple[int, int]) -> bool:
    return page.convert("L").crop((*place, place[0] + 1, place[1] + 1)).tobytes()[0] < 60


def shaded(image_format: str, mode: str = "RGB") -> bytes:
    return image_bytes(Image.new(mode, (200, 100)), image_format)


def heic() -> bytes:
    target = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (200, 100), "red")).save(target)
    return target.getvalue()


def enormous_png() -> bytes:
    """A few dozen bytes that claim to be 20,000 x 20,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0"))


@pytest.mark.parametrize(
    ("photo", "content_type"),
    [
        (shaded("JPEG"), "image/jpeg"),
        (shaded("PNG"), "image/png"),
        (shaded("GIF"), "image/gif"),
        (shaded("WEBP"), "image/webp"),
        (heic(), "image/heic"),
    ],
    ids=["jpeg", "png", "gif", "webp", "heic"],
)
def test_every_format_that_phones_send_is_known_by_its_bytes(
    photo: bytes, content_type: str
) -> None:
    assert checked_content_type(photo) == content_type


@pytest.mark.parametrize(
    "photo",
    [
        b"Once upon a time",
        b"<!doctype html><html></html>",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"PK\x03\x04" + bytes(100),
        b"\xff\xd8\xff",
        shaded("TIFF"),
        shaded("BMP"),
    ],
    ids=["text", "html", "pdf", "zip", "jpeg-marker-only", "tiff", "bmp"],
)
def test_a_file_that_is_no_photo_is_an_unsupported_type(photo: bytes) -> None:
    with pytest.raises(UnsupportedTypeError, match="JPEG, PNG"):
        checked_content_type(photo)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.98])
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_image_is_refused(image_format: str, keep: float) -> None:
    noise = Image.effect_noise((300, 200), 80)
    whole = image_bytes(noise, image_format)

    with pytest.raises(InvalidRequestError, match="damaged or incomplete"):
        checked_content_type(whole[: int(len(whole) * keep)])


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("garbage", [b"\xa5" * 5000, bytes(range(7, 256)) * 20])
def test_a_jpeg_header_with_garbage_is_refused(garbage: bytes, progressive: bool) -> None:
    target = io.BytesIO()
    Image.effect_noise((300, 200), 80).save(target, "JPEG", progressive=progressive)
    whole = target.getvalue()
    header = whole[: whole.index(b"\xff\xda") + 20]
    assert checked_content_type(whole) == "image/jpeg"

    with pytest.raises(InvalidRequestError, match="damaged"):
        checked_content_type(header + garbage)


def test_bytes_after_a_jpeg_are_ignored() -> None:
    assert checked_content_type(jpeg() + b"SEFH\x00\xff\x99 maker's notes") == "image/jpeg"


def test_a_photo_of_a_dual_camera_is_a_jpeg() -> None:
    target = io.BytesIO()
    first, second = Image.new("RGB", (200, 100)), Image.new("RGB", (200, 100), "red")
    first.save(target, "MPO", save_all=True, append_images=[second])

    assert checked_content_type(target.getvalue()) == "image/jpeg"


def test_a_damaged_heic_is_refused() -> None:
    with pytest.raises(RejectedError):
        checked_content_type(heic()[:150])


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TooLargeError, match="at most 100 megapixels"):
        checked_content_type(enormous_png())


def test_an_image_of_80_pixels_is_enough() -> None:
    assert checked_content_type(jpeg(80, 80)) == "image/jpeg"


@pytest.mark.parametrize("size", [(79, 200), (200, 79)])
def test_an_image_under_80_pixels_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidRequestError, match="at least 80") as refused:
        checked_content_type(jpeg(*size))
    assert refused.value.code == "image_too_small"


@pytest.mark.parametrize(("tag", "turn"), ORIENTATIONS.items())
def test_a_page_is_shown_as_its_exif_wants_it(tag: int, turn: int) -> None:
    upright = Image.open(io.BytesIO(jpeg(400, 300)))
    stored = image_bytes(upright.rotate(turn, expand=True), "JPEG", exif=tag)

    page = upright_page(stored)

    assert page.size == (400, 300)
    assert is_dark(page, (10, 10))
    assert not is_dark(page, (390, 290))


def test_a_palette_becomes_colours() -> None:
    palette = image_bytes(Image.new("RGB", (200, 100), "red").quantize(4), "PNG")

    assert upright_page(palette).getpixel((50, 50)) == (255, 0, 0)


@pytest.mark.parametrize("tag", [None, 1, 6])
def test_nothing_of_the_cameras_notes_reaches_the_page(tag: int | None) -> None:
    image = Image.open(io.BytesIO(jpeg(exif=tag)))
    image.info["comment"] = b"at home"
    commented = image_bytes(image, "JPEG", exif=tag)

    page = encoded(upright_page(commented))

    assert not Image.open(io.BytesIO(page)).getexif()
    assert b"camera" not in page
    assert b"at home" not in page


def test_a_transparent_page_is_put_on_white() -> None:
    clear = image_bytes(Image.new("RGBA", (100, 100), (0, 0, 0, 0)), "PNG")

    assert upright_page(clear).getpixel((50, 50)) == (255, 255, 255)


def test_a_very_large_page_becomes_smaller() -> None:
    page = upright_page(jpeg(6000, 3000))

    assert page.size == (4096, 2048)


def test_a_page_always_fits_detect_text() -> None:
    noise = Image.effect_noise((4096, 4096), 120).convert("RGB")

    assert len(encoded(noise)) <= 5_000_000


@pytest.mark.parametrize(
    ("degrees", "dark_corner"),
    [(0, (10, 10)), (90, (290, 10)), (180, (390, 290)), (270, (10, 390))],
)
def test_a_page_turns_clockwise(degrees: int, dark_corner: tuple[int, int]) -> None:
    page = turned(upright_page(jpeg(400, 300)), degrees)

    assert is_dark(page, dark_corner)


def test_a_picture_of_16_bits_of_grey_keeps_its_shades() -> None:
    shades = Image.new("I;16", (256, 100))
    shades.putdata([column * 257 for column in range(256)] * 100)

    page = upright_page(image_bytes(shades, "PNG"))

    assert [page.getpixel((column, 50)) for column in (0, 128, 255)] == [
        (0, 0, 0),
        (128, 128, 128),
        (255, 255, 255),
    ]
