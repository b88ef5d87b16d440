"""Polly's voices: which engines and languages each has, and what stands in for it here.

``voices.json`` holds them as DescribeVoices returns them. A few of the voices that the API model
names are missing: what they speak and with which engine is not documented.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from local.services.polly.espeak_voices import espeak_voice

_FILE: Final = Path(__file__).with_name("voices.json")


@dataclass(frozen=True)
class PollyVoice:
    """One voice.

    Attributes:
        description: As in DescribeVoices.
        place: Its number, from 0, among the voices of its language and gender.
    """

    description: Mapping[str, Any]
    place: int

    @property
    def id(self) -> str:
        return str(self.description["Id"])

    @property
    def engines(self) -> list[str]:
        return list(self.description["SupportedEngines"])

    @property
    def language(self) -> str:
        return str(self.description["LanguageCode"])

    def speaks(self, language: str, *, secondarily: bool) -> bool:
        """Whether a language is the voice's own or, secondarily, one of its others."""
        others = self.description.get("AdditionalLanguageCodes", []) if secondarily else []
        return language == self.language or language in others

    def espeak_name(self, language: str) -> str:
        """What speaks for this voice in a language, which need not be its own."""
        return espeak_voice(language, self.description["Gender"], self.place)


def load_voices() -> dict[str, PollyVoice]:
    """All voices by their id."""
    taken: Counter[tuple[str, str]] = Counter()
    voices = {}
    for description in json.loads(_FILE.read_text("utf-8")):
        group = (description["LanguageCode"], description["Gender"])
        voices[description["Id"]] = PollyVoice(description, taken[group])
        taken[group] += 1
    return voices
