"""What stands on a page is heard as a good reader says it: espeak's phonemes of both are alike.

Each line of `spoken_forms/` is what is printed, a tab, and the words that are heard.
"""

import re
from pathlib import Path

import pytest

from chalicelib.pages.ssml import ssml_requests
from local.engines.speaker import phonemes
from local.services.polly.script import Text
from local.services.polly.ssml import read_ssml

pytestmark = pytest.mark.engines

TABLES = sorted((Path(__file__).parent / "spoken_forms").glob("*.tsv"))
VOICES = {"en": "en-us", "pt": "pt-br"}
"""espeak's voices; the others have the name of the language."""
LANGUAGES = {"en": "en-US", "pt": "pt-BR", "ar": "arb"}
"""Polly's languages; the others are like "de-DE"."""


def said(printed: str, language: str) -> str:
    """The words that Polly is asked to speak."""
    parts = [part for ssml in ssml_requests(printed, language) for part in read_ssml(ssml)]
    texts = [part for part in parts if isinstance(part, Text)]
    return " ".join("".join(each.text for each in text.characters) for text in texts)


def sounds(text: str, voice: str) -> str:
    """Phonemes without stress, pauses, and where words begin."""
    return re.sub(r"[ˈˌ\s_|‿-]", "", phonemes(text, voice))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_a_page_is_heard_as_a_reader_says_it(table: Path) -> None:
    language = LANGUAGES.get(table.stem, f"{table.stem}-{table.stem.upper()}")
    voice = VOICES.get(table.stem, table.stem)
    lines = [line.split("\t") for line in table.read_text().splitlines()]

    differences = [
        f"{printed!r}: {words!r} {sounds(words, voice)} for {heard!r} {sounds(heard, voice)}"
        for printed, heard in lines
        if sounds(words := said(printed, language), voice) != sounds(heard, voice)
    ]

    assert len(lines) >= 150
    assert len(differences) <= len(lines) / 100, "\n".join(differences)
