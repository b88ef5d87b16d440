"""Large first letters of paragraphs are found beside the rows that run around them."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from local.engines.drop_caps import find_drop_caps
from local.engines.text_models import Corners, FoundLine, Row

SIZE, PITCH = 30, 42
ROWS = ["nce there was a fox", "in a wood with his", "brother and his wife"]
INDENTED = 150


def row(text: str, number: int, left: int = INDENTED) -> Row:
    top = 100 + PITCH * number
    right, bottom = left + 15 * len(text), top + SIZE
    return Row(text, np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float))


def page(letter: str, colour: str = "black", texts: Sequence[str] = ROWS) -> Image.Image:
    """Two rows beside a letter that is two rows high, in a frame, and one below it."""
    image = Image.new("RGB", (600, 400), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 20, 580, 380), outline="black", width=2)
    font = ImageFont.load_default(size=SIZE)
    for number, text in enumerate(texts):
        left = INDENTED if number < 2 else 70
        draw.text((left, 100 + PITCH * number), text, font=font, fill="black", anchor="lt")
    large = ImageFont.load_default(size=100)
    draw.text((INDENTED - 5, 100), letter, font=large, fill=colour, anchor="rt")
    return image


def rows(*texts: str) -> list[Row]:
    return [row(text, number, INDENTED if number < 2 else 70) for number, text in enumerate(texts)]


def found(image: Image.Image, beside: Sequence[Row]) -> list[FoundLine]:
    bgr = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
    return list(find_drop_caps(bgr, beside))


def middle(corners: Corners) -> NDArray[np.float64]:
    return np.asarray(corners.mean(axis=0))


@pytest.mark.parametrize("colour", ["black", "firebrick", "goldenrod"])
def test_a_letter_before_two_rows_is_cut_out_dark_on_white(colour: str) -> None:
    (letter,) = found(page("O", colour), rows(*ROWS))

    left, top = letter.corners[0]
    right, bottom = letter.corners[2]
    assert 70 < left < right < INDENTED + 5
    assert 90 < top < 105
    assert 165 < bottom < 185
    assert letter.pixels[0, 0].tolist() == [255, 255, 255]
    assert letter.pixels.min() < 120
    assert letter.pixels.shape[0] > letter.pixels.shape[1]


def test_other_signs_at_its_side_are_left_out() -> None:
    alone = found(page("L"), rows(*ROWS))[0].pixels
    beside = page("L")
    ImageDraw.Draw(beside).rectangle((128, 110, 138, 140), fill="black")

    assert found(beside, rows(*ROWS))[0].pixels.tolist() == alone.tolist()


def test_a_letter_on_a_slanted_page_is_set_upright() -> None:
    angle = 10
    image = page("I").rotate(angle, fillcolor="white", resample=Image.Resampling.BICUBIC)
    turn = np.radians(-angle)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    centre = np.array(image.size) / 2
    slanted = [Row(each.text, (each.corners - centre) @ matrix + centre) for each in rows(*ROWS)]

    (straight,), (letter,) = found(page("I"), rows(*ROWS)), found(image, slanted)

    expected = (middle(straight.corners) - centre) @ matrix + centre
    assert middle(letter.corners) == pytest.approx(expected, abs=2)
    assert letter.pixels.shape[1] == pytest.approx(straight.pixels.shape[1], abs=3)


@pytest.mark.parametrize(
    "texts",
    [
        ("Once there was a fox", *ROWS[1:]),  # the sentence is whole
        (ROWS[0],),  # only one row stands beside it
    ],
)
def test_nothing_is_searched_for_where_no_letter_can_be_missing(texts: tuple[str, ...]) -> None:
    assert found(page("O"), rows(*texts)) == []


def test_a_row_within_a_paragraph_has_no_drop_cap() -> None:
    above = row("he said that", -1)
    assert found(page("O"), [above, *rows(*ROWS)]) == []


def test_what_is_too_small_or_too_large_is_no_drop_cap() -> None:
    empty, small = page(""), page("")
    ImageDraw.Draw(small).ellipse((110, 100, 140, 130), fill="black")
    large = page("")
    ImageDraw.Draw(large).ellipse((5, 80, INDENTED - 5, 190), fill="black")
    for image in (empty, small, large):
        assert found(image, rows(*ROWS)) == []


def test_a_row_without_an_area_is_passed_over() -> None:
    at_the_edge = Row("a", np.full((4, 2), 600.0))
    assert len(found(page("O"), [at_the_edge, *rows(*ROWS)])) == 1
