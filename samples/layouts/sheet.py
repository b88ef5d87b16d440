"""Sets words on a flat sheet, and keeps where each one stands, what is spoken and what is not."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from chalicelib.pages.skipping import SkipReason
from samples.draw_page import PAPER
from samples.typesetting import INK, PRINTABLE

SIZE = 34  # of most type, in pixels
LEADING = 1.35  # distance between rows, in type sizes
_SPACE = 0.26  # between words, in type sizes
_LETTER = 0.5  # mean width where no font can measure it, in type sizes

Room = Callable[[float], tuple[float, float]]
"""The left end and the width, in pixels, of the row with its top at this height."""


@dataclass(frozen=True)
class PlacedWord:
    """A word and its box in pixels."""

    text: str
    left: float
    top: float
    right: float
    size: float


@dataclass
class Sheet:
    """A flat sheet of paper.

    Attributes:
        width: In pixels.
        height: In pixels.
        lines: The words of each line, as a person sees lines.
        spoken: The paragraphs that are read aloud, in order.
        skipped: What is left out, and why.
        pictures: Left, top, right, bottom in pixels.
    """

    width: int
    height: int
    rng: random.Random
    lines: list[list[PlacedWord]] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    skipped: list[tuple[SkipReason, str]] = field(default_factory=list)
    pictures: list[tuple[float, float, float, float]] = field(default_factory=list)

    def row(self, text: str, left: float, top: float, size: float = SIZE) -> float:
        """Place one line, and return its right end. It is neither spoken nor skipped yet."""
        line = []
        for word in text.split():
            right = left + _width(word, size)
            line.append(PlacedWord(word, left, top, right, size))
            left = right + _SPACE * size
        self.lines.append(line)
        return line[-1].right

    def centred(self, text: str, middle: float, top: float, size: float = SIZE) -> float:
        """Place one line around `middle`, and return its right end."""
        return self.row(text, middle - _text_width(text, size) / 2, top, size)

    def column(
        self,
        paragraphs: Sequence[str],
        left: float,
        top: float,
        width: float,
        *,
        size: float = SIZE,
        indent: float = 0.0,
        gap: float = 0.5,
        room: Room | None = None,
        divides: bool = False,
    ) -> float:
        """Place paragraphs that are spoken; return where the next row may begin.

        Args:
            paragraphs: Their texts.
            left: The left end of the rows.
            top: Of the first row.
            width: Of the rows.
            size: Of the type.
            indent: Of a paragraph's first row, in type sizes.
            gap: Between paragraphs, in rows.
            room: Where rows are narrower than the column.
            divides: Long words are divided at the ends of rows.
        """
        self.spoken += paragraphs
        for paragraph in paragraphs:
            row_left, row_width = room(top) if room else (left, width)
            shift = indent * size
            row: list[str] = []
            for word in paragraph.split():
                space = row_width - shift
                if row and _text_width(" ".join([*row, word]), size) > space:
                    rest = word
                    half = len(word) // 2
                    divided = " ".join([*row, word[:half] + "-"])
                    if divides and _may_divide(word) and _text_width(divided, size) <= space:
                        row.append(word[:half] + "-")
                        rest = word[half:]
                    self.row(" ".join(row), row_left + shift, top, size)
                    top += LEADING * size
                    row, shift = [rest], 0.0
                    row_left, row_width = room(top) if room else (left, width)
                else:
                    row.append(word)
            self.row(" ".join(row), row_left + shift, top, size)
            top += (LEADING + gap) * size
        return top

    def picture(self, left: float, top: float, right: float, bottom: float) -> None:
        self.pictures.append((left, top, right, bottom))

    def skip(self, reason: SkipReason, text: str) -> None:
        self.skipped.append((reason, text))

    def drawn(self) -> Image.Image:
        """Draw the sheet.

        Raises:
            ValueError: Pillow's built-in typeface lacks a character.
        """
        image = Image.new("RGB", (self.width, self.height), PAPER)
        draw = ImageDraw.Draw(image)
        for box in self.pictures:
            draw.rectangle(box, fill=(176, 196, 202), outline=INK, width=3)
        for word in (word for line in self.lines for word in line):
            if not PRINTABLE.issuperset(word.text):
                raise ValueError(f"Pillow's built-in typeface cannot print {word.text!r}")
            where = word.left, word.top - 0.2 * word.size
            draw.text(where, word.text, font=_font(word.size), fill=INK)
        return image


def _may_divide(word: str) -> bool:
    return len(word) > 6 and word.isalpha()  # noqa: PLR2004


def _width(word: str, size: float) -> float:
    if PRINTABLE.issuperset(word):
        return _font(size).getlength(word)
    return _LETTER * size * len(word)


def _text_width(text: str, size: float) -> float:
    words = text.split()
    return sum(_width(word, size) for word in words) + _SPACE * size * (len(words) - 1)


@cache
def _font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow was built without FreeType"  # noqa: S101  # for mypy
    return font
