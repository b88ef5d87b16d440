"""Says why the words of a page could not be read, as advice to the person who sent the photo."""

import math
import statistics
from typing import Final

from PIL import Image, ImageChops, ImageDraw

from chalicelib.pages.detection import TextDetection, words
from chalicelib.pages.shades import shade

_DARK: Final = (
    "the photo is too dark: switch on a light or go near a window, and send another photo"
)
_SMALL: Final = (
    "its letters are too small: hold the camera nearer to the page, or send the photo in its "
    "full size"
)
_BLURRED: Final = (
    "the photo is blurred: hold the camera still, tap on the page to focus, and send another photo"
)
_PALE: Final = (
    "its letters are hardly darker or brighter than the paper: avoid glare and shadows, and send "
    "another photo"
)
_CLEAR: Final = (
    "the letters look clear, so they may be mirrored, handwritten or in a script that cannot be "
    "read: printed Latin, Cyrillic and Arabic letters can"
)

_TYPE: Final = 16  # the height of words on the measured copy, in its pixels
_SIDE: Final = 500  # of that copy, in pixels, if no word says how large type is
_MIN_TYPE: Final = 11.0  # the height of words, in pixels of the page: an "x" has half of them
_MIN_SIDE: Final = 600  # of the page, in pixels, if no word says how large type is
_MIN_LIGHT: Final = 80  # the shade of the brightest places: paper, or white letters
_MASKED_REST: Final = 0.01  # of the pixels of words: darker or brighter ones are noise
_REST: Final = 0.002  # of the pixels of a page, on which ink may be rare
_MIN_CONTRAST: Final = 40  # between ink and paper, in shades
_MIN_SHARPNESS: Final = 0.35  # of the contrast lies between two neighbouring pixels
_MIN_EVENNESS: Final = 0.7  # of the sharpness in two directions: motion blurs one of them


def why_illegible(page: Image.Image, detections: list[TextDetection]) -> str:
    """The most likely reason, and advice: completes "This page could not be read: ….".

    Args:
        page: As it was read; 12 megapixels take some 70 ms.
        detections: Of the page: even guessed words say where type is, and how large. Without
            any, the whole page is measured.
    """
    heights = [_height(word, page.size) for word in words(detections)]
    height = statistics.median(heights) if heights else None
    copy = _copy(page, _TYPE / max(height, 1.0) if height is not None else _SIDE / max(page.size))
    mask = _mask(copy.size, detections) if heights else None
    rest = _MASKED_REST if mask else _REST
    contrast = shade(copy, 1 - rest, mask) - shade(copy, rest, mask)
    steps = (1, 0), (0, 1), (1, 1), (-1, 1)
    right, down, falling, rising = (_steepest(copy, mask, *step) for step in steps)
    evenness = min(_evenness(right, down), _evenness(falling, rising))

    if shade(copy, 0.98) < _MIN_LIGHT:
        return _DARK
    if max(page.size) < _MIN_SIDE if height is None else height < _MIN_TYPE:
        return _SMALL
    if min(right, down, falling, rising) < _MIN_SHARPNESS * contrast:
        return _BLURRED
    if contrast < _MIN_CONTRAST:
        return _PALE
    return _BLURRED if evenness < _MIN_EVENNESS else _CLEAR


def why_none_found(page: Image.Image) -> str:
    """The reason for a page on which no text was found, with advice if the photo may hide some."""
    reason = why_illegible(page, [])
    advice = f"; if it has any, perhaps {reason}" if reason in {_DARK, _BLURRED} else ""
    return f"no text was found on this page{advice}"


def _height(word: TextDetection, size: tuple[int, int]) -> float:
    top, bottom = word.polygon[0], word.polygon[3]
    return math.hypot((top.x - bottom.x) * size[0], (top.y - bottom.y) * size[1])


def _copy(page: Image.Image, scale: float) -> Image.Image:
    """A grey copy, smaller by `scale`; never larger."""
    copy = page.reduce(max(1, int(1 / scale))).convert("L")
    longest = max(1, round(scale * max(page.size)))
    copy.thumbnail((longest, longest), Image.Resampling.BILINEAR)
    return copy


def _mask(size: tuple[int, int], detections: list[TextDetection]) -> Image.Image:
    """White where words are."""
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    for word in words(detections):
        draw.polygon([(at.x * size[0], at.y * size[1]) for at in word.polygon], fill="white")
    return mask


def _steepest(copy: Image.Image, mask: Image.Image | None, across: int, down: int) -> int:
    """The difference of neighbouring pixels at the steepest edges."""
    moved = copy.crop((across, down, copy.width + across, copy.height + down))
    return shade(ImageChops.difference(copy, moved), 0.995, mask)


def _evenness(one: int, other: int) -> float:
    return min(one, other) / max(one, other, 1)
