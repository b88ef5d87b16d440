"""Large first letters that begin a word, and those that do not."""

import pytest

from chalicelib.pages.reading_order import read
from tests.unit.test_skipping import detected, row


@pytest.mark.parametrize(
    ("letter", "beside", "text"),
    [
        ("O", ("nce there was a fox", "who lived in a wood."), "Once there"),
        ("H", ("is mother was a fox", "who lived in a wood."), "His mother"),
        ("B", ("is for the bear who", "lives in the wood."), "B is for"),
        ("B", ("wie der kleine Bär,", "der im Wald wohnt."), "B wie der"),
    ],
)
def test_a_letter_is_joined_to_its_word_only(
    letter: str, beside: tuple[str, str], text: str
) -> None:
    page = [
        row(letter, 0.1, 0.1, 0.08),
        row(beside[0], 0.16, 0.1),
        row(beside[1], 0.16, 0.145),
        row("Then it was dark in the wood.", 0.1, 0.19),
    ]

    assert read(detected(page), 1).text.startswith(text)
