import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PIL import Image, ImageDraw, ImageOps

from chalicelib.pages.coverage import has_uncovered_text
from chalicelib.pages.detection import Kind, TextDetection
from chalicelib.pages.detection import turned as turned_detections
from chalicelib.pages.photo import turned
from samples.layouts.page import LabelledPage, labelled_page
from samples.layouts.view import FLAT, View

SAMPLES = Path(__file__).parents[2] / "samples"
KINDS = {
    "one_column": FLAT,
    "two_columns": View(turn=4),
    "caption_below_picture": View(keystone=0.15),
    "poem": View(turn=-3),
    "comic": FLAT,
}


def without(page: LabelledPage, lost: Callable[[int], bool]) -> list[TextDetection]:
    """The detections without the lines at some places from the top, and without their words."""
    places = [place for place, found in enumerate(page.detections) if found.kind is Kind.LINE]
    from_the_top = sorted(places, key=lambda place: page.detections[place].polygon[0].y)
    gone = {place for rank, place in enumerate(from_the_top) if lost(rank)}
    return [
        found
        for place, found in enumerate(page.detections)
        if place not in gone and found.line not in gone
    ]


@pytest.mark.parametrize(("kind", "view"), KINDS.items(), ids=list(KINDS))
def test_lines_are_noticed_unless_all_of_them_were_read(kind: str, view: View) -> None:
    page = labelled_page(kind, "en", 1, view)
    photo = page.photo()

    assert not has_uncovered_text(photo, page.detections)
    assert has_uncovered_text(photo, without(page, lambda rank: rank % 2 == 0))


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_lost_lines_are_noticed_whichever_way_up_the_page_is(degrees: int) -> None:
    page = labelled_page("one_column", "en", 1)
    photo = turned(page.photo(), degrees)
    some = without(page, lambda rank: 3 <= rank < 6)

    assert has_uncovered_text(photo, turned_detections(some, degrees))
    assert not has_uncovered_text(photo, turned_detections(page.detections, degrees))


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_page_of_which_nothing_was_read_is_noticed(degrees: int) -> None:
    photo = labelled_page("one_column", "en", 1).photo()

    assert has_uncovered_text(turned(photo, degrees), [])


@pytest.mark.parametrize("longer_side", [700, 1700, 4000])
def test_the_size_of_the_photo_does_not_matter(longer_side: int) -> None:
    page = labelled_page("one_column", "en", 2)
    scale = longer_side / max(page.sheet.width, page.sheet.height)
    photo = ImageOps.scale(page.photo(), scale)

    assert has_uncovered_text(photo, without(page, lambda rank: rank < 4))
    assert not has_uncovered_text(photo, page.detections)


@pytest.mark.parametrize("degrees", [90, 270])
@pytest.mark.parametrize("top", [40, 1900])
def test_a_line_at_the_edge_of_a_page_on_its_side_is_noticed(top: int, degrees: int) -> None:
    page = Image.new("RGB", (1500, 2000), "white")
    words = "The fifth boat was late tonight, said the cat."
    ImageDraw.Draw(page).text((200, top), words, "black", font_size=40)

    assert has_uncovered_text(turned(page, degrees), [])


def test_white_letters_on_black_are_text() -> None:
    page = labelled_page("one_column", "en", 1)
    photo = ImageOps.invert(page.photo())

    assert has_uncovered_text(photo, [])
    assert not has_uncovered_text(photo, page.detections)


def test_words_that_were_guessed_do_not_count_as_read() -> None:
    page = labelled_page("one_column", "en", 1)
    guessed = [msgspec.structs.replace(found, confidence=40.0) for found in page.detections]

    assert has_uncovered_text(page.photo(), guessed)


def test_a_missing_page_number_is_too_little() -> None:
    page = labelled_page("page_number", "en", 1)
    numbers = {place for place, found in enumerate(page.detections) if found.text.isdigit()}
    rest = [
        found
        for place, found in enumerate(page.detections)
        if place not in numbers and found.line not in numbers
    ]

    assert numbers
    assert not has_uncovered_text(page.photo(), rest)


