import math

import pytest

from chalicelib.pages.detection import (
    Kind,
    Point,
    TextDetection,
    TurnedReading,
    best,
    next_turn,
    quarter_turn,
    text_angle,
    turned,
)
from tests.fakes.builders import line, with_words

CLEAR = with_words(line("Once upon a time there was a boat.", 0.1, 0.1, confidence=97))
GARBLED = with_words(line("eo uode n wst ree nrc se", 0.1, 0.1, confidence=61))


def leaning(degrees: float, aspect: float = 1.0) -> list[TextDetection]:
    """One line through the middle of the page, its text running `degrees` clockwise of level."""
    along = (math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
    below = (-along[1], along[0])

    def corner(forward: float, down: float) -> Point:
        return Point(
            0.5 + (forward * along[0] + down * below[0]) / aspect,
            0.5 + forward * along[1] + down * below[1],
        )

    polygon = (corner(-0.3, -0.02), corner(0.3, -0.02), corner(0.3, 0.02), corner(-0.3, 0.02))
    return [TextDetection(Kind.LINE, "Once upon a time", 97, polygon)]


def test_a_page_is_first_read_unturned() -> None:
    assert next_turn([]) == 0


def test_a_clear_page_is_paid_for_once() -> None:
    assert next_turn([TurnedReading(0, CLEAR)]) is None


@pytest.mark.parametrize("poor", [GARBLED, []], ids=["garbled", "empty"])
def test_a_poor_reading_is_tried_upside_down(poor: list[TextDetection]) -> None:
    assert next_turn([TurnedReading(0, poor)]) == 180


def test_a_page_is_never_read_a_third_time() -> None:
    assert next_turn([TurnedReading(0, []), TurnedReading(180, GARBLED)]) is None


def test_the_reading_with_more_readable_text_wins() -> None:
    upright, upside_down = TurnedReading(0, GARBLED), TurnedReading(180, CLEAR)

    assert best([upright, upside_down]) is upside_down
    assert best([TurnedReading(0, CLEAR), TurnedReading(180, GARBLED)]).turn == 0


def test_a_long_page_of_doubtful_words_loses_to_a_short_clear_one() -> None:
    noise = with_words(
        *(line("eo uode n wst ree nrc", 0.1, y / 10, confidence=55) for y in range(9))
    )

    assert best([TurnedReading(0, noise), TurnedReading(180, CLEAR)]).turn == 180


@pytest.mark.parametrize(
    ("runs", "must_turn"),
    [(0, 0), (12, 0), (-30, 0), (90, 270), (88, 270), (-90, 90), (-97, 90), (180, 180)],
)
@pytest.mark.parametrize("aspect", [0.56, 1.0, 1.78])
def test_a_page_on_its_side_is_stood_up(runs: float, must_turn: int, aspect: float) -> None:
    assert quarter_turn(TurnedReading(0, leaning(runs, aspect)), aspect) == must_turn


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_detections_run_the_way_the_turned_image_does(turn: int) -> None:
    on_its_side = leaning(-turn, aspect=1.5)
    aspect = 1.5 if turn == 180 else 1 / 1.5

    assert text_angle(turned(on_its_side, turn), aspect) == pytest.approx(0, abs=1e-9)


def test_a_full_turn_changes_nothing() -> None:
    assert turned(CLEAR, 360) == CLEAR
