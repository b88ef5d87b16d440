"""Speech marks say what is spoken when, and where that stands in the submitted text."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.services.polly.synthesis import Polly
from tests.local.services.engine_shapes import assert_fits

pytestmark = pytest.mark.engines

POLLY = Polly()


def marks(text: str, *types: str, text_type: str = "text") -> list[dict[str, Any]]:
    response = POLLY.synthesize_speech(
        {
            "OutputFormat": "json",
            "SpeechMarkTypes": list(types),
            "Text": text,
            "TextType": text_type,
            "VoiceId": "Joanna",
        }
    )
    assert_fits(response, "polly", "SynthesizeSpeech")
    assert response["ContentType"] == "application/x-json-stream"
    return [json.loads(line) for line in response["AudioStream"].decode().splitlines()]


def places(found: list[dict[str, Any]]) -> list[tuple[int, int, str]]:
    return [(mark["start"], mark["end"], mark["value"]) for mark in found]


def test_pollys_own_example_without_ssml() -> None:
    """As in "Speech mark examples" of the Developer Guide, but for the times."""
    found = marks("Mary had a little lamb.", "sentence", "word")
    assert [mark["type"] for mark in found] == ["sentence", *["word"] * 5]
    assert places(found) == [
        (0, 23, "Mary had a little lamb."),
        (0, 4, "Mary"),
        (5, 8, "had"),
        (9, 10, "a"),
        (11, 17, "little"),
        (18, 22, "lamb"),
    ]


def test_pollys_own_example_with_ssml() -> None:
    """A break counts as a word, and a mark comes at the time of the word after it."""
    text = (
        '<speak><prosody volume="+20dB">Mary had <break time="300ms"/>a little '
        '<mark name="animal"/>lamb</prosody></speak>'
    )
    found = marks(text, "sentence", "word", "ssml", text_type="ssml")
    assert [mark["type"] for mark in found] == [
        *["sentence", "word", "word", "word", "word", "word", "ssml", "word"]
    ]
    assert places(found) == [
        (31, 95, 'Mary had <break time="300ms"/>a little <mark name="animal"/>lamb'),
        (31, 35, "Mary"),
        (36, 39, "had"),
        (40, 61, '<break time="300ms"/>'),
        (61, 62, "a"),
        (63, 69, "little"),
        (70, 91, "animal"),
        (91, 95, "lamb"),
    ]
    pause, after_pause, mark, lamb = found[3], found[4], found[6], found[7]
    assert after_pause["time"] - pause["time"] == pytest.approx(300, abs=1)
    assert mark["time"] == lamb["time"]


def test_pollys_own_example_of_visemes() -> None:
    found = marks("Mary had a little lamb.", "viseme")
    shapes = [mark["value"] for mark in found]
    assert shapes == [*"pEri", *"kat", "@", *"tit", "@", *"tap", "sil"]
    assert all(set(mark) == {"time", "type", "value"} for mark in found)


def test_offsets_are_bytes_of_utf_8() -> None:
    text = "“Là-bas,” said Zoë — über 5 €."
    for mark in marks(text, "sentence", "word"):
        assert text.encode()[mark["start"] : mark["end"]].decode() == mark["value"]
    assert [mark["value"] for mark in marks(text, "word")] == [
        *["Là-bas", "said", "Zoë", "über", "5", "€"]
    ]


def test_entities_and_tags_count_with_all_their_bytes() -> None:
    text = (
        "<speak>Caf&#233; &amp; t\u00e9: <say-as interpret-as='digits'>12</say-as>\r\n"
        "<sub alias='water'>HO</sub> <![CDATA[a <b> c]]></speak>"
    )
    found = marks(text, "word", text_type="ssml")
    for mark in found:
        assert text.encode()[mark["start"] : mark["end"]].decode() == mark["value"]
    assert [mark["value"] for mark in found] == [
        *["Caf&#233;", "&amp;", "té", "12", "HO", "a", "<b>", "c"]
    ]


def test_sentences_end_with_their_quotation_marks_and_not_at_titles() -> None:
    text = "“Stop!” cried Mr. Fox. J. Owl did not. Did she?\n\nChapter Two\n\nIt rained."
    assert [mark["value"] for mark in marks(text, "sentence")] == [
        "“Stop!”",
        "cried Mr. Fox.",
        "J. Owl did not.",
        "Did she?",
        "Chapter Two",
        "It rained.",
    ]


def test_paragraphs_and_sentences_of_ssml_are_sentences() -> None:
    text = "<speak>One <p>Two. Three</p><s>Four <s>five</s></s></speak>"
    found = marks(text, "sentence", text_type="ssml")
    assert [mark["value"] for mark in found] == ["One", "Two.", "Three", "Four", "five"]


def test_types_come_alone_when_asked_for_alone() -> None:
    assert {mark["type"] for mark in marks("One. Two.", "sentence")} == {"sentence"}
    assert {mark["type"] for mark in marks("One. Two.", "word")} == {"word"}


def test_a_text_with_nothing_to_say_has_no_words() -> None:
    assert marks("—", "word") == []


@given(
    text=st.lists(
        st.sampled_from(
            [
                "the",
                "fox",
                "of",
                "a",
                "1984",
                "isn’t",
                "“Yes,”",
                "well-kept",
                "Zoë",
                "—",
                "😀",
                "end.",
            ]
        ),
        min_size=1,
        max_size=25,
    ).map(" ".join)
)
@settings(max_examples=60, deadline=None)
def test_times_never_go_back_and_words_follow_each_other(text: str) -> None:
    found = marks(text, "sentence", "word")
    times = [mark["time"] for mark in found]
    assert times == sorted(times)
    words = [mark for mark in found if mark["type"] == "word"]
    assert all(first["end"] <= second["start"] for first, second in pairwise(words))
    for mark in found:
        assert text.encode()[mark["start"] : mark["end"]].decode() == mark["value"]


def test_a_number_spoken_as_several_words_is_timed_by_its_first() -> None:
    before, number, after = (mark["time"] for mark in marks("in 1984 again", "word"))
    assert number - before < (after - number) / 3


def test_nothing_is_marked_after_the_ten_minutes_of_audio() -> None:
    breaks = "<speak>" + '<break time="10s"/>' * 61 + "late</speak>"
    times = [mark["time"] for mark in marks(breaks, "word", "viseme", text_type="ssml")]
    assert max(times) == 590_000


def test_words_are_timed_within_the_audio_and_apart_from_each_other() -> None:
    text = "One of the best stories that the old keeper of the lighthouse ever told in town."
    times = [mark["time"] for mark in marks(text, "word")]
    audio = POLLY.synthesize_speech({"OutputFormat": "pcm", "VoiceId": "Joanna", "Text": text})
    length = len(audio["AudioStream"]) / 32  # milliseconds at 16 kHz
    assert len(set(times)) == len(text.split())
    assert times[0] == 0
    assert length - 1500 < times[-1] < length - 300
