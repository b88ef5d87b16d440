"""How lines become the words of DetectText."""

import numpy as np
import pytest

from local.engines.text_models import ReadCharacter
from local.engines.text_reader import Line
from local.services.rekognition.detected_words import (
    Word,
    line_confidence,
    line_quad,
    most_confident,
    words_of,
)
from local.services.rekognition.word_filters import WordFilters

WHOLE_IMAGE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


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
def test_words_are_what_stands_between_spaces_in_scripts_that_rekognition_knows(
    text: str, words: list[str]
) -> None:
    assert [each.text for each in words_of(line(text))] == words


def test_a_word_covers_its_part_of_the_line() -> None:
    first, second = words_of(line("ab cde"))
    assert first.quad.tolist() == pytest.approx(np.array([[0, 0], [1 / 3, 0], [1 / 3, 1], [0, 1]]))
    assert second.quad.tolist() == pytest.approx(np.array([[0.5, 0], [1, 0], [1, 1], [0.5, 1]]))
    assert line_quad([first, second]) == pytest.approx(WHOLE_IMAGE)


def test_doubt_about_a_quotation_mark_is_no_doubt_about_the_word() -> None:
    (quoted,) = words_of(line("“I", {"“": 0.5}))
    assert quoted.confidence == pytest.approx(99)
    (sign,) = words_of(line("“", {"“": 0.5}))
    assert sign.confidence == pytest.approx(50)


def test_long_words_weigh_more_in_the_confidence_of_a_line() -> None:
    assert line_confidence([word("a", 50), word("bcd", 90)]) == pytest.approx(80)


def test_the_words_read_best_survive_wherever_they_are() -> None:
    """Not simply the first ones: AWS does not say which, so no code may count on it."""
    lines = [[word("one", 70), word("two", 99)], [word("three", 98), word("four", 60)]]
    survivors = most_confident(lines, 2)
    assert [[each.text for each in words] for words in survivors] == [["two"], ["three"]]


def test_of_words_read_equally_well_the_earlier_survive() -> None:
    assert most_confident([[word("one", 90)], [word("two", 90)]], 1)[0][0].text == "one"


def test_exactly_as_many_words_as_allowed_all_survive() -> None:
    lines = [[word(str(number), 90)] for number in range(100)]
    assert most_confident(lines, 100) == lines


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({}, True),
        ({"WordFilter": {}}, False),
        ({"WordFilter": {"MinConfidence": 79.0}}, True),
        ({"WordFilter": {"MinConfidence": 79.1}}, False),
    ],
)
def test_a_word_filter_asks_for_80_unless_it_says_otherwise(
    filters: dict[str, object], *, kept: bool
) -> None:
    assert WordFilters(filters).keep(word("hat", 79.0)) is kept


@pytest.mark.parametrize(
    ("width", "kept"), [(0.4, False), (0.6, True)], ids=["less than half", "more than half"]
)
def test_a_word_is_in_a_region_with_more_than_its_half(width: float, *, kept: bool) -> None:
    region = {"BoundingBox": {"Left": 0.0, "Top": 0.0, "Width": width, "Height": 1.0}}
    assert WordFilters({"RegionsOfInterest": [region]}).keep(word("hat", 99)) is kept
