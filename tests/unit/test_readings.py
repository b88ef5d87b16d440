import math
from collections.abc import Mapping

import msgspec
import pytest

from chalicelib.pages.detection import (
    Kind,
    Point,
    TextDetection,
    box_of,
    polygon_of,
    text_angle,
    turned,
)
from chalicelib.pages.readings import (
    CombinedReading,
    PageReading,
    Reader,
    ReadingCall,
    Service,
    combined,
    next_call,
    quarter_turn,
    reader_for,
)
from tests.fakes.builders import line, with_words

CLEAR = with_words(line("Once upon a time there was a boat.", 0.1, 0.1, confidence=97))
TEXTURE = with_words(line("L", 0.1, 0.1, height=0.5, confidence=61))
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


PICTURE, UPSIDE_DOWN = ReadingCall(Service.REKOGNITION), ReadingCall(Service.REKOGNITION, 180)
DOCUMENT = ReadingCall(Service.TEXTRACT)


def rows(count: int, *, confidence: float = 98) -> list[TextDetection]:
    """A page of rows of five words."""
    return with_words(
        *(
            line(f"one two three four {number}", 0.1, number * 0.02, confidence=confidence)
            for number in range(count)
        )
    )


HUNDRED, DENSE = rows(20), rows(30)


def calls(
    reader: Reader, answers: Mapping[ReadingCall, list[TextDetection]], *, uncovered: bool = False
) -> list[ReadingCall]:
    """What is paid for until no other reading is needed."""
    taken: list[PageReading] = []
    while (call := next_call(taken, reader)) is not None:
        taken.append(PageReading(call, answers[call], uncovered))
    return [reading.call for reading in taken]


@pytest.mark.parametrize(
    ("picture", "upside_down", "document", "paid"),
    [
        (CLEAR, None, None, [PICTURE]),
        (GARBLED, CLEAR, None, [PICTURE, UPSIDE_DOWN]),
        ([], [], None, [PICTURE, UPSIDE_DOWN]),
        (GARBLED, [], CLEAR, [PICTURE, UPSIDE_DOWN, DOCUMENT]),
        (TEXTURE, TEXTURE, None, [PICTURE, UPSIDE_DOWN]),
        (HUNDRED, None, DENSE, [PICTURE, DOCUMENT]),
        (rows(8, confidence=60), None, DENSE, [PICTURE, DOCUMENT]),
        (rows(7, confidence=60), CLEAR, None, [PICTURE, UPSIDE_DOWN]),
        (GARBLED, HUNDRED, DENSE, [PICTURE, UPSIDE_DOWN, DOCUMENT]),
        (HUNDRED, None, [], [PICTURE, DOCUMENT]),
    ],
    ids=[
        "clear",
        "upside-down",
        "blank",
        "guessed-both-ways",
        "a-picture",
        "dense",
        "dense-upside-down",
        "short-upside-down",
        "full-upside-down",
        "textract-reads-nothing",
    ],
)
def test_a_page_is_read_until_it_is_known(
    picture: list[TextDetection],
    upside_down: list[TextDetection],
    document: list[TextDetection],
    paid: list[ReadingCall],
) -> None:
    answers = {PICTURE: picture, UPSIDE_DOWN: upside_down, DOCUMENT: document}

    assert calls("auto", answers) == paid


def test_something_that_looks_like_text_is_looked_at_once_more() -> None:
    answers = {PICTURE: CLEAR, DOCUMENT: CLEAR}

    assert calls("auto", answers, uncovered=True) == [PICTURE, DOCUMENT]
    assert calls("rekognition", answers, uncovered=True) == [PICTURE]


def test_rekognition_alone_reads_twice_at_most() -> None:
    assert calls("rekognition", {PICTURE: HUNDRED}) == [PICTURE]
    garbled = rows(20, confidence=60)
    answers = {PICTURE: garbled, UPSIDE_DOWN: garbled}
    assert calls("rekognition", answers) == [PICTURE, UPSIDE_DOWN]


def test_textract_comes_first_if_wanted() -> None:
    assert calls("textract", {DOCUMENT: CLEAR}) == [DOCUMENT]
    answers = {DOCUMENT: [], PICTURE: GARBLED, UPSIDE_DOWN: CLEAR}
    assert calls("textract", answers) == [DOCUMENT, PICTURE, UPSIDE_DOWN]
    assert calls("textract", {DOCUMENT: [], PICTURE: HUNDRED}) == [DOCUMENT, PICTURE]


