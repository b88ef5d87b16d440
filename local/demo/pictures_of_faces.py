"""Pictures with a face and without, for the demo and the tests (see samples/README.md)."""

import io
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

_SAMPLES: Final = Path(__file__).resolve().parents[2] / "samples"

_HEAD_AND_SHOULDERS: Final = (96, 0, 352, 256)
_EYES: Final = ((203.0, 103.0), (246.0, 105.0))
"""Their middles in the whole photo, in pixels."""
_SMOOTH: Final = 4

Colour = tuple[int, int, int]


def astronaut() -> Image.Image:
    """The whole photo: 512 x 512, one face of some 95 x 115 pixels."""
    return Image.open(_SAMPLES / "astronaut.jpg")


def portrait() -> Image.Image:
    """Head and shoulders: 256 x 256; one face, frontal, open-eyed, sharp and bright."""
    return astronaut().crop(_HEAD_AND_SHOULDERS)


def twins() -> Image.Image:
    """The portrait twice, side by side: 512 x 256, two faces."""
    one = portrait()
    both = Image.new("RGB", (2 * one.width, one.height))
    both.paste(one, (0, 0))
    both.paste(one, (one.width, 0))
    return both


def behind_sunglasses(glass: Colour = (30, 25, 20), opacity: float = 0.95) -> Image.Image:
    """The portrait with sunglasses drawn on.

    Args:
        glass: The colour of the glasses.
        opacity: Of the glasses, from 0 to 1.
    """
    whole = astronaut()
    mask = Image.new("L", (whole.width * _SMOOTH, whole.height * _SMOOTH))
    draw = ImageDraw.Draw(mask)
    shade = round(255 * opacity)
    (left, top), (right, bottom) = _EYES
    span = right - left
    for x, y in _EYES:
        _ellipse(draw, (x, y + 0.06 * span), (0.42 * span, 0.32 * span), shade)
    bars = [(left, right), (left - 0.75 * span, left), (right, right + 0.75 * span)]
    for start, end in bars:
        height = (top + bottom) / 2 - 0.05 * span
        line = [(_SMOOTH * start, _SMOOTH * height), (_SMOOTH * end, _SMOOTH * height)]
        draw.line(line, fill=shade, width=round(0.07 * span * _SMOOTH))
    mask = mask.resize(whole.size, Image.Resampling.LANCZOS)
    return Image.composite(Image.new("RGB", whole.size, glass), whole, mask).crop(
        _HEAD_AND_SHOULDERS
    )


def with_closed_eyes() -> Image.Image:
    """The portrait with lids drawn over the eyes, as well as a program can."""
    whole = astronaut()
    size = (whole.width * _SMOOTH, whole.height * _SMOOTH)
    large = whole.resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(large)
    span = _EYES[1][0] - _EYES[0][0]
    for x, y in _EYES:
        skin = whole.getpixel((round(x), round(y + 0.22 * span)))
        _ellipse(draw, (x, y), (0.24 * span, 0.13 * span), skin)
        lashes = [x - 0.22 * span, y - 0.01 * span, x + 0.22 * span, y + 0.11 * span]
        draw.arc([_SMOOTH * side for side in lashes], 0, 180, fill=(60, 45, 40), width=_SMOOTH)
    return large.resize(whole.size, Image.Resampling.LANCZOS).crop(_HEAD_AND_SHOULDERS)


def page() -> Image.Image:
    """A page of a book: no face."""
    return Image.open(_SAMPLES / "page.jpg").convert("RGB")


def as_jpeg(picture: Image.Image, quality: int = 90) -> bytes:
    """The file of a picture, as a camera would give it."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _ellipse(
    draw: ImageDraw.ImageDraw,
    middle: tuple[float, float],
    radii: tuple[float, float],
    fill: int | float | tuple[int, ...] | None,
) -> None:
    (x, y), (across, down) = middle, radii
    box = [x - across, y - down, x + across, y + down]
    draw.ellipse([_SMOOTH * side for side in box], fill=fill)
