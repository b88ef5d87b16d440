"""Story is never skipped: numbers, short lines and narrow columns that look like something else."""

from collections.abc import Sequence

import pytest

from chalicelib.pages.detection import Kind, Point, TextDetection
from chalicelib.pages.reading_order import read
from chalicelib.pages.skipping import SkipReason

Row = tuple[str, float, float, float]
"""Text, left end, top, height, on a square page. Words that stand apart are rows of their own."""

_PROSE = (
    "The old gardener once hid a golden button under",
    "the wooden bridge and nobody could find it there",
    "before the small otter came along the river with",
    "his lantern and looked behind the windmill again",
)


def row(text: str, left: float, top: float, height: float = 0.03) -> Row:
    return text, left, top, height


def prose(
    lines: int,
    top: float = 0.1,
    *,
    left: float = 0.1,
    step: float = 0.045,
    height: float = 0.03,
    end: str = ".",
) -> list[Row]:
    texts = [_PROSE[number % len(_PROSE)] for number in range(lines - 1)] + [f"and so it was{end}"]
    return [row(text, left, top + number * step, height) for number, text in enumerate(texts)]


def column(
    texts: Sequence[str], left: float, top: float = 0.1, height: float = 0.03, step: float = 0.045
) -> list[Row]:
    return [row(text, left, top + number * step, height) for number, text in enumerate(texts)]


def detected(page: Sequence[Row], confidence: float = 98.0) -> list[TextDetection]:
    """Lines, then their words."""
    lines, words = [], []
    for place, (text, left, top, height) in enumerate(page):
        x = left
        for word in text.split():
            right = x + len(word) * height / 2
            words.append(_found(Kind.WORD, word, (x, right, top, height), confidence, place))
            x = right + 0.3 * height
        lines.append(_found(Kind.LINE, text, (left, right, top, height), confidence))
    return [*lines, *words]


def _found(
    kind: Kind,
    text: str,
    where: tuple[float, float, float, float],
    confidence: float,
    line: int | None = None,
) -> TextDetection:
    left, right, top, height = where
    corners = (left, top), (right, top), (right, top + height), (left, top + height)
    first, second, third, fourth = (Point(x, y) for x, y in corners)
    return TextDetection(kind, text, confidence, (first, second, third, fourth), line)


NUMBERS_OF_STORIES = {
    "chapter in large type": [
        row("CHAPTER", 0.3, 0.04, 0.07),
        row("4", 0.62, 0.04, 0.07),
        *prose(8, 0.2),
    ],
    "chapter in the type of the text": [
        row("Chapter", 0.4, 0.09),
        row("4", 0.55, 0.09),
        *prose(8, 0.2),
    ],
    "chapter's number alone": [row("4", 0.47, 0.12), *prose(8, 0.2)],
    "chapter's Roman number": [row("IV", 0.47, 0.05), *prose(8, 0.2)],
    "first amount of a recipe": [
        *(row(amount, 0.1, top) for amount, top in (("200", 0.1), ("50", 0.16), ("2", 0.22))),
        *(row(what, 0.2, top) for what, top in (("flour", 0.1), ("sugar", 0.16), ("eggs", 0.22))),
    ],
    "last amount of a recipe": [
        *prose(5),
        *(row(what, 0.1, top) for what, top in (("Flour", 0.4), ("Sugar", 0.46), ("Salt", 0.52))),
        *(row(amount, 0.6, top) for amount, top in (("200", 0.4), ("50", 0.46), ("5", 0.52))),
    ],
    "list with full stops": [
        row("1.", 0.1, 0.1),
        row("Beat the eggs", 0.17, 0.1),
        row("and the sugar well", 0.17, 0.16),
        row("2.", 0.1, 0.22),
        row("Add the flour", 0.17, 0.22),
    ],
    "list without full stops": [
        row("1", 0.1, 0.1),
        row("Beat the eggs", 0.17, 0.1),
        row("and the sugar well", 0.17, 0.16),
        row("2", 0.1, 0.22),
        row("Add the flour", 0.17, 0.22),
        row("and bake it", 0.17, 0.28),
        row("3", 0.1, 0.34),
        row("Eat", 0.17, 0.34),
    ],
    "a step of a recipe a page": [
        row("1", 0.1, 0.1),
        row("Beat the eggs", 0.17, 0.1),
        row("and the sugar.", 0.17, 0.17),
    ],
    "contents": [
        row("Contents", 0.4, 0.1),
        *(row(what, 0.1, top) for what, top in (("The fox", 0.2), ("The crow", 0.26))),
        *(row(number, 0.8, top) for number, top in (("5", 0.2), ("12", 0.26))),
    ],
    "answer": [row("How old is Anna?", 0.3, 0.3), row("6", 0.48, 0.4)],
    "answer to a quoted question": [row("“How old are you?”", 0.3, 0.3), row("6", 0.48, 0.4)],
    "answer at the bottom": [*prose(5, end="?"), row("12", 0.48, 0.92)],
    "answer beside its question": [
        *prose(3),
        row("How many?", 0.3, 0.4),
        row("6", 0.58, 0.4),
    ],
    "countdown, one below the other": column(["3", "2", "1", "Go!"], 0.45, step=0.1),
    "countdown in a row": [*prose(3), row("5! 4! 3! 2! 1!", 0.2, 0.4)],
    "countdown in a wide row": [
        *prose(3),
        *(row(str(5 - n), 0.1 + 0.15 * n, 0.4) for n in range(5)),
    ],
    "two numbers": [*prose(3), row("3", 0.1, 0.4), row("4", 0.3, 0.4)],
    "year": [*prose(4, end=" in"), row("1984", 0.1, 0.28)],
    "year with a full stop": [*prose(4, end=" in"), row("1984.", 0.1, 0.28)],
    "year alone": [*prose(4), row("1984", 0.45, 0.9)],
    "end of a sentence": [*prose(6, end=" there were exactly"), row("42", 0.1, 0.37)],
    "begin of a sentence": [row("7", 0.1, 0.2), row("little ducks", 0.16, 0.2), *prose(2, 0.28)],
    "end of a sentence, apart": [
        *prose(5, step=0.08, end=" and"),
        row("Anna is", 0.1, 0.5),
        row("7", 0.24, 0.5),
    ],
    "counting book in small type": [row("1", 0.47, 0.3), row("One little duck", 0.3, 0.4)],
    "in a column": [
        row("Apples", 0.1, 0.1),
        row("12", 0.5, 0.1),
        row("Pears", 0.1, 0.16),
        row("7", 0.515, 0.16),
        row("Total", 0.1, 0.26),
        row("19", 0.5, 0.26),
    ],
}

