import base64
import io
import random
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pillow_heif
import pytest
from PIL import Image, ImageColor

from chalicelib.errors import (
    InvalidRequestError,
    RejectedError,
    TooLargeError,
    UnsupportedTypeError,
)
from chalicelib.pages.decoding_memory import max_pixels
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


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_photo_that_was_sent_as_text_is_told_so(image_format: str) -> None:
    text = base64.b64encode(shaded(image_format))

    with pytest.raises(UnsupportedTypeError, match="in base64: send its bytes"):
        checked_content_type(b"\r\n" + text)
    with pytest.raises(UnsupportedTypeError, match="data: address: decode"):
        checked_content_type(b"data:image/png;base64," + text)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.98])
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_image_is_refused(image_format: str, keep: float) -> None:
    noise = Image.effect_noise((300, 200), 80)
    whole = image_bytes(noise, image_format)

    with pytest.raises(InvalidRequestError, match="damaged or incomplete"):
        checked_content_type(whole[: int(len(whole) * keep)])


def noise(image_format: str = "JPEG", **options: Any) -> bytes:
    """A file of the same noise each time: whether its last byte says anything is chance."""
    target = io.BytesIO()
    grey = random.Random("noise").randbytes(300 * 200)  # noqa: S311  # no secret
    Image.frombytes("L", (300, 200), grey).save(target, image_format, **options)
    return target.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_header_with_garbage_is_refused(progressive: bool) -> None:
    whole = noise(progressive=progressive)
    header = whole[: whole.index(b"\xff\xda") + 20]

    with pytest.raises(InvalidRequestError, match="damaged"):
        checked_content_type(header + bytes(range(7, 256)) * 20)


@pytest.mark.parametrize("missing", [2, 17, 500, 20_000])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"], ids=["cut-off", "end-marker-put-on"])
def test_a_jpeg_that_lacks_pixels_is_refused(end: bytes, progressive: bool, missing: int) -> None:
    cut_off = noise(progressive=progressive)[: -2 - missing] + end

    with pytest.raises(InvalidRequestError, match="damaged or incomplete"):
        checked_content_type(cut_off)


def noisy_pair(**options: Any) -> tuple[bytes, bytes]:
    """The two pictures of an MPO."""
    another = Image.new("L", (300, 200))
    pictures = noise("MPO", save_all=True, append_images=[another], **options)
    second = pictures.rindex(b"\xff\xd8\xff")
    return pictures[:second], pictures[second:]


@pytest.mark.parametrize("missing", [17, 500, 5_000])
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"], ids=["cut-off", "end-marker-put-on"])
@pytest.mark.parametrize("is_alone", [False, True])
def test_a_pair_whose_first_picture_lacks_pixels_is_refused(
    is_alone: bool, end: bytes, missing: int
) -> None:
    first, second = noisy_pair()
    cut_off = first[: -2 - missing] + end + (b"" if is_alone else second)

    with pytest.raises(InvalidRequestError, match="damaged or incomplete"):
        checked_content_type(cut_off)


def test_only_the_first_picture_of_a_pair_is_needed() -> None:
    first, second = noisy_pair()

    assert checked_content_type(first + second[:500]) == "image/jpeg"


def test_a_progressive_pair_takes_the_memory_of_a_progressive_jpeg() -> None:
    pair, single = (
        Image.open(io.BytesIO(each))
        for each in (noisy_pair(progressive=True)[0], noise(progressive=True))
    )

    assert (pair.format, single.format) == ("MPO", "JPEG")
    assert max_pixels(pair) == max_pixels(single)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.98])
@pytest.mark.parametrize("interlace", [0, 1])
@pytest.mark.parametrize("end", [b"", b";", b"\0;"], ids=["cut-off", "trailer", "whole-end"])
def test_a_gif_that_lacks_pixels_is_refused(end: bytes, interlace: int, share: float) -> None:
    whole = noise("GIF", interlace=interlace)
    blocks = list(blocks_of(whole))
    cut_off = whole[: blocks[int(share * len(blocks))]] + end

    assert checked_content_type(whole) == "image/gif"
    with pytest.raises(InvalidRequestError, match="damaged or incomplete"):
        checked_content_type(cut_off)


