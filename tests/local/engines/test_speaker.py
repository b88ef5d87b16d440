"""espeak-ng speaks for Polly's voices, which can be told apart."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from local.engines.speaker import SAMPLE_RATE, UnknownVoiceError, short_path, speak
from local.services.polly.voices import PollyVoice, load_voices

engines = pytest.mark.engines
VOICES = list(load_voices().values())


def timbre(voice: PollyVoice) -> NDArray[np.float64]:
    """The loudness (log) of each of 45 bands of a sentence, apart from how loud it is in all."""
    samples = speak("Where is my hat? asked the fox.", voice.espeak_name("en-US")).samples
    spectrum = np.abs(np.fft.rfft(samples))
    frequencies = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    edges = 60 * 1.12 ** np.arange(46)
    bands = np.digitize(frequencies, edges)
    loudness = np.array([np.log(spectrum[bands == band].mean()) for band in range(1, 46)])
    return np.asarray(loudness - loudness.mean())


def test_no_two_voices_of_a_language_have_the_same_stand_in() -> None:
    taken = {(voice.languages[0], voice.espeak_name(voice.languages[0])) for voice in VOICES}

    assert len(taken) == len(VOICES)


@engines
def test_voices_of_one_language_sound_different() -> None:
    """Repeated, one voice differs from itself by less than 0.1."""
    timbres = [timbre(voice) for voice in VOICES if voice.languages[0] == "en-US"]

    for index, first in enumerate(timbres):
        for second in timbres[:index]:
            assert np.abs(first - second).mean() > 0.15


@engines
def test_every_voice_speaks_each_of_its_languages() -> None:
    for voice in VOICES:
        for language in voice.languages:
            assert speak("Hallo 12", voice.espeak_name(language)).samples.max() > 1000, voice.id


@engines
def test_a_bilingual_voice_speaks_the_language_asked_for() -> None:
    aditi = load_voices()["Aditi"]
    english, hindi = (speak("1984", aditi.espeak_name(each)) for each in ("en-IN", "hi-IN"))

    assert len(english.word_starts) != len(hindi.word_starts)


@engines
def test_espeak_ng_has_every_language() -> None:
    """Asked without a variant: with one, it accepts unknown languages."""
    names = {voice.espeak_name(each) for voice in VOICES for each in voice.languages}
    for language in {name.partition("+")[0] for name in names}:
        assert len(speak("12", language).samples) > 0, language
    with pytest.raises(UnknownVoiceError):
        speak("Hello.", "nowhere")


@engines
def test_words_are_reported_by_their_first_character_and_markup_is_no_obstacle() -> None:
    starts = [character for character, _ in speak("We sing “Zoë”. Now go.", "en").word_starts]

    assert starts == [0, 3, 9, 15, 19]
    assert len(speak("a < b & c\0 and on", "en").samples) > len(speak("a < b", "en").samples)


def test_a_path_too_long_for_espeak_ng_gets_a_short_link(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 20) / ("deeper" * 15) / "espeak-ng-data"
    deep.mkdir(parents=True)
    (deep / "phontab").write_text("here")

    link = short_path(deep)

    assert len(str(link)) < 150
    assert (link / "phontab").read_text() == "here"
    assert short_path(tmp_path) == tmp_path
