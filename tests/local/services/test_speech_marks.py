"""Speech marks say what is spoken when, and where that stands in the submitted text."""

import json
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.engines.speaker import SAMPLE_RATE, Utterance, speak
from local.services.polly.performance import perform
from local.services.polly.script import Text, plain_text
from local.services.polly.ssml import read_ssml
from local.services.polly.synthesis import Polly
from local.services.service_error import ServiceError
from tests.local.services.engine_shapes import assert_fits

pytestmark = pytest.mark.engines

POLLY = Polly()


def marks(text: str, *types: str, text_type: str = "text") -> list[dict[str, Any]]:
    wanted = {"OutputFormat": "json", "SpeechMarkTypes": list(types), "VoiceId": "Joanna"}
    response = POLLY.synthesize_speech({**wanted, "Text": text, "TextType": text_type})
    assert_fits(response, "polly", "SynthesizeSpeech")
    assert response["ContentType"] == "application/x-json-stream"
    return [json.loads(line) for line in response["AudioStream"].decode().splitlines()]


def values(text: str, *types: str, text_type: str = "text") -> list[str]:
    """The marks' texts, each of which stands at its place."""
    found = marks(text, *types, text_type=text_type)
    for mark in found:
        assert text.encode()[mark["start"] : mark["end"]].decode() == mark["value"]
    return [mark["value"] for mark in found]


def test_pollys_own_example() -> None:
    """As in "Speech mark examples" of the Developer Guide, but for the times."""
    found = marks("Mary had a little lamb.", "sentence", "word")

    assert [mark["type"] for mark in found] == ["sentence", *["word"] * 5]
    assert [(mark["start"], mark["end"], mark["value"]) for mark in found] == [
        (0, 23, "Mary had a little lamb."),
        (0, 4, "Mary"),
        (5, 8, "had"),
        (9, 10, "a"),
        (11, 17, "little"),
        (18, 22, "lamb"),
    ]


def test_offsets_are_bytes_of_utf_8() -> None:
    assert values("“Là-bas,” said Zoë — über 5 €.", "word") == [
        *("Là-bas", "said", "Zoë", "über", "5", "€")
    ]


def test_entities_and_tags_count_with_all_their_bytes() -> None:
    text = "<speak>Caf&#233; &amp; t\u00e9: <p>&lt;12&gt;</p></speak>"

    assert values(text, "word", text_type="ssml") == ["Caf&#233;", "&amp;", "té", "&lt;12&gt;"]


def test_a_break_is_a_word_that_begins_with_its_pause() -> None:
    """As in "Speech marks with SSML example" of the Developer Guide, but for the times."""
    text = '<speak>Mary had <break time="300ms"/>a little lamb</speak>'
    found = marks(text, "word", text_type="ssml")

    assert [mark["value"] for mark in found] == [
        *("Mary", "had", '<break time="300ms"/>', "a", "little", "lamb")
    ]
    assert (found[2]["start"], found[2]["end"]) == (16, 37)
    assert found[3]["time"] == found[2]["time"] + 300


def test_sentences_end_with_their_quotation_marks_or_paragraph_and_not_at_titles() -> None:
    text = "“Stop!” cried Mr. Fox. J. Owl did not. Did she?\n\nChapter Two\n\nIt rained."

    assert values(text, "sentence") == [
        *("“Stop!”", "cried Mr. Fox.", "J. Owl did not.", "Did she?", "Chapter Two", "It rained.")
    ]
    paragraphs = "<speak>One <p>Two. Three</p><p>Four</p></speak>"
    assert values(paragraphs, "sentence", text_type="ssml") == ["One", "Two.", "Three", "Four"]


def test_only_the_wanted_types_come_and_a_text_with_nothing_to_say_has_no_words() -> None:
    for kind in ("sentence", "word"):
        assert {mark["type"] for mark in marks("One. Two.", kind)} == {kind}
    assert marks("—", "word") == []


WORDS = ["the", "fox", "of", "a", "1984", "isn’t", "“Yes,”", "well-kept", "Zoë", "—", "😀", "end."]


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join))
@settings(max_examples=30, deadline=None)
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


def test_a_paragraph_is_timed_after_the_pause_before_it() -> None:
    text = "<speak><p>One</p><p>Two</p></speak>"

    one, two = (mark["time"] for mark in marks(text, "word", text_type="ssml"))

    assert one == 0
    assert two > 600


def test_words_are_timed_within_the_audio_and_apart_from_each_other() -> None:
    text = "One of the best stories that the old keeper of the lighthouse ever told in town."
    performance = perform(plain_text(text), partial(speak, voice="en-us+f2"))
    times = [word.sample / SAMPLE_RATE for word in performance.words]

    length = len(performance.samples) / SAMPLE_RATE
    assert len(set(times)) == len(text.split())
    assert times[0] == 0
    assert length - 1.5 < times[-1] < length - 0.3


def test_marks_have_the_times_of_the_mp3_that_was_made_before_them() -> None:
    """The engines speak a text a little faster or slower each time."""
    takes = iter((4_000, 9_000, 6_000))

    def speak_otherwise_each_time(_text: str) -> Utterance:
        return Utterance(np.zeros(next(takes), np.int16), [(0, 0)])

    polly = Polly(speak_otherwise_each_time)

    def answer(**output: Any) -> bytes:
        asked = {"Text": "<speak><s>a</s><s>b</s></speak>", "TextType": "ssml", "VoiceId": "Joanna"}
        stream: bytes = polly.synthesize_speech({**asked, **output})["AudioStream"]
        return stream

    answer(OutputFormat="mp3")  # takes 4,000 and 9,000 samples
    first, second = answer(OutputFormat="json", SpeechMarkTypes=["word"]).splitlines()

    pause = 300
    assert json.loads(first)["time"] == 0
    assert json.loads(second)["time"] == pytest.approx(4_000 * 1000 / SAMPLE_RATE + pause, abs=1)


FRAGMENTS = ["<p>", "</p>", "<speak>", "&amp;", "é", " ", "<", "&", "]]>", "x"]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
@settings(deadline=None)
def test_any_document_is_read_or_refused(content: str) -> None:
    document = f"<speak>{content}</speak>"
    try:
        parts = read_ssml(document)
    except ServiceError as error:
        assert error.code == "InvalidSsmlException"  # noqa: PT017
        return
    for part in parts:
        for character in part.characters if isinstance(part, Text) else ():
            written = document.encode()[character.start : character.end].decode()
            assert written in (character.text, "&amp;")
