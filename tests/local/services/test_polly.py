"""The local Polly speaks, and refuses what Polly refuses, with Polly's codes."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from chalicelib.speech.mp3 import joined
from local.engines.speaker import SAMPLE_RATE, Utterance
from local.services.polly.synthesis import Polly
from local.services.polly.voices import describe_voices, load_voices
from local.services.service_error import ServiceError
from tests.local.services.engine_shapes import assert_fits, operation_model, refusal

pytestmark = pytest.mark.engines

STORY = (
    "The lighthouse keeper climbed the stairs with a lamp in his hand. Far below, the waves "
    "were telling each other about the boats that had passed that day, and nobody was asleep."
)
MARKS = {"OutputFormat": "json", "SpeechMarkTypes": ["sentence"]}
POLLY = Polly()


def request(**members: Any) -> dict[str, Any]:
    return {"OutputFormat": "mp3", "VoiceId": "Joanna", "Text": "Hello."} | members


def ssml(content: str, **members: Any) -> dict[str, Any]:
    return request(Text=f"<speak>{content}</speak>", TextType="ssml", **members)


def speech(request: dict[str, Any]) -> dict[str, Any]:
    response = POLLY.synthesize_speech(request)
    assert_fits(response, "polly", "SynthesizeSpeech")
    return response


def decoded(response: dict[str, Any]) -> tuple[NDArray[np.float64], int]:
    """Samples from -1 to 1, and their rate."""
    samples, rate = soundfile.read(io.BytesIO(response["AudioStream"]))
    return samples, rate


def seconds(request: dict[str, Any]) -> float:
    samples, rate = decoded(speech(request))
    return float(len(samples) / rate)


def code(request: dict[str, Any]) -> str:
    return refusal(POLLY.synthesize_speech, request)


@pytest.mark.parametrize(
    ("voice", "engine", "default"),
    [
        ("Joanna", "standard", 22_050),
        ("Joanna", "neural", 24_000),
        ("Ruth", "long-form", 24_000),
        ("Ruth", "generative", 24_000),
    ],
)
def test_an_mp3_takes_as_long_as_the_text_needs_at_pollys_rates(
    voice: str, engine: str, default: int
) -> None:
    response = speech(request(Text=STORY, VoiceId=voice, Engine=engine))
    samples, rate = decoded(response)

    assert response["ContentType"] == "audio/mpeg"
    assert response["RequestCharacters"] == len(STORY)
    length = len(samples) / rate
    assert 140 < len(STORY.split()) / (length / 60) < 190  # words a minute
    assert np.abs(samples).max() > 0.2
    assert samples.ndim == 1
    assert rate == default
    kilobits_a_second = len(response["AudioStream"]) * 8 / length / 1000
    assert kilobits_a_second == pytest.approx(48, rel=0.02)


def test_a_paragraph_is_followed_by_a_pause() -> None:
    together = seconds(ssml("<p>One</p><p>Two</p>"))
    alone = seconds(ssml("One")) + seconds(ssml("Two"))

    assert together - alone == pytest.approx(1.2, abs=0.2)  # MP3 pads each file


def test_another_engine_speaks_english_and_no_other_language() -> None:
    heard: list[str] = []

    def hum(text: str) -> Utterance:
        heard.append(text)
        return Utterance(np.full(SAMPLE_RATE * 3, 9000, np.int16), [(0, 0), (4, SAMPLE_RATE)])

    polly = Polly(hum)
    for voice, language in (("Joanna", "en-US"), ("Aditi", "en-IN")):
        english = request(VoiceId=voice, LanguageCode=language, Text="One two")
        samples, rate = decoded(polly.synthesize_speech(english))
        assert len(samples) / rate == pytest.approx(3, abs=0.2)
    marks = polly.synthesize_speech(ssml("One two", OutputFormat="json", SpeechMarkTypes=["word"]))
    assert [json.loads(line)["time"] for line in marks["AudioStream"].splitlines()] == [0, 1000]
    assert heard == ["One two"] * 3

    for voice, language in (("Vicki", "de-DE"), ("Aditi", "hi-IN")):
        other = request(VoiceId=voice, LanguageCode=language, Text="Eins zwei")
        samples, rate = decoded(polly.synthesize_speech(other))
        assert 0.5 < len(samples) / rate < 2
    assert len(heard) == 3


@pytest.mark.parametrize("engine", ["standard", "neural"])
def test_an_mp3_begins_as_pollys_do(engine: str) -> None:
    """With the tag of its writer and no header; its first sample is heard after LAME's delay."""
    second = np.zeros(SAMPLE_RATE, np.int16)
    polly = Polly(lambda _: Utterance(np.concatenate([second, second + 9000]), [(0, 0)]))

    spoken = polly.synthesize_speech(request(Engine=engine))

    assert spoken["AudioStream"].startswith(b"ID3\x04")
    assert b"TSSE" in spoken["AudioStream"][:20]
    assert b"Info" not in spoken["AudioStream"]
    samples, rate = decoded(spoken)
    told = joined([spoken["AudioStream"]])
    assert told.duration == pytest.approx(len(samples) * 1000 / rate, abs=0.01)
    heard = np.flatnonzero(np.abs(samples) > 0.1)[0] * 1000 / rate
    assert heard == pytest.approx(told.starts[0] + 1000, abs=1)


