"""Photos: checked, turned upright, cut and encoded. Pure."""

import io
import re
from typing import Final

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError, WebPImagePlugin

from chalicelib.errors import (
    InvalidRequestError,
    RejectedError,
    TooLargeError,
    UnsupportedTypeError,
)

# ISO 10918-1, table B.1. Within a scan, 0xFF is data when 0x00 follows, a restart when
# 0xD0 to 0xD7 does, and padding when another 0xFF does: anything else is a marker.
_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_SEGMENTS: Final = frozenset([*range(0xC0, 0xD0), *range(_SCAN, 0xF0), 0xFE])


def is_whole(jpeg: bytes) -> bool:
    """Does every marker make sense, from the first to an end that follows a scan?

    What cameras append after that end (a second picture, a maker's notes) does not matter.
    """
    position, scanned = 0, False
    while match := _MARKER.search(jpeg, position):
        marker, position = match[1][0], match.end()
        if marker == _END:
            return scanned
        if marker in _SEGMENTS:
            position += int.from_bytes(jpeg[position : position + 2])
        elif marker != _START:
            return False
        scanned = scanned or marker == _SCAN
    return False


MAX_PIXELS: Final = 100_000_000
"""More than any phone takes; a "decompression bomb" claims more and would exhaust memory."""

MIN_SIDE: Final = 80
"""Rekognition's minimum, in pixels (Rekognition guidelines and quotas)."""

_MAX_PAGE_SIDE: Final = 4096
_MAX_PAGE_BYTES: Final = 5_000_000
"""DetectText takes up to 5 MB as bytes (Rekognition guidelines and quotas)."""

_CONTENT_TYPES: Final = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG with a second picture, as many phones take them
    "PNG": "image/png",
    "GIF": "image/gif",
    WebPImagePlugin.WebPImageFile.format: "image/webp",
    "HEIF": "image/heic",
}

# Pixels are counted against MAX_PIXELS before any is decoded, with an answer of our own;
# Pillow's own guard would only warn at the figures in question.
Image.MAX_IMAGE_PIXELS = None


class Size(msgspec.Struct, frozen=True):
    """Width and height in pixels."""

    width: int
    height: int

    @property
    def aspect(self) -> float:
        return self.width / self.height


def checked_content_type(photo: bytes) -> str:
    """Decode a photo from its first byte to its last, and name its format.

    Raises:
        UnsupportedTypeError: The bytes are no image, or in a format that is not read here.
        InvalidRequestError: The image is damaged, incomplete or too small to read.
        TooLargeError: It has more than `MAX_PIXELS`.
    """
    image = _opened(photo)
    if min(image.size) < MIN_SIDE:
        raise InvalidRequestError(
            f"This image is {image.width} x {image.height} pixels; "
            f"it needs at least {MIN_SIDE} on each side.",
            code="image_too_small",
        )
    if _CONTENT_TYPES[image.format or ""] == "image/jpeg" and not is_whole(photo):
        raise _damaged()
    _decode(image)
    return _CONTENT_TYPES[image.format or ""]


def upright_page(photo: bytes) -> Image.Image:
    """The photo as its EXIF wants it shown: RGB, at most 4096 pixels a side, no metadata."""
    image = _opened(photo)
    largest = (_MAX_PAGE_SIDE, _MAX_PAGE_SIDE)
    image.draft("RGB", largest)  # a very large JPEG need not be unpacked at its full size
    _decode(image)
    if image.mode.startswith("I"):  # 16 bits of grey: `convert` would make all of it white
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode in {"1", "P"}:  # which cannot be made smaller smoothly
        image = image.convert("RGBA")
    # Smaller first: everything after this needs a copy of the pixels.
    image.thumbnail(largest, reducing_gap=2.0)
    ImageOps.exif_transpose(image, in_place=True)
    page = _on_white(image)
    page.info = {}
    return page


def turned(page: Image.Image, degrees: int) -> Image.Image:
    """The page turned clockwise by a multiple of 90 degrees."""
    transpositions = {
        90: Image.Transpose.ROTATE_270,  # Pillow turns counter-clockwise
        180: Image.Transpose.ROTATE_180,
        270: Image.Transpose.ROTATE_90,
    }
    turn = degrees % 360
    return page.transpose(transpositions[turn]) if turn else page


def encoded(page: Image.Image) -> bytes:
    """The page as a JPEG without metadata that DetectText takes in one request."""
    for quality in (90, 80, 65):
        target = io.BytesIO()
        page.save(target, "JPEG", quality=quality)
        if target.tell() <= _MAX_PAGE_BYTES:
            return target.getvalue()
    return encoded(page.reduce(2))


def size_of(page: Image.Image) -> Size:
    return Size(page.width, page.height)


def size_of_jpeg(picture: bytes) -> Size:
    """The size of a picture as `encoded` makes it, without decoding it."""
    return size_of(_opened(picture))


def cut_out(picture: bytes, square: tuple[int, int, int, int], side: int) -> bytes:
    """A square of a picture, at most `side` pixels wide, as a JPEG without metadata.

    Args:
        picture: A JPEG as `encoded` makes it.
        square: Left, top, right, bottom in pixels.
        side: Never enlarged to it.
    """
    image = _opened(picture)
    _decode(image)
    width = square[2] - square[0]
    shown = (min(side, width),) * 2
    cut = image.resize(shown, Image.Resampling.LANCZOS, box=square, reducing_gap=3.0)
    cut.info = {}
    return encoded(cut)


def _opened(photo: bytes) -> Image.Image:
    formats = ["JPEG", "PNG", "GIF", "WEBP"]
    if photo[4:8] == b"ftyp":  # HEIF's container: its codec is loaded for those who need it
        from pillow_heif import register_heif_opener  # noqa: PLC0415

        register_heif_opener()
        formats = ["HEIF"]
    try:
        image = Image.open(io.BytesIO(photo), formats=formats)
    except UnidentifiedImageError as error:
        raise UnsupportedTypeError(
            "This is not a photo that can be read: send a JPEG, PNG, WebP, HEIC or GIF image."
        ) from error
    except Exception as error:
        raise _damaged() from error
    if image.width * image.height > MAX_PIXELS:
        raise TooLargeError(
            f"This image is {image.width} x {image.height} pixels; "
            f"send one of at most {MAX_PIXELS // 10**6} megapixels.",
            code="too_many_pixels",
        )
    return image


def _decode(image: Image.Image) -> None:
    try:
        image.load()
    except MemoryError:
        raise
    except Exception as error:  # codecs raise OSError, SyntaxError, ValueError, EOFError, ...
        raise _damaged() from error


def _damaged() -> RejectedError:
    return InvalidRequestError(
        "This image is damaged or incomplete: send the photo again.", code="unreadable_image"
    )


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")