@pytest.mark.parametrize(
    ("language", "reader"),
    [("en-GB", "auto"), ("pt-BR", "auto"), ("ru-RU", "rekognition"), ("arb", "rekognition")],
)
def test_textract_is_not_asked_for_languages_that_it_does_not_read(
    language: str, reader: Reader
) -> None:
    assert reader_for("auto", language) == reader


def test_the_reading_with_more_readable_text_wins() -> None:
    noise = with_words(
        *(line("eo uode n wst ree nrc", 0.1, y / 10, confidence=55) for y in range(9))
    )

    for first, second, turn in ((GARBLED, CLEAR, 180), (CLEAR, GARBLED, 0), (noise, CLEAR, 180)):
        reading = combined([PageReading(PICTURE, first), PageReading(UPSIDE_DOWN, second)])
        assert (reading.turn, reading.detections, reading.complete) == (turn, CLEAR, True)


def test_textract_reads_alone() -> None:
    reading = combined([PageReading(PICTURE, HUNDRED), PageReading(DOCUMENT, DENSE)])

    assert reading == CombinedReading(0, DENSE, complete=True)
    assert combined([PageReading(DOCUMENT, CLEAR)]) == CombinedReading(0, CLEAR, complete=True)


@pytest.mark.parametrize("document", [None, []], ids=["not-asked", "reads-nothing"])
def test_a_hundred_words_may_not_be_all(document: list[TextDetection] | None) -> None:
    taken = [PageReading(PICTURE, HUNDRED)]
    if document is not None:
        taken.append(PageReading(DOCUMENT, document))

    assert combined(taken) == CombinedReading(0, HUNDRED, complete=False)
    assert combined([PageReading(PICTURE, rows(19))]).complete
    assert not combined([PageReading(PICTURE, CLEAR, uncovered=True)]).complete


def test_a_sure_word_that_textract_lacks_is_kept_and_marked() -> None:
    sign = line("BEWARE THE DOG", 0.6, 0.8, confidence=97)
    guess = line("WMW", 0.6, 0.9, confidence=70)
    picture = with_words(line("one two three four 1", 0.1, 0.02), sign, guess)

    reading = combined(
        [
            PageReading(PICTURE, []),
            PageReading(UPSIDE_DOWN, turned(picture, 180)),
            PageReading(DOCUMENT, DENSE),
        ]
    )

    assert reading.detections[: len(DENSE)] == DENSE
    added, *its_words = reading.detections[len(DENSE) :]
    assert added.text == "BEWARE THE DOG"
    assert [(word.text, word.line, word.unconfirmed) for word in its_words] == [
        (text, len(DENSE), True) for text in ("BEWARE", "THE", "DOG")
    ]
    assert box_of(added) == pytest.approx(box_of(sign))


@pytest.mark.parametrize(
    ("runs", "must_turn"),
    [(0, 0), (12, 0), (-30, 0), (90, 270), (88, 270), (-90, 90), (-97, 90), (180, 180)],
)
@pytest.mark.parametrize("aspect", [0.56, 1.0, 1.78])
def test_a_page_on_its_side_is_stood_up(runs: float, must_turn: int, aspect: float) -> None:
    reading = CombinedReading(0, leaning(runs, aspect), complete=True)

    assert quarter_turn(reading, aspect) == must_turn


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_detections_run_the_way_the_turned_image_does(turn: int) -> None:
    on_its_side = leaning(-turn, aspect=1.5)
    aspect = 1.5 if turn == 180 else 1 / 1.5

    assert text_angle(turned(on_its_side, turn), aspect) == pytest.approx(0, abs=1e-9)


def test_a_full_turn_changes_nothing() -> None:
    assert turned(CLEAR, 360) == CLEAR


def test_places_are_kept_with_as_many_digits_as_a_pixel_needs() -> None:
    """Hundreds of words have thousands of numbers."""
    corners = [{"X": 0.10392378989166652, "Y": 0.5}] * 4

    assert polygon_of(corners) == (Point(0.10392, 0.5),) * 4
    stored = msgspec.json.encode(TextDetection(Kind.WORD, "Once", 97, polygon_of(corners)))
    assert len(stored) < 130
