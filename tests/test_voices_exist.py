"""The app's voices are Polly's."""

import re
from collections import Counter
from pathlib import Path

import pytest

from chalicelib.speech.voices import ENGINES_WITH_MARKS, VOICES, Engine
from local.services.polly.voices import load_voices


@pytest.mark.parametrize("language", VOICES)
def test_every_voice_speaks_its_language_in_the_engines_that_it_has(language: str) -> None:
    for voice in VOICES[language]:
        pollys = load_voices()[voice.id]
        assert language in pollys.languages, voice
        assert set(pollys.engines) == set(voice.engines), voice


def test_the_docs_count_the_voices_of_each_engine_and_say_which_have_speech_marks() -> None:
    voices = [voice for voices in VOICES.values() for voice in voices]
    engines = Counter(engine for voice in voices for engine in voice.engines)
    page = Path(__file__).parent.parent.joinpath("docs/speech.md").read_text()
    told: list[tuple[Engine, str, str]] = re.findall(
        r"^\| `([a-z-]+)` \| ([^|]+) \| (yes|no) \|", page, re.MULTILINE
    )

    assert len(told) == len(engines)
    for engine, said, marks in told:
        names = sorted(voice.id for voice in voices if engine in voice.engines)
        named = sorted(
            re.findall(r"[A-Z][a-z]+", said.partition(",")[0] + said.partition(" in")[0])
        )
        assert said.startswith(f"{engines[engine]}") or set(named) == set(names)
        assert (marks == "yes") is (engine in ENGINES_WITH_MARKS)
    assert f"of {len(voices)};" in page