def blocks_of(gif: bytes) -> Iterator[int]:
    """Where each block of data of a GIF's only picture begins."""
    with Image.open(io.BytesIO(gif)) as image:
        position = image.tile[0].offset
    while size := gif[position]:
        yield position
        position += size + 1


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(
    ("before", "end"),
    [
        (b"", b""),
        (b"", b"\xff\xd9SEFH\x00\xff\x99 maker's notes"),
        (b"", b"\x00\x00SEFT a panorama without an end marker"),
        (b"", b"\xff\x33\xff\xd9"),
        (b"\r\n", b"\xff\xd9"),
    ],
    ids=["no-end-marker", "notes", "trailer", "unknown-marker", "newline-before"],
)
def test_a_jpeg_with_all_its_pixels_is_taken(before: bytes, end: bytes, progressive: bool) -> None:
    whole = noise(progressive=progressive)
    photo = before + whole[:-2] + end

    assert checked_content_type(photo) == "image/jpeg"
    assert upright_page(photo).tobytes() == upright_page(whole).tobytes()


def chunk(name: bytes, data: bytes, *, crc: int | None = None) -> bytes:
    checksum = zlib.crc32(name + data) if crc is None else crc
    return len(data).to_bytes(4) + name + data + checksum.to_bytes(4)


@pytest.mark.parametrize(
    "odd",
    [
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2_000_000))),
        chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(bytes(2_000_000))),
        chunk(b"tEXt", b"Comment\0" + b"x" * 2_000_000),
        chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(2_000_000))),
        chunk(b"iCCP", b"profile\0\0not compressed"),
        chunk(b"tEXt", b"Comment\0once", crc=1),
        chunk(b"eXIf", b"MM", crc=1),
    ],
    ids=["zTXt", "iTXt", "tEXt", "iCCP", "broken-iCCP", "checksum-of-text", "checksum-of-exif"],
)
def test_a_png_is_not_refused_for_its_metadata(odd: bytes) -> None:
    whole = image_bytes(Image.effect_noise((100, 100), 80), "PNG")
    header = whole.index(b"IDAT") - 4
    photo = whole[:header] + odd + whole[header:]

    assert checked_content_type(photo) == "image/png"
    assert upright_page(photo).tobytes() == upright_page(whole).tobytes()


def test_a_png_with_a_wrong_checksum_of_its_pixels_is_refused() -> None:
    photo = bytearray(image_bytes(Image.effect_noise((100, 100), 80), "PNG"))
    photo[photo.index(b"IDAT") + 100] ^= 1

    with pytest.raises(InvalidRequestError, match="damaged"):
        checked_content_type(bytes(photo))


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


@pytest.mark.prove  # it encodes 120 megapixels
def test_a_heic_is_as_large_as_its_pictures_are_coded() -> None:
    """The header says 100 x 100 pixels; decoding takes 120 million."""
    target = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (12_000, 10_000))).save(target, quality=1)
    size, other = (struct.pack(">II", *each) for each in ((12_000, 10_000), (100, 100)))
    assert target.getvalue().count(size) >= 1

    with pytest.raises(TooLargeError, match=r"has 120\.\d megapixels"):
        checked_content_type(target.getvalue().replace(size, other))


@pytest.mark.parametrize("at", [22, 23, 60, 70])
def test_a_heic_with_a_broken_description_is_refused(at: int) -> None:
    photo = bytearray(heic())
    start = photo.index(b"hvcC") + 4 + at
    photo[start : start + 8] = b"\xff" * 8

    with pytest.raises(RejectedError):
        checked_content_type(bytes(photo))


def test_an_image_of_80_pixels_is_enough() -> None:
    assert checked_content_type(jpeg(80, 80)) == "image/jpeg"


@pytest.mark.parametrize("size", [(79, 200), (200, 79)])
def test_an_image_under_80_pixels_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidRequestError, match="at least 80") as refused:
        checked_content_type(jpeg(*size))
    assert refused.value.code == "image_too_small"


@pytest.mark.parametrize("size", [(1080, 8641), (16_000, 300), (4097, 512)])
def test_a_long_screenshot_is_refused_for_its_shape(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidRequestError, match=f"{size[0]} x {size[1]} .* Cut it") as refused:
        checked_content_type(jpeg(*size))
    assert refused.value.code == "image_too_long"


@pytest.mark.parametrize("size", [(1080, 8640), (4096, 80)])
def test_a_longish_image_is_taken(size: tuple[int, int]) -> None:
    assert checked_content_type(jpeg(*size)) == "image/jpeg"


