"""The local DetectText reads drawn pages, and answers in Rekognition's shapes."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from local.engines.text_lines import Line
from local.engines.text_models import ReadCharacter
from local.services.rekognition.detect_text import Rekognition
from local.services.rekognition.detected_words import (
    Word,
    line_confidence,
    line_quad,
    most_confident,
    words_of,
)
from tests.local.services.engine_pages import as_jpeg, detections, draw_page, submit, texts
from tests.local.services.engine_shapes import assert_fits, refusal

engines = pytest.mark.engines
REKOGNITION = Rekognition()
LINES = [
    '"Where is my hat?" asked the fox.',
    "Nobody knew, for it was a well-kept",
    "secret of 12 owls.",
]
PAGE = draw_page(LINES)
WHOLE_IMAGE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def read(image: Image.Image, rekognition: Rekognition = REKOGNITION) -> dict[str, Any]:
    response = rekognition.detect_text(submit(as_jpeg(image)))
    assert_fits(response, "rekognition", "DetectText")
    return response


@pytest.fixture(scope="module")
def response() -> dict[str, Any]:
    return read(PAGE.image)


@engines
def test_a_page_is_read_line_by_line(response: dict[str, Any]) -> None:
    assert texts(response) == LINES
    assert response["TextModelVersion"] == "3.0"
    assert all(90 < each["Confidence"] <= 100 for each in response["TextDetections"])
    ids = [each["Id"] for each in response["TextDetections"]]
    assert ids == list(range(len(ids)))


@engines
def test_words_keep_their_punctuation_and_belong_to_their_line(response: dict[str, Any]) -> None:
    lines = {line["Id"]: line for line in detections(response, "LINE")}
    words = detections(response, "WORD")

    assert [word["DetectedText"] for word in words] == " ".join(LINES).split()
    for number, line in lines.items():
        own = [word["DetectedText"] for word in words if word["ParentId"] == number]
        assert " ".join(own) == line["DetectedText"]
    assert all("ParentId" not in line for line in lines.values())


@engines
def test_each_word_is_where_it_was_drawn(response: dict[str, Any]) -> None:
    width, height = PAGE.image.size
    for word in detections(response, "WORD"):
        left, top, right, bottom = PAGE.words[word["DetectedText"]]
        box = word["Geometry"]["BoundingBox"]
        middle = box["Left"] + box["Width"] / 2, box["Top"] + box["Height"] / 2
        assert left < middle[0] * width < right
        assert top < middle[1] * height < bottom
        assert box["Width"] * width == pytest.approx(right - left, abs=30)


@engines
def test_polygons_go_clockwise_from_the_top_left_and_the_box_is_their_outline(
    response: dict[str, Any],
) -> None:
    for each in response["TextDetections"]:
        box, polygon = each["Geometry"]["BoundingBox"], each["Geometry"]["Polygon"]
        assert all(0 <= point[axis] <= 1 for point in polygon for axis in "XY")
        first, second, third, fourth = polygon
        assert first["X"] < second["X"]
        assert second["Y"] < third["Y"]
        assert third["X"] > fourth["X"]
        assert fourth["Y"] > first["Y"]
        for axis, start, length in (("X", "Left", "Width"), ("Y", "Top", "Height")):
            places = [point[axis] for point in polygon]
            assert box[start] == min(places)
            assert box[start] + box[length] == pytest.approx(max(places))


@engines
def test_text_on_its_side_is_read_and_its_polygons_turn_with_it() -> None:
    page = draw_page([*LINES, "17"])  # a page number, too

    turned = read(page.image.transpose(Image.Transpose.ROTATE_90))

    assert sorted(texts(turned)) == sorted([*LINES, "17"])
    for line in detections(turned, "LINE")[:3]:
        first, second = line["Geometry"]["Polygon"][:2]
        assert first["Y"] > second["Y"] or line["DetectedText"] == "17"
        assert first["X"] == pytest.approx(second["X"], abs=0.05)


@engines
def test_slanted_text_is_read() -> None:
    slanted = PAGE.image.rotate(30, expand=True, fillcolor="white")

    assert sorted(texts(read(slanted))) == sorted(LINES)


@engines
def test_a_line_bent_like_a_page_near_its_spine_is_read_whole() -> None:
    line = "Nobody knew, for it was a well-kept secret of twelve very old owls."
    flat = draw_page([line], size=30, width=1100).image
    bent = Image.new("RGB", (flat.width, 300), "white")
    for x in range(flat.width):
        sink = round(110 * (x / flat.width) ** 3)
        bent.paste(flat.crop((x, 0, x + 1, flat.height)), (x, 60 + sink))

    response = read(bent)

    assert texts(response) == [line]
    words = detections(response, "WORD")
    first, middle, last = (
        words[at]["Geometry"]["BoundingBox"]["Top"] for at in (0, len(words) // 2, -1)
    )
    assert middle - first < (last - first) / 3


@engines
def test_small_print_in_a_large_photo_is_read() -> None:
    page = Image.new("RGB", (3000, 2000), "white")
    page.paste(draw_page(LINES, size=17).image, (1200, 900))

    assert texts(read(page)) == LINES


@engines
def test_a_drop_cap_is_read_as_a_line_of_one_letter() -> None:
    page = Image.new("RGB", (700, 300), "white")
    page.paste(draw_page(["nce there was a fox who", "lived with his brother"]).image, (100, 60))
    large = ImageFont.load_default(size=120)
    ImageDraw.Draw(page).text((122, 80), "O", font=large, fill="firebrick", anchor="rt")

    response = read(page)

    assert sorted(texts(response)) == ["O", "lived with his brother", "nce there was a fox who"]


@engines
def test_upside_down_text_is_not_read_and_a_blank_page_has_none() -> None:
    response = read(PAGE.image.transpose(Image.Transpose.ROTATE_180))

    assert read(Image.new("RGB", (300, 200), "white"))["TextDetections"] == []
    assert not set(texts(response)) & set(LINES)
    assert all(line["Confidence"] < 80 for line in detections(response, "LINE"))


@engines
def test_calls_from_several_threads_do_not_mix() -> None:
    lines = [f"reader number {number}" for number in range(4)]
    pages = [draw_page([line], width=400).image for line in lines]

    with ThreadPoolExecutor(len(pages)) as pool:
        responses = list(pool.map(read, pages))

    assert [texts(response) for response in responses] == [[line] for line in lines]


def test_filters_are_not_implemented() -> None:
    request = submit(as_jpeg(PAGE.image)) | {"Filters": {"WordFilter": {"MinConfidence": 90.0}}}

    assert refusal(REKOGNITION.detect_text, request) == "NotImplemented"


def line(text: str, probabilities: dict[str, float] | None = None) -> Line:
    """A line over the whole image whose characters are equally wide."""
    unlikely = probabilities or {}
    return Line(
        tuple(
            ReadCharacter(character, unlikely.get(character, 0.99), (index + 0.5) / len(text))
            for index, character in enumerate(text)
        ),
        WHOLE_IMAGE,
        turns=0,
    )


def word(text: str, confidence: float) -> Word:
    return Word(text, confidence, WHOLE_IMAGE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"I am," she said.', ['"I', 'am,"', "she", "said."]),
        ("brand-new isn't", ["brand-new", "isn't"]),
        ("two  spaces ", ["two", "spaces"]),
        ("Straße, déjà — 5 €", ["Straße,", "déjà", "—", "5", "€"]),
        ("Привет مرحبا", ["Привет", "مرحبا"]),
        ("日本 says こんにちは", ["says"]),
        ("你好! Ωμέγα 한국", []),
        ("well，then！", ["well,then!"]),
        ("star★light", ["starlight"]),
    ],
)
def test_words_stand_between_spaces_in_scripts_that_rekognition_knows(
    text: str, words: list[str]
) -> None:
    assert [each.text for each in words_of(line(text))] == words


def test_a_sign_that_was_guessed_is_no_word() -> None:
    """A note of music is read as "J", with little confidence."""
    assert [each.text for each in words_of(line("J la la J", {"J": 0.4}))] == ["la", "la"]
    assert [each.text for each in words_of(line("J for jam", {"J": 0.6}))] == ["J", "for", "jam"]


def test_a_word_covers_its_part_of_the_line() -> None:
    first, second = words_of(line("ab cde"))

    assert first.quad.tolist() == pytest.approx(np.array([[0, 0], [1 / 3, 0], [1 / 3, 1], [0, 1]]))
    assert second.quad.tolist() == pytest.approx(np.array([[0.5, 0], [1, 0], [1, 1], [0.5, 1]]))
    assert line_quad([first, second]) == pytest.approx(WHOLE_IMAGE)


def test_the_words_of_a_curved_line_follow_it() -> None:
    arch = np.array([[0.0, 0.2], [0.0, 0.0], [0.0, 0.2]])
    level = Line(line("abcd efgh").characters, WHOLE_IMAGE / 2, turns=0)
    curved = Line(level.characters, level.quad, turns=0, bend=arch)

    for before, after in zip(words_of(level), words_of(curved), strict=True):
        steps = (after.quad - before.quad)[:, 1]
        outer, inner = (steps[0], steps[1]) if before.text == "abcd" else (steps[1], steps[0])
        assert outer == pytest.approx(0.2)
        assert inner < 0.05


def test_a_quotation_mark_does_not_lower_a_words_confidence_and_long_words_weigh_more() -> None:
    (quoted,) = words_of(line("“I", {"“": 0.5}))
    (sign,) = words_of(line("“", {"“": 0.5}))

    assert quoted.confidence == pytest.approx(99)
    assert sign.confidence == pytest.approx(50)
    assert line_confidence([word("a", 50), word("bcd", 90)]) == pytest.approx(80)


def test_the_words_read_best_survive_and_of_equals_the_earlier() -> None:
    """Not simply the first ones: AWS does not say which, so no code may count on it."""
    first, second = [word("one", 70), word("two", 99)], [word("three", 98), word("four", 60)]
    equals = [[word(str(number), 90)] for number in range(101)]

    assert most_confident([first, second], 2) == [first[1:], second[:1]]
    assert most_confident(equals, 100) == [*equals[:100], []]


def test_more_than_a_hundred_words_are_silently_missing() -> None:
    lines = [line(" ".join(["?", *["word"] * 25]), {"?": 0.6})] * 4
    reader: Any = SimpleNamespace(read=lambda _picture: lines)

    response = read(PAGE.image, Rekognition(reader))

    assert texts(response, "WORD") == ["word"] * 100
    assert texts(response) == [" ".join(["word"] * 25)] * 4
