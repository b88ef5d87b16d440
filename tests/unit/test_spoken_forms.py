"""What is heard of what is printed: a table for each language, compared in espeak-ng's phonemes."""

import re
from pathlib import Path

import pytest

from chalicelib.speech.ssml import ssml_requests
from local.engines.speaker import pronounce
from local.services.polly.script import Text
from local.services.polly.ssml import read_ssml

pytestmark = pytest.mark.engines

TABLES = Path(__file__).parent / "spoken_forms"
SPEAKERS = {
    "en": ("en-US", "en-us"),
    "de": ("de-DE", "de"),
    "fr": ("fr-FR", "fr"),
    "it": ("it-IT", "it"),
    "es": ("es-ES", "es"),
    "pt": ("pt-BR", "pt-br"),
    "ru": ("ru-RU", "ru"),
    "ar": ("arb", "ar"),
}
"""By table: the story's language, and espeak-ng's voice."""

ENOUGH = 0.99


def spoken(printed: str, language: str) -> str:
    """The characters that the local Polly is asked to speak."""
    parts = [part for ssml in ssml_requests(printed, language) for part in read_ssml(ssml)]
    texts = [part.characters for part in parts if isinstance(part, Text)]
    return " ".join("".join(each.text for each in characters) for characters in texts)


def sounds(text: str, voice: str) -> str:
    """Phonemes without stress, pauses, the ends of words, and espeak-ng's changes of language."""
    return re.sub(
        r"\([a-z-]+\)|[\sˈˌ_|\"-]", "", "".join(word.phonemes for word in pronounce(text, voice))
    )


@pytest.mark.parametrize("table", sorted(TABLES.glob("*.tsv")), ids=lambda table: table.stem)
def test_it_is_spoken_as_a_reader_would(table: Path) -> None:
    language, voice = SPEAKERS[table.stem]
    lines = [line.split("\t") for line in table.read_text().splitlines()]
    differing = []
    for printed, heard in lines:
        said = spoken(printed, language)
        got, expected = sounds(said, voice), sounds(heard, voice)
        if got != expected:
            differing.append(f"{printed!r} is {said!r}: {got}, not {expected} ({heard!r})")

    right = len(lines) - len(differing)

    assert right >= ENOUGH * len(lines), "\n".join([f"{right} of {len(lines)}", *differing])
