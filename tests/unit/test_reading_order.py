import msgspec
import pytest

from chalicelib.pages.detection import Kind, Point, TextDetection
from chalicelib.pages.reading_order import read
from tests.fakes.builders import line


def text_of(page: list[TextDetection], aspect: float, *, language: str = "en-US") -> str:
    return read(page, aspect, language=language).text


def leaning(detections: list[TextDetection], slope: float) -> list[TextDetection]:
    """The page photographed at a slight angle: what is further right lies lower."""
    return [
        msgspec.structs.replace(
            found, polygon=tuple(Point(p.x - p.y * slope, p.y + p.x * slope) for p in found.polygon)
        )
        for found in detections
    ]


def test_lines_are_read_from_top_to_bottom_in_any_order() -> None:
    page = [line("and saw the sea.", 0.1, 0.18), line("The fox climbed up", 0.1, 0.14)]

    assert text_of(page, 1) == "The fox climbed up and saw the sea."


def test_a_blank_page_has_no_text() -> None:
    assert text_of([], 1) == ""


def test_an_indented_line_begins_a_paragraph() -> None:
    page = [
        line("Mole opened the door and looked", 0.10, 0.10),
        line("out at the snow.", 0.10, 0.14),
        line("Nobody had walked there yet, not", 0.14, 0.18),
        line("even the postman.", 0.10, 0.22),
    ]

    assert text_of(page, 1) == (
        "Mole opened the door and looked out at the snow.\n"
        "Nobody had walked there yet, not even the postman."
    )


def test_a_row_that_ends_early_with_a_full_stop_ends_its_paragraph() -> None:
    page = [
        line("A long line that goes to the very edge of it", 0.1, 0.10),
        line("short.", 0.1, 0.14),
        line("Another line that goes to the edge of the pa", 0.1, 0.18),
    ]

    assert text_of(page, 1).split("\n")[1].startswith("Another line")


def test_a_wider_gap_between_rows_begins_a_paragraph() -> None:
    page = [
        line("The light swung round, wide and gold, and", 0.1, 0.10, width=0.8),
        line("far out a small bell answered, ding ding.", 0.1, 0.14, width=0.8),
        line("There you are, purred Biscuit, at last. It", 0.1, 0.194, width=0.8),
        line("is cold.", 0.1, 0.234, width=0.2),
    ]

    assert text_of(page, 1).count("\n") == 1
    assert text_of(page, 1).split("\n")[1].startswith("There you are")


def test_centred_verse_is_one_paragraph() -> None:
    page = [
        line("Twinkle,", 0.44, 0.10, width=0.12),
        line("said the lantern to the bay,", 0.30, 0.14, width=0.40),
        line("I will guide you", 0.38, 0.18, width=0.24),
        line("all the way.", 0.41, 0.22, width=0.18),
    ]

    assert text_of(page, 1) == "Twinkle, said the lantern to the bay, I will guide you all the way."


def test_verses_stay_lines_and_stanzas_are_apart() -> None:
    page = [
        line("The Moth", 0.10, 0.05, width=0.15),
        line("The moth flew up to see the light,", 0.10, 0.12, width=0.50),
        line("And found it very bright", 0.10, 0.16, width=0.35),
        line("So down she came", 0.10, 0.20, width=0.25),
        line("And slept till it was night.", 0.10, 0.24, width=0.40),
        line("Good night, small moth,", 0.10, 0.32, width=0.33),
        line("And good night, light.", 0.10, 0.36, width=0.28),
    ]

    assert text_of(page, 1) == (
        "The Moth\n\n"
        "The moth flew up to see the light,\nAnd found it very bright\nSo down she came\n"
        "And slept till it was night.\n\n"
        "Good night, small moth,\nAnd good night, light."
    )
    found = read(page, 1)
    assert [found.text[word.start : word.end] for word in found.words] == [
        detected.text for detected in page
    ]


@pytest.mark.parametrize(
    "rows",
    [
        ["Anna went to the sea with", "Ben and she took the red", "Bucket and a spade."],
        ["Papa Bear gave Mama Bear a", "Big red boat."],
        ["THE MOTH FLEW UP,", "AND SAW THE LIGHT,", "AND SLEPT."],
    ],
)
def test_prose_is_no_verse(rows: list[str]) -> None:
    page = [
        line(row, 0.1, 0.1 + 0.04 * number, width=0.02 * len(row))
        for number, row in enumerate(rows)
    ]

    assert text_of(page, 1) == " ".join(rows)


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [line(f"Left {n}", 0.05, 0.1 + n * 0.04, width=0.35) for n in range(3)]
    right = [line(f"Right {n}", 0.55, 0.1 + n * 0.04, width=0.35) for n in range(3)]

    assert text_of([*right, *left], 1) == "Left 0 Left 1 Left 2\nRight 0 Right 1 Right 2"


