"""How a camera sees a sheet: turned, from below or above, curved towards its spine."""

import math
from dataclasses import dataclass

from PIL import Image

from samples.draw_page import TABLE

_MARGIN = 0.04  # of the photo around the sheet, on each side, if it is not flat
_MESH = 40  # pieces across and down, of which each is drawn without a curve

Place = tuple[float, float]


@dataclass(frozen=True)
class View:
    """Maps places on a sheet to places on its photo, both in fractions.

    Attributes:
        turn: Degrees clockwise.
        keystone: How much wider the bottom is than the top, as a share of the width.
        curve: How far rows sink at the spine, as a share of the sheet's height; the nearer to
            it, the steeper.
    """

    turn: float = 0.0
    keystone: float = 0.0
    curve: float = 0.0

    def seen(self, place: Place, aspect: float) -> Place:
        """Where a place of a sheet, so many times as wide as high, is on the photo."""
        across, down = place
        down += self._sunk(across, aspect)
        depth = 1 + self.keystone * (0.5 - down)
        x, y = (across - 0.5) / depth * aspect, (down - 0.5) / depth
        x, y = _turned(x, y, self.turn)
        return x / aspect * self._scale + 0.5, y * self._scale + 0.5

    def source(self, place: Place, aspect: float) -> Place:
        """The inverse of `seen`."""
        x = (place[0] - 0.5) / self._scale * aspect
        y = (place[1] - 0.5) / self._scale
        x, y = _turned(x, y, -self.turn)
        # y = down / (1 - keystone * down), solved for down
        down = y / (1 + self.keystone * y)
        across = x / aspect * (1 - self.keystone * down) + 0.5
        return across, down + 0.5 - self._sunk(across, aspect)

    def photo(self, sheet: Image.Image) -> Image.Image:
        if self == FLAT:
            return sheet
        width, height = sheet.size
        pieces = []
        for row in range(_MESH):
            for column in range(_MESH):
                left, right = (width * at // _MESH for at in (column, column + 1))
                top, bottom = (height * at // _MESH for at in (row, row + 1))
                corners: list[float] = []
                for x, y in ((left, top), (left, bottom), (right, bottom), (right, top)):
                    across, down = self.source((x / width, y / height), width / height)
                    corners += [across * width, down * height]
                pieces.append(((left, top, right, bottom), tuple(corners)))
        return sheet.transform(
            sheet.size,
            Image.Transform.MESH,
            pieces,
            Image.Resampling.BICUBIC,
            fillcolor=TABLE,
        )

    def _sunk(self, across: float, aspect: float) -> float:
        """The spine is at the right, or in the middle of two pages."""
        nearness = across if aspect < 1 else 1 - abs(2 * across - 1)
        return self.curve * max(nearness, 0.0) ** 3

    @property
    def _scale(self) -> float:
        return 1 - 2 * _MARGIN if self != FLAT else 1.0


def _turned(x: float, y: float, degrees: float) -> Place:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return x * cosine - y * sine, x * sine + y * cosine


FLAT = View()
