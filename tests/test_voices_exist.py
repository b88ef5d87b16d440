"""The app's voices are Polly's."""

import pytest

from chalicelib.speech.voices import VOICES
from local.services.polly.voices import load_voices


@pytest.mark.parametrize("language", VOICES)
def test_every_voice_speaks_its_language_in_the_engines_that_it_has(language: str) -> None:
    for voice in VOICES[language]:
        pollys = load_voices()[voice.id]
        assert language in pollys.languages, voice
        assert set(pollys.engines) & {"neural", "standard"} == {
            name for name, has in (("neural", voice.neural), ("standard", voice.standard)) if has
        }, voice
