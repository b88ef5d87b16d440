"""Renditions: a page image at the sizes that screens and lists show it in."""

import io
from types import MappingProxyType
from typing import Final

import msgspec
from PIL import Image

from chalicelib.errors import RejectedError

SIZES: Final = {"large": 1920, "medium": 1080, "small": 480, "thumbnail": 160}
"""The most pixels of the longer side, largest first: each is made of the one before."""

_FILTER: Final = Image.Resampling.BICUBIC
"""Within 1 dB of what LANCZOS keeps, text included, in 70 % of its time; HAMMING loses over 2."""

ENCODING: Final = MappingProxyType({"quality": 85, "optimize": True, "progressive": True})
"""Pillow gives a progressive JPEG a byte a pixel: noise takes 0.9 at 85, and too many at 90."""


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

    None is larger than the page: a small page has several renditions of its own size.

    Args:
        page: A JPEG, upright, as `photo.encoded` makes it.

    Raises:
        RejectedError: The bytes are no JPEG, or a damaged one.
    """
    try:
        original = Image.open(io.BytesIO(page), formats=["JPEG"])
        sizes = {name: _within(longest, original.size) for name, longest in SIZES.items()}
        image = _decoded(original, sizes["large"])
    except OSError as error:  # Pillow's only one for JPEGs, whatever is wrong with them
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


def _within(longest: int, size: tuple[int, int]) -> tuple[int, int]:
    """The size at the same shape whose longer side is that at most; never an enlarged one."""
    width, height = size
    longer = max(size)
    scaled = min(longest, longer)
    return max(1, round(width * scaled / longer)), max(1, round(height * scaled / longer))


def _decoded(page: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The page at this size, RGB, without what it says of itself."""
    # A JPEG of at least twice the size comes out of its decoder at half the size (or less), in
    # half the time; its right and lower edges may then lie within a pixel, as the box tells.
    drafted = page.draft("RGB", size)
    box = drafted[1] if drafted else None
    image = page.resize(size, _FILTER, box)
    if image.mode != "RGB":  # else it would be copied
        image = image.convert("RGB")
    image.info = {}  # Pillow would write a comment again
    return image


def _encoded(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "JPEG", **ENCODING)
    return target.getvalue()
