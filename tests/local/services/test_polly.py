"""The local Polly speaks: playable audio in every format, as long and as loud as it should be."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from local.services.polly.synthesis import Polly
from local.services.polly.voices import load_voices
from tests.local.services.engine_shapes import assert_fits

pytestmark = pytest.mark.engines

STORY = (
    "The lighthouse keeper climbed the stairs with a lamp in his hand. Far below, the waves "
    "were telling each other about the boats that had passed that day, and nobody was asleep."
)


@pytest.fixture(scope="module")
def polly() -> Polly:
    return Polly()


def speech(polly: Polly, **request: Any) -> dict[str, Any]:
    complete = {"OutputFormat": "mp3", "VoiceId": "Joanna", "Text": STORY} | request
    response = polly.synthesize_speech(complete)
    assert_fits(response, "polly", "SynthesizeSpeech")
    return response


def heard(response: dict[str, Any]) -> tuple[NDArray[np.float64], int]:
    """Decoded samples from -1 to 1, and their rate."""
    samples, rate = soundfile.read(io.BytesIO(response["AudioStream"]))
    return samples, rate


def seconds(polly: Polly, ssml: str, **request: Any) -> float:
    """How long a document takes to say (by uncompressed samples)."""
    response = speech(
        polly, Text=f"<speak>{ssml}</speak>", TextType="ssml", OutputFormat="pcm", **request
    )
    return len(response["AudioStream"]) / 2 / 16_000


def loudness(polly: Polly, ssml: str) -> float:
    response = speech(
        polly, Text=f"<speak>{ssml}</speak>", TextType="ssml", OutputFormat="pcm", Engine="neural"
    )
    return float(np.abs(np.frombuffer(response["AudioStream"], "<i2").astype(float)).mean())


def test_an_mp3_is_heard_and_takes_as_long_as_the_text_needs(polly: Polly) -> None:
    response = speech(polly)
    samples, rate = heard(response)
    words_a_minute = len(STORY.split()) / (len(samples) / rate / 60)
    assert response["ContentType"] == "audio/mpeg"
    assert response["RequestCharacters"] == len(STORY)
    assert 140 < words_a_minute < 190
    assert np.abs(samples).max() > 0.2
    assert samples.ndim == 1


@pytest.mark.parametrize(("engine", "default"), [("standard", 22_050), ("neural", 24_000)])
def test_an_mp3_has_pollys_defaults(polly: Polly, engine: str, default: int) -> None:
    response = speech(polly, Engine=engine)
    samples, rate = heard(response)
    kilobits_a_second = len(response["AudioStream"]) * 8 / (len(samples) / rate) / 1000
    assert rate == default
    assert kilobits_a_second == pytest.approx(48, rel=0.02)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 44100, 48000])
def test_an_mp3_has_the_sample_rate_asked_for(polly: Polly, rate: int) -> None:
    assert heard(speech(polly, Text="Hello.", SampleRate=str(rate)))[1] == rate


@pytest.mark.parametrize(
    ("audio_format", "content_type"),
    [("ogg_vorbis", "audio/ogg"), ("ogg_opus", "audio/ogg;codecs=opus")],
)
def test_ogg_is_heard(polly: Polly, audio_format: str, content_type: str) -> None:
    response = speech(polly, Text="Hello there, my friend.", OutputFormat=audio_format)
    assert response["ContentType"] == content_type
    assert np.abs(heard(response)[0]).max() > 0.1


@pytest.mark.parametrize(
    ("audio_format", "bytes_a_second"), [("pcm", 32_000), ("mulaw", 8_000), ("alaw", 8_000)]
)
def test_raw_formats_last_as_long_as_the_mp3(
    polly: Polly, audio_format: str, bytes_a_second: int
) -> None:
    samples, rate = heard(speech(polly))
    response = speech(polly, OutputFormat=audio_format)
    length = len(response["AudioStream"]) / bytes_a_second
    assert response["ContentType"] == f"audio/{audio_format}"
    assert length == pytest.approx(len(samples) / rate, abs=0.15)


def test_every_voice_speaks_with_each_of_its_engines(polly: Polly) -> None:
    for voice in load_voices().values():
        for engine in voice.engines:
            response = speech(
                polly, Text="Hallo 12", VoiceId=voice.id, Engine=engine, OutputFormat="pcm"
            )
            assert np.frombuffer(response["AudioStream"], "<i2").max() > 1000, voice.id


def test_a_bilingual_voice_speaks_the_language_asked_for(polly: Polly) -> None:
    marks = {"OutputFormat": "json", "SpeechMarkTypes": ["viseme"]}

    def shapes(**language: str) -> list[str]:
        response = speech(polly, VoiceId="Aditi", Text="1984", **marks, **language)
        return [json.loads(line)["value"] for line in response["AudioStream"].splitlines()]

    assert shapes() == shapes(LanguageCode="en-IN")
    assert shapes() != shapes(LanguageCode="hi-IN")


@pytest.mark.parametrize(
    ("markup", "pause"),
    [
        ('<break time="1500ms"/>', 1.5),
        ('<break time="2s"/>', 2.0),
        ('<break strength="none"/>', 0.0),
        ('<break strength="x-strong"/>', 0.6),
    ],
)
def test_a_break_is_a_pause(polly: Polly, markup: str, pause: float) -> None:
    unbroken = seconds(polly, 'One <break strength="none"/> two')
    # espeak-ng's own lengths vary by some milliseconds.
    assert seconds(polly, f"One {markup} two") - unbroken == pytest.approx(pause, abs=0.03)


def test_paragraphs_and_sentences_are_followed_by_pauses(polly: Polly) -> None:
    plain = seconds(polly, "One") + seconds(polly, "Two")
    assert seconds(polly, "<s>One</s><s>Two</s>") > plain + 0.5
    assert seconds(polly, "<p>One</p><p>Two</p>") > seconds(polly, "<s>One</s><s>Two</s>")


def test_prosody_changes_rate_and_volume(polly: Polly) -> None:
    ordinary = seconds(polly, STORY)
    assert seconds(polly, f'<prosody rate="150%">{STORY}</prosody>') < ordinary * 0.8
    assert seconds(polly, f'<prosody rate="slow">{STORY}</prosody>') > ordinary * 1.2
    louder = loudness(polly, f'<prosody volume="+6dB">{STORY}</prosody>')
    assert loudness(polly, STORY) < louder
    assert loudness(polly, f'<prosody volume="silent">{STORY}</prosody>') == 0


def test_say_as_spells_and_sub_replaces(polly: Polly) -> None:
    spelled = '<say-as interpret-as="digits">1984</say-as>'
    assert seconds(polly, spelled) > seconds(polly, "one nine")
    assert seconds(polly, '<sub alias="hydrogen and oxygen">HO</sub>') == pytest.approx(
        seconds(polly, "hydrogen and oxygen"), abs=0.03
    )


def test_a_text_with_nothing_to_say_is_a_short_playable_silence(polly: Polly) -> None:
    samples, rate = heard(speech(polly, Text=" … "))
    assert 0.05 < len(samples) / rate < 0.5
    assert np.abs(samples).max() == 0


def test_the_longest_text_is_spoken_to_its_end(polly: Polly) -> None:
    text = (STORY * 20)[:3000]
    once = len(speech(polly, OutputFormat="mulaw")["AudioStream"])
    whole = len(speech(polly, Text=text, OutputFormat="mulaw")["AudioStream"])
    assert whole / once == pytest.approx(len(text) / len(STORY), rel=0.1)


def test_speech_is_cut_off_after_ten_minutes(polly: Polly) -> None:
    assert seconds(polly, '<break time="10s"/>' * 70) == 600


def test_threads_do_not_mix_their_voices(polly: Polly) -> None:
    texts = [f"Speaker number {'nine, ' * number} says hello." for number in range(8)]

    def say(text: str) -> int:
        return len(speech(polly, Text=text, OutputFormat="mulaw")["AudioStream"])

    alone = [say(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(say, texts)) == pytest.approx(alone, rel=0.02)
