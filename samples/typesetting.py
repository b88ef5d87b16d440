"""Sets a text in a box: the largest type that fits, broken into lines between words."""

import re
import string
from dataclasses import dataclass

from PIL import ImageDraw, ImageFont

# What Pillow's built-in typeface (a subset of Aileron) can print; for anything else it
# draws a crossed box, which no reader could get right.
PRINTABLE = frozenset(string.ascii_letters + string.digits + string.punctuation + " \n“”‘’…")  # noqa: RUF001
LEADING = 1.4  # distance between baselines, in type sizes
PARAGRAPH_SPACE = 0.45  # extra space before a new paragraph, in type sizes
INK = (38, 34, 44)

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


@dataclass(frozen=True)
class Block:
    """Text that fits its box.

    Attributes:
        size: The type's size in pixels.
        lines: Each line, and its top edge's distance from the box's top in pixels.
    """

    size: int
    lines: tuple[tuple[str, int], ...]


def fit(text: str, width: int, height: int) -> Block:
    """Set a text as large as its box allows; each line is a paragraph.

    Raises:
        ValueError: The typeface lacks a character, or the text would become too small
            to read (under a sixtieth of the box's width).
    """
    missing = sorted(set(text) - PRINTABLE)
    if missing:
        raise ValueError(f"Pillow's built-in typeface cannot print {''.join(missing)!r}")
    for size in range(width // 26, width // 60, -2):
        block = _set(text, size, width)
        if block.lines[-1][1] + size * LEADING <= height:
            return block
    raise ValueError("this text is too long for one page")


def draw_block(draw: ImageDraw.ImageDraw, block: Block, left: int, top: int) -> None:
    font = ImageFont.load_default(size=block.size)
    for line, line_top in block.lines:
        draw.text((left, top + line_top), line, font=font, fill=INK)


def placed_words(block: Block, left: int, top: int) -> list[tuple[str, Box]]:
    """Each word that `draw_block` draws, and its box in pixels.

    As high as the letters of its line can be: Pillow leaves a fifth of the type size above them.
    """
    font = ImageFont.load_default(size=block.size)
    found = []
    for line, line_top in block.lines:
        above = top + line_top + 0.2 * block.size
        for word in re.finditer(r"\S+", line):
            start, end = (left + font.getlength(line[:at]) for at in word.span())
            found.append((word.group(), (start, above, end, above + block.size)))
    return found


def _set(text: str, size: int, width: int) -> Block:
    font = ImageFont.load_default(size=size)
    lines: list[tuple[str, int]] = []
    top = 0.0
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and font.getlength(longer) > width:
                lines.append((line, round(top)))
                top += size * LEADING
                line = word
            else:
                line = longer
        lines.append((line, round(top)))
        top += size * (LEADING + PARAGRAPH_SPACE)
    return Block(size, tuple(lines))
