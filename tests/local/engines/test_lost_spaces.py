"""Spaces that the model loses are put back behind punctuation."""

import pytest

from local.engines.lost_spaces import with_lost_spaces
from local.engines.text_models import ReadCharacter


def read(text: str) -> list[ReadCharacter]:
    return [ReadCharacter(each, 0.9, place / len(text)) for place, each in enumerate(text)]


def repaired(text: str) -> str:
    return "".join(each.text for each in with_lost_spaces(read(text)))


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("flatbread,and so", "flatbread, and so"),
        ("a new mode.To begin", "a new mode. To begin"),
        ('"Huh?""was all', '"Huh?" "was all'),
        ("«Oui!»dit-il", "«Oui!» dit-il"),
        ("THE·EAGLE·AND", "THE· EAGLE· AND"),
        ("USE:YOUR WITS", "USE: YOUR WITS"),
        ("one;two,three", "one; two, three"),
    ],
)
def test_punctuation_between_two_words_is_followed_by_a_space(text: str, right: str) -> None:
    assert repaired(text) == right


@pytest.mark.parametrize(
    "text",
    [
        "Well, then.",
        "e.g. the U.S.A.",
        "see example.org",
        "at 10:30 for 1,000.50",
        "isn't it the dogs' day?",
        "una col·lecció",
        "What?!",
        "(yes)",
        "",
    ],
)
def test_other_text_stays_as_it_was_read(text: str) -> None:
    assert repaired(text) == text


def test_the_space_stands_between_its_neighbours() -> None:
    *_, before, space, after, _ = with_lost_spaces(read("so,no"))
    assert before.position < space.position < after.position