@pytest.mark.parametrize(("tag", "turn"), ORIENTATIONS.items())
def test_a_page_is_shown_as_its_exif_wants_it(tag: int, turn: int) -> None:
    upright = Image.open(io.BytesIO(jpeg(400, 300)))
    stored = image_bytes(upright.rotate(turn, expand=True), "JPEG", exif=tag)

    page = upright_page(stored)

    assert page.size == (400, 300)
    assert is_dark(page, (10, 10))
    assert not is_dark(page, (390, 290))


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("tag", "kind", "value"),
    [
        (0x011A, 10, struct.pack("<ii", -1, 72)),
        (0x011A, 5, struct.pack("<II", 1, 0)),
        (0x011A, 12, struct.pack("<d", float("nan"))),
        (0x011A, 99, b"????"),
        (0x010F, 3, struct.pack("<HH", 7, 0)),
        (0x8825, 4, struct.pack("<HHHI4sI", 1, 2, 10, 3, b"\xff" * 4, 0)),
    ],
    ids=["negative", "zero", "nan", "unknown-type", "make-is-a-number", "gps-is-elsewhere"],
)
def test_a_photo_is_turned_whatever_else_its_exif_says(
    tag: int, kind: int, value: bytes, image_format: str
) -> None:
    upright = Image.open(io.BytesIO(jpeg(400, 300)))
    target = io.BytesIO()
    exif = exif_of(6, tag, kind, value)
    upright.rotate(90, expand=True).save(target, image_format, exif=exif)

    page = upright_page(target.getvalue())

    assert page.size == (400, 300)
    assert is_dark(page, (10, 10))
    encoded(page)


def exif_of(orientation: int, tag: int, kind: int, value: bytes) -> bytes:
    """EXIF with one odd entry, which Pillow would not write."""
    inline = value if len(value) == 4 else struct.pack("<I", 8 + 2 + 2 * 12 + 4)
    entries = sorted([(0x0112, 3, struct.pack("<HH", orientation, 0)), (tag, kind, inline)])
    table = b"".join(struct.pack("<HHI4s", *entry[:2], 1, entry[2]) for entry in entries)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + table + bytes(4) + value


def test_colours_are_those_of_srgb() -> None:
    """Phones photograph in Display P3: its red is another one than that of sRGB."""
    target = io.BytesIO()
    p3_red = (234, 51, 35)  # sRGB's red, written in Display P3
    Image.new("RGB", (100, 100), p3_red).save(target, "JPEG", quality=95, icc_profile=display_p3())

    red, green, blue = upright_page(target.getvalue()).getpixel((50, 50))  # type: ignore[misc]

    assert red > 250
    assert max(green, blue) < 8


def display_p3() -> bytes:
    """A profile with the primaries of Display P3 (adapted to D50) and a gamma of 2.2."""

    def fixed(*values: float) -> bytes:
        return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))

    xyz = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
        b"wtpt": (0.96420, 1.0, 0.82491),
    }
    gamma = b"curv" + bytes(4) + struct.pack(">IHH", 1, round(2.2 * 256), 0)
    data = {name: b"XYZ " + bytes(4) + fixed(*values) for name, values in xyz.items()}
    data |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma)
    place = 128 + 4 + 12 * len(data)
    table = struct.pack(">I", len(data))
    for name, each in data.items():
        table += name + struct.pack(">II", place, len(each))
        place += len(each)
    header = struct.pack(">I4s4s4s4s4s", place, b"", b"\2\x40\0\0", b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1.0, 0.82491)
    return header.ljust(128, b"\0") + table + b"".join(data.values())


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_profile_that_does_not_fit_is_ignored(mode: str) -> None:
    target = io.BytesIO()
    Image.new(mode, (100, 100)).save(target, "JPEG", icc_profile=b"no profile")

    assert upright_page(target.getvalue()).mode == "RGB"


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


@pytest.mark.parametrize(
    ("ink", "paper"), [("white", "black"), ("black", "white"), ("red", "white")]
)
def test_letters_on_nothing_get_a_paper_on_which_they_can_be_read(ink: str, paper: str) -> None:
    letters = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    letters.paste(ink, (40, 40, 60, 60))

    page = upright_page(image_bytes(letters, "PNG"))

    colours = [page.getpixel(place) for place in ((50, 50), (10, 10))]
    assert colours == [ImageColor.getrgb(ink), ImageColor.getrgb(paper)]


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
