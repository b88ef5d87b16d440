"""How a page is read, told with models that see coloured boxes instead of letters."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from local.engines.text_models import Corners, Pixels, ReadCharacter
from local.engines.text_reader import TextReader

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


class ColouredText:
    """Sees given boxes as text; a line is upright if its left end is red, and then reads well."""

    def __init__(self, boxes: list[tuple[int, int, int, int]]) -> None:
        self.boxes = boxes
        self.detections = 0
        self.readings: list[tuple[int, int]] = []

    def detect(self, picture: Pixels) -> list[tuple[Pixels, Corners]]:
        self.detections += 1
        return [(picture[t:b, l:r], corners(l, t, r, b)) for l, t, r, b in self.boxes]  # noqa: E741

    def recognise(self, line: Pixels) -> tuple[ReadCharacter, ...]:
        height, width = line.shape[:2]
        self.readings.append((width, height))
        red_first = line[height // 2, 1][::-1]
        probability = 0.99 if tuple(red_first) == RED else 0.6
        return (ReadCharacter("a", probability, 0.1), ReadCharacter("b", probability, 0.9))


def corners(left: int, top: int, right: int, bottom: int) -> Corners:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def picture(*stripes: tuple[tuple[int, int, int, int], tuple[int, int, int]]) -> Image.Image:
    """A page of 200 by 200 pixels with coloured rectangles, all else green."""
    image = Image.new("RGB", (200, 200), GREEN)
    for box, colour in stripes:
        left, top, right, bottom = box
        ImageDraw.Draw(image).rectangle((left, top, right - 1, bottom - 1), fill=colour)
    return image


def test_an_upright_page_is_searched_once_and_each_line_read_once() -> None:
    models = ColouredText([(20, 20, 180, 40), (20, 60, 180, 80)])
    page = picture(((20, 20, 40, 80), RED))
    lines = TextReader(lambda: models).read(page)
    assert [line.turns for line in lines] == [0, 0]
    assert models.detections == 1
    assert models.readings == [(160, 20), (160, 20)]


def test_a_garbled_upright_line_is_not_tried_otherwise() -> None:
    """Upside-down text stays garbled, as with Rekognition."""
    models = ColouredText([(20, 20, 180, 40)])
    (line,) = TextReader(lambda: models).read(picture())
    assert line.probability == pytest.approx(0.6)
    assert len(models.readings) == 1


DOWN = [[0.2, 0.1], [0.2, 0.9], [0.1, 0.9], [0.1, 0.1]]
UP = [[0.1, 0.9], [0.1, 0.1], [0.2, 0.1], [0.2, 0.9]]


@pytest.mark.parametrize(
    ("start", "quad", "readings"), [((20, 20, 40, 40), DOWN, 1), ((20, 160, 40, 180), UP, 2)]
)
def test_a_line_that_runs_up_or_down_begins_at_its_start_and_is_read_until_it_is_upright(
    start: tuple[int, int, int, int], quad: list[list[float]], readings: int
) -> None:
    models = ColouredText([(20, 20, 40, 180)])
    (line,) = TextReader(lambda: models).read(picture((start, RED)))
    assert models.readings == [(160, 20)] * readings
    assert line.quad.tolist() == quad


def test_short_text_is_read_as_the_long_lines_turned_out() -> None:
    short = (100, 100, 120, 120)
    models = ColouredText([(20, 20, 40, 180), short])
    lines = TextReader(lambda: models).read(
        picture(((20, 160, 40, 180), RED), ((100, 110, 120, 120), RED))
    )
    assert [line.turns for line in lines] == [3, 3]


def test_short_text_on_an_upright_page_is_read_once() -> None:
    models = ColouredText([(20, 20, 180, 40), (100, 100, 120, 120)])
    TextReader(lambda: models).read(picture(((20, 20, 40, 40), RED)))
    assert models.readings == [(160, 20), (20, 20)]


def test_the_models_load_with_the_first_page_and_only_then() -> None:
    loaded: list[ColouredText] = []

    def load() -> ColouredText:
        loaded.append(ColouredText([]))
        return loaded[-1]

    reader = TextReader(load)
    assert loaded == []
    assert reader.read(picture()) == []
    reader.read(picture())
    assert len(loaded) == 1