NARROW_COLUMNS_OF_STORIES = {
    "verses at the edge of the photo": [
        *column(["Row, row, row", "Gently down", "Merrily on", "Life is but"], 0.0),
        *prose(5, left=0.35, height=0.02),
    ],
    "columns near the edge of the photo": [
        *column(["the fox went out into", "snow and saw a big red", "house that was open"], 0.008),
        *column(["all alone in there was", "a bear who said hello", "to the fox."], 0.55),
    ],
    "one word beside a long story": [*prose(12, left=0.02, height=0.02), row("Splash!", 0.8, 0.3)],
    "bubbles beside a long story": [
        *prose(12, left=0.02, height=0.02),
        *column(["Help me!", "I cannot", "swim!"], 0.8, 0.3, 0.02),
    ],
    "ingredients beside a recipe": [
        *prose(14, left=0.35, height=0.025, step=0.035),
        *column(["200 g flour", "2 eggs", "1 cup milk", "salt"], 0.05, height=0.018),
    ],
    "a refrain in large type": [
        *prose(4, height=0.02),
        row("hid a golden button under the wooden bridge", 0.1, 0.5, 0.04),
    ],
}


@pytest.mark.parametrize(
    "page", [*NUMBERS_OF_STORIES.values(), *NARROW_COLUMNS_OF_STORIES.values()]
)
def test_story_is_spoken(page: list[Row]) -> None:
    assert read(detected(page), 1).skipped == []


@pytest.mark.parametrize("word", ["mix", "civil", "dix", "Il", "ill", "vil", "clic"])
@pytest.mark.parametrize("place", [(0.45, 0.03), (0.45, 0.9)])
def test_a_word_that_looks_like_a_roman_number_is_spoken(
    word: str, place: tuple[float, float]
) -> None:
    page = [*prose(4, 0.12), row(word, *place)]

    assert read(detected(page), 1).skipped == []


@pytest.mark.parametrize(
    "page",
    [
        [*prose(8), row("23", 0.48, 0.94)],
        [*prose(8, end=" the"), row("24", 0.1, 0.94)],
        [row("The fox climbed up.", 0.1, 0.2), row("5", 0.9, 0.94, 0.02)],
        [*prose(3), row("16", 0.05, 0.94), row("17", 0.93, 0.94)],
        [row("23", 0.9, 0.03), *prose(8, 0.12)],
        [row("23", 0.48, 0.03), *prose(8, 0.12)],
        [*prose(8), row("xii", 0.48, 0.94)],
    ],
)
def test_page_numbers_are_skipped(page: list[Row]) -> None:
    assert {each.reason for each in read(detected(page), 1).skipped} == {SkipReason.PAGE_NUMBER}


@pytest.mark.parametrize(
    ("page", "head"),
    [
        (
            [row("23", 0.1, 0.03), row("ALICE IN WONDERLAND", 0.35, 0.03), *prose(8, 0.12)],
            "ALICE IN WONDERLAND",
        ),
        (
            [row("A NOTICE.", 0.35, 0.03), row("23", 0.86, 0.03), *prose(8, 0.12)],
            "A NOTICE.",
        ),
        (
            [*prose(8, end=" the"), row("24", 0.1, 0.94), row("Alice in Wonderland", 0.3, 0.94)],
            "Alice in Wonderland",
        ),
    ],
)
def test_a_running_head_is_skipped_with_its_page_number(page: list[Row], head: str) -> None:
    skipped = {each.reason: each.text for each in read(detected(page), 1).skipped}

    assert skipped.keys() == {SkipReason.PAGE_NUMBER, SkipReason.RUNNING_HEAD}
    assert skipped[SkipReason.RUNNING_HEAD] == head


def test_a_line_with_a_sure_word_is_no_guess() -> None:
    guessed = detected([row("fx1 lmp", 0.1, 0.2)], confidence=40)
    sure = _found(Kind.WORD, "Help", (0.1, 0.2, 0.4, 0.03), 95.0, 1)
    line = _found(Kind.LINE, "Help m", (0.1, 0.3, 0.4, 0.03), 45.0)
    rest = _found(Kind.WORD, "m@@@@@@@@", (0.22, 0.3, 0.4, 0.03), 30.0, 1)

    found = read([guessed[0], line, *guessed[1:], sure, rest], 1)

    assert found.text == "Help m@@@@@@@@"
    assert [each.reason for each in found.skipped] == [SkipReason.LOW_CONFIDENCE]