Draw = Callable[[ImageDraw.ImageDraw, random.Random], None]


def brick_wall(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for row in range(40):
        for column in range(-1, 25):
            left, top = 50 * column + 25 * (row % 2), 22 * row
            draw.rectangle((left, top, left + 46, top + 18), (150 + rng.randrange(40), 70, 50))


def checkerboard(draw: ImageDraw.ImageDraw, _: random.Random) -> None:
    for row in range(45):
        for column in range(row % 2, 60, 2):
            draw.rectangle((20 * column, 20 * row, 20 * column + 20, 20 * row + 20), "black")


def foliage(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for _ in range(6000):
        x, y, size = rng.uniform(0, 1200), rng.uniform(0, 900), rng.uniform(4, 16)
        draw.ellipse((x, y, x + size, y + size), (rng.randrange(90), rng.randrange(60, 200), 40))


def frames(draw: ImageDraw.ImageDraw, _: random.Random) -> None:
    for inset in range(20, 300, 12):
        draw.rectangle((inset, inset, 1200 - inset, 900 - inset), outline="black", width=2)


def fur(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for _ in range(5000):
        x, y = rng.uniform(100, 1100), rng.uniform(200, 700)
        draw.line((x, y, x + rng.uniform(-3, 3), y + 12), "black")


def grass(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """A row of strokes that stand on a meadow, under a sky of another colour."""
    draw.rectangle((0, 0, 1200, 900), "lightblue")
    draw.rectangle((0, 600, 1200, 900), "darkgreen")
    for _ in range(400):
        x = rng.uniform(0, 1200)
        draw.line((x, 600, x + rng.uniform(-4, 4), 600 - rng.uniform(6, 18)), "darkgreen", 2)


def hatching(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for x in range(100, 1100, 9):
        draw.line((x + rng.uniform(-2, 2), 300, x - 60, 400), "black", 2)


def piano_keys(draw: ImageDraw.ImageDraw, _: random.Random) -> None:
    for key in range(33):
        left = 100 + 30 * key
        draw.rectangle((left, 300, left + 30, 500), outline="black")
        if key % 7 not in {2, 6}:
            draw.rectangle((left + 22, 300, left + 38, 420), "black")


def shadows(draw: ImageDraw.ImageDraw, _: random.Random) -> None:
    for x in range(1200):
        draw.line((x, 0, x, 900), (90 + x // 8 + 30 * (x // 300 % 2),) * 3)


def stripes(draw: ImageDraw.ImageDraw, _: random.Random) -> None:
    for x in range(0, 1200, 10):
        draw.line((x, 0, x, 900), "navy", 4)


def windows(draw: ImageDraw.ImageDraw, _: random.Random) -> None:
    for top in range(100, 700, 100):
        for left in range(50, 1150, 28):
            draw.rectangle((left, top, left + 16, top + 22), "black")


PICTURES: list[Draw] = [
    brick_wall,
    checkerboard,
    foliage,
    frames,
    fur,
    grass,
    hatching,
    piano_keys,
    shadows,
    stripes,
    windows,
]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.__name__)
def test_a_drawn_picture_is_no_text(picture: Draw) -> None:
    page = Image.new("RGB", (1200, 900), "white")
    picture(ImageDraw.Draw(page), random.Random(1))  # noqa: S311  # no secret

    assert not has_uncovered_text(page, [])


@pytest.mark.parametrize("name", ["astronaut.jpg", "admiral.jpg"])
def test_a_portrait_is_no_text(name: str) -> None:
    assert not has_uncovered_text(Image.open(SAMPLES / name).convert("RGB"), [])


@pytest.mark.parametrize("size", [(80, 80), (80, 6000), (6000, 80), (1200, 1600)])
def test_a_blank_page_of_any_shape_has_no_text(size: tuple[int, int]) -> None:
    assert not has_uncovered_text(Image.new("RGB", size, "white"), [])
