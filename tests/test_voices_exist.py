"""The app's voices are Polly's."""

import pytest

from chalicelib.pages.voices import VOICES
from local.services.polly.synthesis import Polly

POLLY = {voice["Id"]: voice for voice in Polly().describe_voices({})["Voices"]}


@pytest.mark.parametrize("language", VOICES)
def test_every_voice_speaks_its_language_in_the_engines_that_it_has(language: str) -> None:
    for voice in VOICES[language]:
        described = POLLY[voice.id]
        languages = {described["LanguageCode"], *described.get("AdditionalLanguageCodes", [])}
        assert language in languages, voice
        engines = set(described["SupportedEngines"]) & {"neural", "standard"}
        assert engines == {
            name for name, has in (("neural", voice.neural), ("standard", voice.standard)) if has
        }, voice
