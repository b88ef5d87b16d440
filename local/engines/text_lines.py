"""Lines of text as they were read, and large letters that are lines of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from local.engines.text_models import Points, ReadCharacter

Quad = NDArray[np.float64]
"""Four corners (x, y), clockwise from the text's own top left, as ratios of width and height."""

LEGIBLE: Final = 0.5
"""Mean probability of a line's letters: good lines have 0.9 and more, garbled ones 0.5 to 0.8,
and texture that looks like text less."""
_READ_WELL: Final = 0.8

_LOOK_ALIKE: Final = {"0": "O", "1": "I", "|": "I", "l": "I"}
"""What a single capital is taken for."""


@dataclass(frozen=True)
class Line:
    """A line of text.

    Attributes:
        quad: Its corners, as if it were straight.
        turns: Quarter turns, counter-clockwise, that set it upright.
        bend: Steps (x, y) from places at equal distances along the straight line to the real one.
    """

    characters: tuple[ReadCharacter, ...]
    quad: Quad
    turns: int
    bend: Points = field(default_factory=lambda: np.zeros((2, 2)))

    @property
    def probability(self) -> float:
        """The mean of letters and digits, or of all that is no space if there are none."""
        legible = [each for each in self.characters if each.text.isalnum()] or [
            each for each in self.characters if not each.text.isspace()
        ]
        return float(np.mean([each.probability for each in legible]))

    @property
    def text(self) -> str:
        return "".join(each.text for each in self.characters).strip()

    @property
    def half_advance(self) -> float:
        """Half the mean distance between neighbouring characters, as a share of the line."""
        if len(self.characters) == 1:
            return 0.5
        span = self.characters[-1].position - self.characters[0].position
        return span / (len(self.characters) - 1) / 2

    @property
    def from_first_character(self) -> Quad:
        """The corners without what stands before the first character that was read."""
        first = next(each for each in self.characters if not each.text.isspace())
        return self.part(max(first.position - self.half_advance, 0.0), 1.0)

    @property
    def reads_well(self) -> bool:
        return self.probability >= _READ_WELL

    def part(self, start: float, end: float) -> Quad:
        """Return the corners of the part from ``start`` to ``end``, both from 0 to 1."""
        top_left, top_right, bottom_right, bottom_left = self.quad
        top, bottom = top_right - top_left, bottom_right - bottom_left
        stations = np.linspace(0, 1, len(self.bend))
        at_start, at_end = (
            np.array([np.interp(place, stations, steps) for steps in self.bend.T])
            for place in (start, end)
        )
        return np.array(
            [
                top_left + top * start + at_start,
                top_left + top * end + at_end,
                bottom_left + bottom * end + at_end,
                bottom_left + bottom * start + at_start,
            ]
        ).clip(0, 1)

    def is_part_of(self, letter: Line) -> bool:
        """Whether it is the piece of a large letter that the detector saw."""
        middle = self.quad.mean(axis=0)
        left_top, right_bottom = letter.quad.min(axis=0), letter.quad.max(axis=0)
        is_inside = bool(((left_top < middle) & (middle < right_bottom)).all())
        return is_inside and len(self.text) == 1


def as_capital(characters: Sequence[ReadCharacter]) -> ReadCharacter | None:
    """Return the only letter of a drop cap; None if it is none, or was guessed."""
    signs = [each for each in characters if not each.text.isspace()]
    if len(signs) != 1 or signs[0].probability < LEGIBLE:
        return None
    letter = replace(signs[0], text=_LOOK_ALIKE.get(signs[0].text, signs[0].text).upper())
    return letter if letter.text.isalpha() and len(letter.text) == 1 else None
