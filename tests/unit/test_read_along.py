"""The files that let people read along, against their schema, and as WebVTT."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from chalicelib.pages.corrections import PlacedWord
from chalicelib.pages.detection import Point, Polygon
from chalicelib.pages.read_along import PageFacts, captions, read_along_json, story_json
from chalicelib.pages.reading_order import SkippedText
from chalicelib.pages.skipping import SkipReason
from chalicelib.speech.timings import TimedText, Timing
from tests.fakes.builders import box

SCHEMA: Final = json.loads((Path(__file__).parents[2] / "docs/read-along.schema.json").read_text())
SKIPPED: Final = [SkippedText("42", SkipReason.PAGE_NUMBER, (0.48, 0.95, 0.52, 0.97))]
A, B, C = (box(left, 0.1, left + 0.1, 0.2) for left in (0.1, 0.3, 0.5))


@cache
def validator(name: str | None) -> Draft202012Validator:
    schema = SCHEMA if name is None else {**SCHEMA["$defs"][name], "$defs": SCHEMA["$defs"]}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def valid(content: bytes, name: str | None = None) -> Any:
    """What a file says, which the schema allows."""
    found = json.loads(content)
    validator(name).validate(found)
    return found


def facts(text: str) -> PageFacts:
    return PageFacts(text, "en-US", 2400, 1800, complete=False)


def words_of(text: str, *polygons: list[Polygon]) -> list[PlacedWord]:
    """Every word of a text; the first ones have these places."""
    runs = list(re.finditer(r"\S+", text))
    where = [*polygons, *([[]] * (len(runs) - len(polygons)))]
    return [PlacedWord(*run.span(), each) for run, each in zip(runs, where, strict=True)]


def timing_of(text: str, *spoken: str, step: int = 400) -> Timing:
    """A timing of one sentence, in which these parts of the text are spoken."""
    words, end = [], 0
    for number, each in enumerate(spoken):
        start = text.index(each, end)
        end = start + len(each)
        words.append(TimedText(number * step, (number + 1) * step, start, end))
    return Timing([TimedText(0, len(words) * step, words[0].start, words[-1].end)], words)


def test_read_along_says_when_each_word_sounds_and_where_it_is() -> None:
    text = "A fox ran."
    timing = timing_of(text, "A", "fox", "ran.")

    found = valid(read_along_json(facts(text), words_of(text, [A], [B, C]), timing, 1234.6))

    assert found == {
        "version": 1,
        "language": "en-US",
        "duration_ms": 1235,
        "image": {"width": 2400, "height": 1800},
        "sentences": [[0, 1200, 0, 10]],
        "words": [
            [0, 400, 0, 1, [corners(A)]],
            [400, 800, 2, 5, [corners(B), corners(C)]],
            [800, 1200, 6, 10, []],
        ],
    }


def corners(polygon: Polygon) -> list[list[float]]:
    return [[round(each.x, 4), round(each.y, 4)] for each in polygon]


def test_story_says_where_each_word_is_and_what_is_skipped() -> None:
    text = "A — fox"

    found = valid(story_json(facts(text), words_of(text, [A]), SKIPPED), "story")

    assert found == {
        "version": 1,
        "language": "en-US",
        "text": text,
        "complete": False,
        "image": {"width": 2400, "height": 1800},
        "words": [[0, 1, [corners(A)]], [2, 3, []], [4, 7, []]],
        "skipped": [{"text": "42", "reason": "page_number", "box": [0.48, 0.95, 0.52, 0.97]}],
    }


def test_words_that_are_spoken_as_one_have_the_places_of_all() -> None:
    text = "— Es sind z. B. drei"
    timing = timing_of(text, "Es", "sind", "z. B.", "drei")

    found = valid(read_along_json(facts(text), words_of(text, [], [], [C], [A], [B]), timing, 2000))

    assert [word[4] for word in found["words"]] == [[], [corners(C)], [corners(A), corners(B)], []]


def test_offsets_count_characters() -> None:
    text = "🐻 ran 🦊 \N{COMBINING ACUTE ACCENT}é ok"

    found = valid(read_along_json(facts(text), words_of(text), timing_of(text, "ran", "ok"), 900))
    story = valid(story_json(facts(text), words_of(text), []), "story")

    assert [text[start:end] for _, _, start, end, _ in found["words"]] == ["ran", "ok"]
    assert [story["text"][start:end] for start, end, _ in story["words"]] == text.split()


def test_corners_stay_on_the_image_and_have_four_digits() -> None:
    beyond = Point(-0.01, 0.123456), Point(1.2, -3), Point(1.00001, 0.99996), Point(1e-9, 1 / 3)

    for found in (
        valid(read_along_json(facts("a"), words_of("a", [beyond]), timing_of("a", "a"), 400)),
        valid(story_json(facts("a"), words_of("a", [beyond]), []), "story"),
    ):
        assert found["words"][0][-1] == [[[0, 0.1235], [1, 0], [1, 1], [0, 0.3333]]]


def test_the_schema_refuses_other_files() -> None:
    good = json.loads(read_along_json(facts("a"), words_of("a", [A]), timing_of("a", "a"), 400))
    others: list[dict[str, Any]] = [
        {"version": 2},
        {"words": []},
        {"words": [[0, 400, 0, 1]]},
        {"words": [[0, 400, 0, 1, [[[0, 0]] * 3]]]},
        {"words": [[0, 400, 0, 1, [[[0, 1.01]] * 4]]]},
        {"words": [[0.5, 400, 0, 1, []]]},
        {"sentences": [[0, 400, -1, 1]]},
        {"title": "a"},
    ]
    story = json.loads(story_json(facts("a"), words_of("a", [A]), []))

    for other in others:
        assert not validator(None).is_valid({**good, **other}), other
    assert not validator("story").is_valid(good)
    assert validator("story").is_valid({**story, "complete": None})
    assert not validator("story").is_valid({**story, "complete": "yes"})


def test_a_full_page_is_a_small_file() -> None:
    """300 words, one of ten on two rows, with the digits that the services give."""
    text = " ".join(f"word{number:03}" for number in range(300))
    polygon = tuple(Point(0.12345 + n / 7, 0.65432 + n / 9) for n in range(4))
    polygons: list[list[Polygon]] = [
        [polygon, polygon] if number % 10 == 0 else [polygon]  # type: ignore[list-item]
        for number in range(300)
    ]
    timing = timing_of(text, *text.split(), step=437)

    content = read_along_json(facts(text), words_of(text, *polygons), timing, 300 * 437)

    assert len(valid(content)["words"]) == 300
    assert len(content) <= 40_000


# Captions.


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("Tom & Ann <b>said</b> x --> y", "Tom &amp; Ann &lt;b&gt;said&lt;/b&gt; x --&gt; y"),
        ("One,\n\n \n  two\n\nthree", "One,\ntwo\nthree"),
        ("NOTE this", "NOTE this"),
        ("“It's”", "“It's”"),
    ],
)
def test_a_cue_is_escaped_and_has_no_empty_line(text: str, cue: str) -> None:
    timing = Timing([TimedText(0, 1500, 0, len(text))], [])

    assert captions(facts(text), timing) == (f"WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n{cue}\n")


def test_each_sentence_is_a_cue() -> None:
    text = "One. Two.\nThree."
    hour = 3_600_000
    timing = Timing(
        [
            TimedText(46, 999, 0, 4),
            TimedText(61_005, 3_599_999, 5, 9),
            TimedText(hour + 60_001, 100 * hour, 10, 16),
        ],
        [],
    )

    assert captions(facts(text), timing) == (
        "WEBVTT\n\n"
        "00:00:00.046 --> 00:00:00.999\nOne.\n\n"
        "00:01:01.005 --> 00:59:59.999\nTwo.\n\n"
        "01:01:00.001 --> 100:00:00.000\nThree.\n"
    )
