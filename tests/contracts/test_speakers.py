"""The speakers: in memory, and the adapter on the local Polly. Both pass the same tests."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import boto3
import numpy as np
import pytest

from chalicelib.aws.polly import PollySpeaker
from chalicelib.errors import RejectedError
from chalicelib.speech.ssml import ssml_requests
from chalicelib.stories.ports import Speaker
from local.engines.speaker import SAMPLE_RATE, Utterance
from local.services.polly.synthesis import Polly
from tests.fakes.engines import ScriptedSpeaker
from tests.local.conftest import running_aws
from tests.proof.pages import Voice

JOANNA: Final[Any] = {"language": "en-US", "voice": "Joanna", "engine": "neural"}


def hum(text: str) -> Utterance:
    """A tenth of a second for each character."""
    step = SAMPLE_RATE // 10
    return Utterance(
        np.zeros(step * len(text), np.int16),
        [(at, at * step) for at in range(len(text)) if text[at - 1 : at] in ("", " ")],
    )


@pytest.fixture(params=["adapter", "scripted", "proof"])
def speaker(
    request: pytest.FixtureRequest, boto3_session: boto3.session.Session
) -> Iterator[Speaker]:
    match request.param:
        case "scripted":
            yield ScriptedSpeaker(b"mp3")
        case "proof":
            yield Voice()
        case _:
            operations = {"polly.SynthesizeSpeech": Polly(hum).synthesize_speech}
            with running_aws(boto3_session, operations) as aws:
                yield PollySpeaker(aws.client("polly"))


def test_marks_say_where_in_the_request_each_sentence_and_word_is_and_when(
    speaker: Speaker,
) -> None:
    (ssml,) = ssml_requests("Zoë & Dr. Fox, the old—very old—fox, ran.\nHome!", "en-US")

    assert speaker.speak(ssml, **JOANNA)
    answer = speaker.marks(ssml, **JOANNA)

    marks = [json.loads(line) for line in answer.decode().splitlines()]
    assert [mark["value"] for mark in marks if mark["type"] == "word"] == [
        *("Zoë", "&amp;", "Dr.", "Fox", "the", "old", "very", "old", "fox", "ran", "Home")
    ]
    first, second = (mark["value"] for mark in marks if mark["type"] == "sentence")
    assert first.startswith("Zoë ")
    assert first.endswith(" ran.")
    assert second == "Home!"
    assert {mark["type"] for mark in marks} == {"sentence", "word"}
    for mark in marks:
        assert mark.keys() == {"time", "type", "start", "end", "value"}
        assert ssml.encode()[mark["start"] : mark["end"]].decode() == mark["value"]
    times = [mark["time"] for mark in marks]
    assert all(isinstance(time, int) for time in times)
    assert times == sorted(times)
    words = [mark["time"] for mark in marks if mark["type"] == "word"]
    assert all(one < other for one, other in pairwise(words))
    assert marks[0]["type"] == "sentence"


def test_a_long_form_voice_has_marks(speaker: Speaker) -> None:
    ruth: Any = {**JOANNA, "voice": "Ruth", "engine": "long-form"}

    assert b'"word"' in speaker.marks("<speak><s>Once.</s></speak>", **ruth)


def test_an_engine_without_marks_is_refused(speaker: Speaker) -> None:
    with pytest.raises(RejectedError, match=r"^Polly's generative engine makes no speech marks$"):
        speaker.marks("<speak>Once.</speak>", **{**JOANNA, "engine": "generative"})
