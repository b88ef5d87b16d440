"""How a page is read, told with models that see coloured boxes instead of letters."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw

from local.engines.text_models import Corners, FoundLine, Pixels, ReadCharacter, Row
from local.engines.text_reader import TextReader

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


class ColouredText:
    """Sees given boxes as text; a line is upright if its left end is red, and then reads well."""

    def __init__(self, boxes: list[tuple[int, int, int, int]]) -> None:
        self.boxes = boxes
        self.searched_sides: list[int] = []
        self.readings: list[tuple[int, int]] = []

    def detect(self, picture: Pixels, longest_side: int) -> list[FoundLine]:
        self.searched_sides.append(longest_side)
        return [
            FoundLine(picture[top:bottom, left:right], corners(left, top, right, bottom))
            for left, top, right, bottom in self.boxes
        ]

    def recognise(self, line: Pixels) -> tuple[ReadCharacter, ...]:
        height, width = line.shape[:2]
        self.readings.append((width, height))
        red_first = line[height // 2, 1][::-1]
        probability = 0.99 if tuple(red_first) == RED else 0.6
        return tuple(
            ReadCharacter(each, probability, 0.1 + 0.2 * place)
            for place, each in enumerate("abcde")
        )

    def find_drop_caps(self, picture: Pixels, rows: Sequence[Row]) -> list[FoundLine]:
        return []


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
    assert models.searched_sides == [1280]
    assert models.readings == [(160, 20), (160, 20)]


def test_upside_down_text_stays_garbled_as_with_rekognition_unless_it_is_asked_for() -> None:
    models = ColouredText([(20, 20, 180, 40)])
    page = picture(((160, 20, 180, 40), RED))

    (garbled,) = TextReader(lambda: models).read(page)
    (line,) = TextReader(lambda: models).read(page, upside_down=True)

    assert garbled.probability == pytest.approx(0.6)
    assert line.probability == pytest.approx(0.99)
    assert (garbled.turns, line.turns) == (0, 2)
    assert line.quad.tolist() == [[0.9, 0.2], [0.1, 0.2], [0.1, 0.1], [0.9, 0.1]]
    assert len(models.readings) == 3


class SureOfSpaces(ColouredText):
    """Reads an upright line with more doubt than the spaces of a garbled one."""

    def recognise(self, line: Pixels) -> tuple[ReadCharacter, ...]:
        characters = super().recognise(line)
        if characters[0].probability < 0.9:
            return (*characters, *[ReadCharacter(" ", 0.99, 0.9)] * 20)
        return tuple(ReadCharacter(each.text, 0.8, each.position) for each in characters)


def test_the_direction_of_a_line_is_judged_by_its_letters_not_by_its_spaces() -> None:
    models = SureOfSpaces([(20, 20, 40, 180)])
    (line,) = TextReader(lambda: models).read(picture(((20, 160, 40, 180), RED)))
    assert line.probability == pytest.approx(0.8)
    assert line.turns == 3


def test_a_line_whose_reading_leaves_doubt_is_read_the_other_way_too() -> None:
    models = SureOfSpaces([(20, 20, 40, 180)])
    (line,) = TextReader(lambda: models).read(picture(((20, 20, 40, 40), RED)))
    assert line.turns == 1
    assert len(models.readings) == 2


@pytest.mark.parametrize(
    ("height", "searched"), [(60, [1280]), (40, [1280, 1800]), (5, [1280, 2000])]
)
def test_small_print_is_searched_for_again_in_a_larger_copy(
    height: int, searched: list[int]
) -> None:
    models = ColouredText([(20, 20, 1980, 20 + height), (20, 1970 - height, 1980, 1970)])
    TextReader(lambda: models).read(Image.new("RGB", (2000, 2000), RED))
    assert models.searched_sides == searched


class ReadsSigns(ColouredText):
    """Reads the given text in each box."""

    def __init__(self, text: str, width: int) -> None:
        super().__init__([(20, 20, 20 + width, 40)])
        self.text = text

    def recognise(self, line: Pixels) -> tuple[ReadCharacter, ...]:
        return tuple(ReadCharacter(each, 0.99, 0.5) for each in self.text)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 100, []),
        (".", 100, []),
        (",   .", 160, []),
        ("?", 20, ["?"]),
        ("* * *", 100, ["* * *"]),
    ],
)
def test_a_line_of_a_script_that_the_models_lack_is_not_its_full_stops(
    text: str, width: int, lines: list[str]
) -> None:
    models = ReadsSigns(text, width)
    assert [line.text for line in TextReader(lambda: models).read(picture())] == lines


class SeenInAGlance(ColouredText):
    """Sees a block of text in a small copy only, and its line in its surroundings only."""

    def detect(self, picture: Pixels, longest_side: int) -> list[FoundLine]:
        boxes = {1280: [], 400: [(40, 60, 90, 80)], 140: [(10, 5, 60, 20)]}
        self.boxes = boxes[longest_side]
        return super().detect(picture, longest_side)


def test_where_nothing_is_found_it_looks_closely_at_what_a_glance_shows() -> None:
    (line,) = TextReader(lambda: SeenInAGlance([])).read(Image.new("RGB", (200, 200), RED))
    assert line.quad[0].tolist() == [0.05, 0.225]  # in the surroundings, which begin at (0, 40)


def test_a_picture_that_was_searched_at_its_own_size_is_not_searched_again() -> None:
    models = ColouredText([(20, 20, 180, 30)])
    TextReader(lambda: models).read(picture())
    assert models.searched_sides == [1280]


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


class Capital(ColouredText):
    """Sees a drop cap at (20, 20), 40 by 40 pixels, and reads it as the given text."""

    def __init__(self, text: str, probability: float = 0.9) -> None:
        super().__init__([(60, 20, 180, 40), (60, 50, 180, 70), (30, 20, 50, 60)])
        self.signs = tuple(ReadCharacter(each, probability, 0.5) for each in text)
        self.rows: Sequence[Row] = ()

    def find_drop_caps(self, picture: Pixels, rows: Sequence[Row]) -> list[FoundLine]:
        self.rows = rows
        return [FoundLine(picture[20:61, 20:61], corners(20, 20, 60, 60))]

    def recognise(self, line: Pixels) -> tuple[ReadCharacter, ...]:
        height, width = line.shape[:2]
        if (width, height) == (41, 41):
            return self.signs
        return super().recognise(line) if width > 50 else (ReadCharacter("1", 0.9, 0.5),)


@pytest.mark.parametrize(("text", "capital"), [("W", "W"), ("w", "W"), ("0", "O"), ("|", "I")])
def test_a_drop_cap_is_a_line_of_its_own_and_replaces_what_the_detector_saw_of_it(
    text: str, capital: str
) -> None:
    models = Capital(text)
    lines = TextReader(lambda: models).read(picture(((60, 20, 80, 80), RED)))

    assert [line.text for line in lines] == ["abcde", capital, "abcde"]
    assert lines[1].quad[0].tolist() == [0.1, 0.1]
    assert [(row.text, row.corners[0].tolist()) for row in models.rows] == [
        ("abcde", [60.0, 20.0]),
        ("abcde", [60.0, 50.0]),
    ]


@pytest.mark.parametrize(("text", "probability"), [("", 1), ("On", 0.9), ("5", 0.9), ("O", 0.3)])
def test_what_is_surely_no_capital_is_not_read(text: str, probability: float) -> None:
    models = Capital(text, probability)
    lines = TextReader(lambda: models).read(picture(((60, 20, 80, 80), RED)))
    assert sorted(line.text for line in lines) == ["1", "abcde", "abcde"]