def test_columns_of_arabic_are_read_from_the_right() -> None:
    left = [line(f"Left {n}", 0.05, 0.1 + n * 0.04, width=0.35) for n in range(2)]
    right = [line(f"Right {n}", 0.55, 0.1 + n * 0.04, width=0.35) for n in range(2)]

    assert text_of([*left, *right], 1, language="arb").startswith("Right 0 Right 1\nLeft 0")


def test_a_heading_stands_before_the_columns_below_it() -> None:
    heading = line("The Lighthouse", 0.1, 0.02, width=0.8)
    left = [line(f"Left {n}", 0.05, 0.2 + n * 0.04, width=0.35) for n in range(2)]
    right = [line(f"Right {n}", 0.55, 0.2 + n * 0.04, width=0.35) for n in range(2)]

    assert text_of([*right, *left, heading], 1).split("\n") == [
        "The Lighthouse",
        "Left 0 Left 1",
        "Right 0 Right 1",
    ]


def test_a_title_with_a_space_above_the_gutter_stays_whole() -> None:
    left = [line(f"Left {n}", 0.05, 0.2 + n * 0.04, width=0.42) for n in range(5)]
    right = [line(f"Right {n}", 0.50, 0.2 + n * 0.04, width=0.42) for n in range(5)]
    place = len(left) + len(right)
    title = line("The old gardener", 0.22, 0.1, width=0.56, height=0.07)
    words = [
        msgspec.structs.replace(
            line(word, start, 0.1, width=width, height=0.07), kind=Kind.WORD, line=place
        )
        for word, start, width in (
            ("The", 0.22, 0.1),
            ("old", 0.35, 0.12),
            ("gardener", 0.502, 0.28),
        )
    ]

    assert text_of([*left, *right, title, *words], 1).startswith("The old gardener\n")


def test_a_row_detected_in_two_pieces_is_one_row() -> None:
    page = [
        line("said the owl.", 0.60, 0.101),
        line("“Who is it?”", 0.10, 0.10),
        line("Then it was quiet in the wood.", 0.10, 0.14, width=0.7),
    ]

    assert text_of(page, 1).startswith("“Who is it?” said the owl.")


def test_rows_that_were_divided_near_the_spine_are_no_columns() -> None:
    whole = [line(f"Row {n} goes on", 0.1, 0.1 + n * 0.04, width=0.8) for n in (0, 1, 2, 5, 6, 7)]
    pieces = [
        line(f"{side} {n}", left, 0.1 + n * 0.04, width=width)
        for n in (3, 4)
        for side, left, width in (("Row", 0.1, 0.5), ("is", 0.67, 0.23))
    ]

    assert "Row 2 goes on Row 3 is 3 Row 4 is 4 Row 5" in text_of([*pieces, *whole], 1)


def test_a_word_divided_at_the_end_of_a_line_is_whole_again() -> None:
    page = [line("It was a long adven-", 0.1, 0.1), line("ture for a snail.", 0.1, 0.14)]

    assert text_of(page, 1) == "It was a long adventure for a snail."


def test_a_word_that_the_page_cuts_keeps_its_hyphen() -> None:
    assert text_of([line("It was a long adven-", 0.1, 0.1)], 1) == "It was a long adven-"


def test_a_dash_at_the_end_of_a_line_stays() -> None:
    page = [line("He stopped -", 0.1, 0.1), line("and listened.", 0.1, 0.14)]

    assert text_of(page, 1) == "He stopped - and listened."


@pytest.mark.parametrize("number", ["20", "- 7 -", "xii", "• 104 •"])
@pytest.mark.parametrize("top", [0.01, 0.95])
def test_a_page_number_is_not_read(number: str, top: float) -> None:
    page = [line("The end of the road.", 0.1, 0.3), line(number, 0.02, top)]

    assert text_of(page, 1) == "The end of the road."


def test_a_number_within_the_story_is_read() -> None:
    page = [line("There were", 0.1, 0.1), line("20", 0.1, 0.14), line("ducks.", 0.1, 0.18)]

    assert text_of(page, 1) == "There were 20 ducks."


def test_a_page_that_is_only_a_number_is_read() -> None:
    assert text_of([line("7", 0.4, 0.4)], 1) == "7"


@pytest.mark.parametrize("slope", [-0.12, -0.03, 0.03, 0.12])
def test_a_page_photographed_at_an_angle_reads_the_same(slope: float) -> None:
    page = [
        line("First things first, said the goat, and", 0.10, 0.10, width=0.8),
        line("ate the list.", 0.10, 0.14, width=0.3),
        line("The list did not object, being a list", 0.14, 0.18, width=0.76),
        line("of things that goats may eat.", 0.10, 0.22, width=0.6),
    ]

    assert text_of(leaning(page, slope), 1) == text_of(page, 1)
