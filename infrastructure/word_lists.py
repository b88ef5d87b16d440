"""Makes the lists of words that `chalicelib/pages/hyphens.py` reads, of pyspellchecker's.

A list has the most frequent words of its language, of which compounds consist, and those words
that the rules would spell in another way if they were divided ("sunshine": "sun-shine").
"""

import gzip
import json
from collections.abc import Set
from importlib.resources import files
from pathlib import Path
from typing import Final

from chalicelib.pages import hyphens

LANGUAGES: Final = ("ar", "de", "en", "es", "fr", "it", "pt", "ru")
_FOLDER: Final = Path(__file__).parent.parent / "vendor" / "hyphens"
_FREQUENT: Final = 20_000
_VERY_FREQUENT: Final = 150
"""Only of these, words of two letters count: most others are remains of something else."""
_MIN_LETTERS: Final = 3
_WITH_HYPHEN: Final = frozenset(
    {"arcoíris", "dingdong", "grownup", "malhumorado", "reenter", "всётаки", "помоему", "потвоему"}
)
"""Words that pyspellchecker has without the hyphen that they are written with."""


def list_of(language: str) -> list[str]:
    """The words of a language's list, in the order of their letters."""
    packed = files("spellchecker") / "resources" / f"{language}.json.gz"
    counts: dict[str, int] = json.loads(gzip.decompress(packed.read_bytes()))
    words = [word for word in counts if word.isalpha() and word not in _WITH_HYPHEN]
    words.sort(key=counts.__getitem__, reverse=True)
    frequent = {
        word
        for place, word in enumerate(words[:_FREQUENT])
        if len(word) >= _MIN_LETTERS or (len(word) > 1 and place < _VERY_FREQUENT)
    }
    if language != "ar":  # whose words are not divided
        frequent.update([word for word in words if _is_misspelled(word, language, frequent)])
    return sorted(frequent)


def _is_misspelled(word: str, language: str, frequent: Set[str]) -> bool:
    """Do the rules spell this word in another way, if it is divided somewhere?"""
    return any(
        hyphens.spelled(word[:place], word[place:], language, frozenset(), frequent) != word
        for place in range(2, len(word) - 1)
    )


def main() -> None:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        text = "\n".join(list_of(language)) + "\n"
        (_FOLDER / f"{language}.txt").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
