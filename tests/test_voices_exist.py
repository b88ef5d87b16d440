"""The app's voices are Polly's."""

import re
from collections import Counter
from pathlib import Path

import pytest

from chalicelib.speech.voices import ENGINES_WITH_MARKS, VOICES
from local.services.polly.voices import load_voices


@pytest.mark.parametrize("language", VOICES)
def test_every_voice_speaks_its_language_in_the_engines_that_it_has(language: str) -> None:
    for voice in VOICES[language]:
        pollys = load_voices()[voice.id]
        assert language in pollys.languages, voice
        assert set(pollys.engines) == set(voice.engines), voice


def test_the_docs_count_the_voices_of_each_engine_and_say_which_have_speech_marks() -> None:
    voices = [voice for voices in VOICES.values() for voice in voices]
    page = Path(__file__).parent.parent.joinpath("docs/speech.md").read_text()

    told = re.findall(r"^\| `([a-z-]+)` \| (\d+)\b[^|]* \| (yes|no) \|", page, re.MULTILINE)

    assert {engine: int(count) for engine, count, _ in told} == Counter(
        engine for voice in voices for engine in voice.engines
    )
    assert {engine for engine, _, has in told if has == "yes"} == ENGINES_WITH_MARKS
    assert f"of {len(voices)};" in page
