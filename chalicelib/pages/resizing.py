"""Makes renditions: the page image in smaller sizes, for screens and lists."""

import io
from types import MappingProxyType
from typing import Final

import msgspec
from PIL import Image

from chalicelib.errors import RejectedError

SIZES: Final = {"large": 1920, "medium": 1080, "small": 480, "thumbnail": 160}
"""Pixels of the longer side, at most. Largest first: each is made from the one before."""

_FILTER: Final = Image.Resampling.BICUBIC
"""At most 1 dB worse than LANCZOS, also for text, in 70 % of its time; HAMMING loses over 2 dB."""

ENCODING: Final = MappingProxyType({"quality": 85, "optimize": True, "progressive": True})
"""Pillow's buffer for a progressive JPEG has a byte a pixel. Noise needs 0.9 at quality 85, and
too much at 90."""


class RenditionImage(msgspec.Struct, frozen=True):
    """A JPEG of the page: progressive, RGB, without metadata.

    Attributes:
        name: One of `SIZES`.
        width: In pixels.
        height: In pixels.
        content: The JPEG's bytes.
    """

    name: str
    width: int
    height: int
    content: bytes


def renditions_of(page: bytes) -> list[RenditionImage]:
    """Make all of `SIZES`, largest first; the same page always gives the same bytes.

    Never enlarges: a small page gets several renditions of its own size.

    Args:
        page: An upright JPEG that `photo.encoded` made.

    Raises:
        RejectedError: The bytes are no JPEG, or a damaged one.
    """
    try:
        original = Image.open(io.BytesIO(page), formats=["JPEG"])
        sizes = {name: _within(max_side, original.size) for name, max_side in SIZES.items()}
        image = _decoded(original, sizes["large"])
    except OSError as error:  # Pillow raises no other error for a damaged JPEG
        raise RejectedError(
            "This page's image is damaged or incomplete: send the photo again.",
            code="unreadable_image",
        ) from error
    contents = {image.size: _encoded(image)}
    for size in sizes.values():
        if size not in contents:
            image = image.resize(size, _FILTER)
            contents[size] = _encoded(image)
    return [RenditionImage(name, *size, contents[size]) for name, size in sizes.items()]


def _within(max_side: int, size: tuple[int, int]) -> tuple[int, int]:
    """The size scaled down to a longer side of at most `max_side`."""
    width, height = size
    longer = max(size)
    scaled = min(max_side, longer)
    return max(1, round(width * scaled / longer)), max(1, round(height * scaled / longer))


def _decoded(page: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The page at this size, RGB, without metadata."""
    # If a JPEG is at least twice as large, its decoder can give half the size or less, in half
    # the time. Its right and lower edges may then lie within a pixel: `box` says where.
    drafted = page.draft("RGB", size)
    box = drafted[1] if drafted else None
    image = page.resize(size, _FILTER, box)
    if image.mode != "RGB":  # `convert` would copy an RGB image
        image = image.convert("RGB")
    image.info = {}  # Pillow would write the JPEG's comment again
    return image


def _encoded(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "JPEG", **ENCODING)
    return target.getvalue()
