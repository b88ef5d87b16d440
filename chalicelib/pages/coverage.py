"""Looks for text that was not read: a hint to ask a second service, never a proof."""

import math
from typing import Final

from PIL import Image, ImageDraw

from chalicelib.pages.detection import TextDetection, lines, text_angle, words
from chalicelib.pages.strokes import letters_of_lines

_MIN_CONFIDENCE: Final = 60.0  # print is read with 90 and more, texture as text with less
_MIN_LETTERS: Final = 12.0  # a short line
_MIN_LETTERS_OF_LINE: Final = 7.0  # shorter ones are often a coast, a roof or a twig
_SIDE: Final = 1000  # of the copy, in pixels: type of 9 pixels has about 100 lines a page
_REDUCTIONS: Final = (1, 2, 4)  # of the copy: type of 9 to 80 pixels is found at one of them
_MIN_SIDE: Final = 32  # of a reduced copy
_MARGIN: Final = 0.2  # around words, in their heights: it spans the spaces between them
_LEVEL: Final = 1.5  # degrees that lines may lean
_HALF_QUARTER: Final = 45  # degrees: text is nearer to running down than across


def has_uncovered_text(page: Image.Image, detections: list[TextDetection]) -> bool:
    """Does the page seem to have a line of text, or more, where no word was read?

    Args:
        page: Upright, upside down or on its side; 12 megapixels take some 40 ms.
        detections: Of the page. Their lines say where text runs to; without any, it may run
            across the page or down.
    """
    copy = page.reduce(max(1, max(page.size) // _SIDE)).convert("L")
    copy.thumbnail((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    read = [found for found in detections if found.confidence >= _MIN_CONFIDENCE]
    unread = _unread(copy.size, read)
    angle = text_angle(read, page.width / page.height)
    angles = [angle] if lines(read) else [0.0, 90.0]
    return any(
        _has_line(_straightened(copy, angle), _straightened(unread, angle)) for angle in angles
    )


def _unread(size: tuple[int, int], read: list[TextDetection]) -> Image.Image:
    """White where no word was read."""
    unread = Image.new("L", size, "white")
    draw = ImageDraw.Draw(unread)
    for word in words(read):
        corners = [(corner.x * size[0], corner.y * size[1]) for corner in word.polygon]
        height = (math.dist(corners[0], corners[3]) + math.dist(corners[1], corners[2])) / 2
        draw.polygon(corners, fill="black")
        draw.line([*corners, corners[0]], "black", max(1, round(2 * _MARGIN * height)), "curve")
    return unread


def _straightened(image: Image.Image, angle: float) -> Image.Image:
    """Turned so that text runs across: to the right, or to the left."""
    if abs(angle % 180 - 90) < _HALF_QUARTER:
        image, angle = image.transpose(Image.Transpose.ROTATE_90), angle - 90
    lean = (angle + 90) % 180 - 90
    return image if abs(lean) < _LEVEL else image.rotate(lean, Image.Resampling.BILINEAR)


def _has_line(copy: Image.Image, unread: Image.Image) -> bool:
    for reduction in _REDUCTIONS:
        if min(copy.size) < _MIN_SIDE * reduction:
            break
        letters = 0.0
        for found in letters_of_lines(copy.reduce(reduction), unread):
            letters += found if found >= _MIN_LETTERS_OF_LINE else 0.0
            if letters >= _MIN_LETTERS:
                return True
    return False
