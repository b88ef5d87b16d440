"""Polly's voices: the engines and languages of each, and the espeak-ng voice that replaces it.

``voices.json`` holds them in the shape of DescribeVoices. A few voices of the API model are
missing: AWS does not document their languages and engines.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from local.services.polly.espeak_voices import espeak_voice
from local.services.service_error import check_understood

_FILE: Final = Path(__file__).with_name("voices.json")


def describe_voices(request: dict[str, Any]) -> dict[str, Any]:
    """Answer a parsed DescribeVoices request; all voices are on one page.

    Raises:
        ServiceError: A parameter is not implemented.
    """
    check_understood("DescribeVoices", request, ("Engine", "LanguageCode"))
    voices = [
        each
        for each in json.loads(_FILE.read_text())
        if request.get("Engine", each["SupportedEngines"][0]) in each["SupportedEngines"]
        and request.get("LanguageCode", each["LanguageCode"]) == each["LanguageCode"]
    ]
    return {"Voices": voices}


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
    def languages(self) -> list[str]:
        """Its own language first, then its additional ones."""
        additional = self.description.get("AdditionalLanguageCodes", [])
        return [self.description["LanguageCode"], *additional]

    def espeak_name(self, language: str) -> str:
        """The espeak-ng voice that speaks for this one, in one of Polly's languages."""
        return espeak_voice(language, self.description["Gender"], self.place)


@cache
def load_voices() -> Mapping[str, PollyVoice]:
    taken: Counter[tuple[str, str]] = Counter()
    voices = {}
    for description in json.loads(_FILE.read_text("utf-8")):
        group = (description["LanguageCode"], description["Gender"])
        voices[description["Id"]] = PollyVoice(description, taken[group])
        taken[group] += 1
    return voices