def test_a_text_with_nothing_to_say_is_a_short_playable_silence() -> None:
    for silent in (request(Text=" … "), ssml(" ")):
        samples, rate = decoded(speech(silent))
        assert 0.05 < len(samples) / rate < 0.5
        assert np.abs(samples).max() == 0


def test_threads_do_not_mix_their_voices() -> None:
    texts = [f"Speaker number {'nine, ' * number} says hello." for number in range(8)]
    alone = [seconds(request(Text=text)) for text in texts]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: seconds(request(Text=text)), texts))

    assert together == pytest.approx(alone, rel=0.05)


@pytest.mark.parametrize(
    ("members", "refused_as"),
    [
        ({"OutputFormat": "wav"}, "ValidationException"),
        ({"OutputFormat": "json"}, "ValidationException"),
        ({"Text": ""}, "ValidationException"),
        # A voice that lacks the engine: not EngineNotSupportedException, which the model has.
        ({"VoiceId": "Carla", "Engine": "neural"}, "ValidationException"),
        ({"VoiceId": "Olivia"}, "ValidationException"),
        ({"VoiceId": "Joanna", "Engine": "long-form"}, "ValidationException"),
        ({"VoiceId": "Joanna", "Engine": "generative", **MARKS}, "ValidationException"),
        ({"VoiceId": "Joanna", "LanguageCode": "fr-FR"}, "LanguageNotSupportedException"),
        ({"VoiceId": "Aditi", "LanguageCode": "en-US"}, "LanguageNotSupportedException"),
        ({"SpeechMarkTypes": ["word"]}, "MarksNotSupportedForFormatException"),
        ({"Text": "half a character: \ud83d"}, "SerializationException"),
        ({"OutputFormat": "pcm"}, "NotImplemented"),
        ({"SampleRate": "16000"}, "NotImplemented"),
        ({"LexiconNames": ["mine"]}, "NotImplemented"),
        ({"OutputFormat": "json", "SpeechMarkTypes": ["viseme"]}, "NotImplemented"),
        (
            {"Text": '<speak>One <prosody rate="slow">two</prosody></speak>', "TextType": "ssml"},
            "NotImplemented",
        ),
    ],
    ids=str,
)
def test_a_request_with_an_unsupported_value_is_refused(
    members: dict[str, Any], refused_as: str
) -> None:
    assert code(request(**members)) == refused_as


def test_voices_are_described_by_engine_and_language() -> None:
    neural = describe_voices({"Engine": "neural", "LanguageCode": "de-DE"})

    assert_fits(neural, "polly", "DescribeVoices")
    assert {"Vicki", "Daniel"} <= {each["Id"] for each in neural["Voices"]}
    assert all("neural" in each["SupportedEngines"] for each in neural["Voices"])
    assert len(describe_voices({})["Voices"]) == len(load_voices())
    with pytest.raises(ServiceError, match="NextToken"):
        describe_voices({"NextToken": "2"})


def test_a_refusal_names_all_faults_at_once() -> None:
    with pytest.raises(ServiceError, match=r"3 validation errors .*engine.*text.*voiceId"):
        POLLY.synthesize_speech({"OutputFormat": "mp3", "VoiceId": "Nobody", "Engine": "quantum"})


def test_3000_characters_are_spoken_and_3001_are_not() -> None:
    longest = request(Text="word " * 600, **MARKS)

    assert speech(longest)["RequestCharacters"] == 3000
    assert code(request(Text=longest["Text"] + ".", **MARKS)) == "TextLengthExceededException"


def test_tags_are_free_up_to_6000_characters_in_all() -> None:
    """An entity is one character of text."""
    content = "&lt;" * 1000 + "<p></p>" * 283
    content += "x" * (6000 - len(f"<speak>{content}</speak>"))

    longest = ssml(content, **MARKS)

    assert len(longest["Text"]) == 6000
    assert speech(longest)["RequestCharacters"] == 1000 + len(content.split("</p>")[-1])
    assert code(ssml(content + "x", **MARKS)) == "TextLengthExceededException"
    assert code(ssml("word " * 600 + ".", **MARKS)) == "TextLengthExceededException"


@pytest.mark.parametrize(
    "document",
    [
        *("plain text", "<p>x</p>", "<speak>x</speak>y", "<speak"),
        '<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>',
        *(
            f"<speak>{content}</speak>"
            for content in (
                *("never <closed", "x < y", "Tom & Jerry", "<p>x", "x\0", "&nbsp;", "<b>x</b>"),
                *("<audio src='x'/>", "<voice name='Amy'>x</voice>", "<speak>x</speak>"),
            )
        ),
    ],
)
def test_ssml_that_is_not_one_valid_speak_element_is_refused(document: str) -> None:
    assert code(request(Text=document, TextType="ssml")) == "InvalidSsmlException"


def test_every_voice_is_one_of_the_api_model() -> None:
    shape = operation_model("polly", "SynthesizeSpeech").input_shape
    assert shape is not None
    voices = load_voices()

    assert set(voices) <= set(shape.members["VoiceId"].metadata["enum"])
    spoken = {language for voice in voices.values() for language in voice.languages}
    assert spoken == set(shape.members["LanguageCode"].metadata["enum"])


def test_the_longest_text_is_spoken_to_its_end() -> None:
    text = (STORY * 20)[:3000]

    share = seconds(request(Text=text)) / seconds(request(Text=STORY))

    assert share == pytest.approx(len(text) / len(STORY), rel=0.1)
