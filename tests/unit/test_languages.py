"""How well the language of a text is found: on sentences that were written before the tables."""

import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate, permutations
from pathlib import Path
from typing import Final

import pytest

from chalicelib.speech import languages, voices
from chalicelib.speech.languages import detected


def _sentences() -> dict[str, list[str]]:
    """The sentences of the file: a heading for each language, then one sentence a line."""
    found: dict[str, list[str]] = {}
    for line in Path(__file__).with_name("pages_by_language.txt").read_text("utf-8").splitlines():
        if line.startswith("# "):
            of_language = found.setdefault(line.removeprefix("# "), [])
        else:
            of_language.append(line)
    return found


SENTENCES: Final = _sentences()


def _texts(length: int) -> Iterator[tuple[str, str]]:
    """A text of so many words from the beginning of each sentence on, and its language."""
    for language, sentences in SENTENCES.items():
        for first in range(len(sentences)):
            words = " ".join(sentences[first:]).split()
            if len(words) >= length:
                yield language, " ".join(words[:length])


def _page(language: str, *, words: int) -> list[str]:
    """The first sentences of a language, with at least so many words in all."""
    ends = list(accumulate(len(sentence.split()) for sentence in SENTENCES[language]))
    return SENTENCES[language][: bisect_left(ends, words) + 1]


def _bare(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.replace("ß", "ss"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _damaged(text: str) -> str:
    """The text without every fifteenth character: some words lack a letter, others are joined."""
    return "".join(letter for at, letter in enumerate(text, start=1) if at % 15)


@pytest.mark.parametrize(("length", "bar"), [(10, 0.97), (40, 0.995)])
@pytest.mark.parametrize(
    "as_read",
    [
        pytest.param(str, id="as printed"),
        pytest.param(str.upper, id="in capitals"),
        pytest.param(_bare, id="without accents"),
        pytest.param(lambda text: _bare(text).upper(), id="in capitals without accents"),
        pytest.param(_damaged, id="damaged"),
    ],
)
def test_texts_are_in_the_language_that_is_found(
    as_read: Callable[[str], str], length: int, bar: float
) -> None:
    texts = list(_texts(length))
    wrong = [each for each in texts if detected(as_read(each[1])) != each[0]]

    assert len(texts) > 280
    assert len(wrong) <= (1 - bar) * len(texts), wrong


def test_every_language_that_is_found_is_the_first_of_its_voices() -> None:
    of_speech = {language.partition("-")[0]: language for language in reversed(voices.VOICES)}
    del of_speech["ar"]  # of the Emirates; "arb" is any country's

    assert set(SENTENCES) == set(of_speech.values())
    for language, sentences in SENTENCES.items():
        assert detected(" ".join(sentences)) == language


def _mixed(main: str, other: str, *, words: int) -> str:
    """A page with 60 words in its main language, and about so many in another one around them."""
    few = _page(other, words=words)
    return "\n".join([*few[:2], *_page(main, words=60), *few[2:]])


PAIRS: Final = list(permutations(SENTENCES, 2))


@pytest.mark.parametrize(("main", "other"), PAIRS)
def test_a_mixed_page_has_the_language_of_most_words(main: str, other: str) -> None:
    assert detected(_mixed(main, other, words=40)) == main


def test_a_closely_mixed_page_nearly_always_has_the_language_of_most_words() -> None:
    wrong = [
        (main, other) for main, other in PAIRS if detected(_mixed(main, other, words=48)) != main
    ]

    assert len(wrong) <= 0.1 * len(PAIRS), wrong


def test_a_page_in_three_languages_has_that_of_most_words_whatever_its_script() -> None:
    page = [*SENTENCES["en-US"][:5], *SENTENCES["fr-FR"][:5], *SENTENCES["ru-RU"][:9]]

    assert detected(" ".join(page)) == "ru-RU"


def test_a_word_with_marked_vowels_is_one_word() -> None:
    assert detected("كَانَ يَا مَا كَانَ said the old man to his three sons") == "en-US"


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("The Very Hungry Caterpillar", "en-US"),
        ("HÄNSEL UND GRETEL", "de-DE"),
        ("Le Petit Prince", "fr-FR"),
        ("Weiß", "de-DE"),
        ("Déjà !", "fr-FR"),
        ("C’era una volta", "it-IT"),
        ("O gato", "pt-BR"),
        ("El gato", "es-ES"),
        ("Репка", "ru-RU"),
    ],
)
def test_a_title_may_be_enough(title: str, language: str) -> None:
    assert detected(title) == language


@pytest.mark.parametrize(
    ("unknown", "language"),
    [
        ("Hedgehogs teaching ducklings knitting", "en-US"),
        ("Zwergkaninchen verschluckten Gänseblümchen", "de-DE"),
        ("Grenouilles, hérissons, écureuils malicieux", "fr-FR"),
        ("Scoiattoli, ricci, gattacci pazzerelli", "it-IT"),
        ("Coelhinhos, passarinhos, dragões brincalhões", "pt-BR"),
        ("Ardillas, cigüeñas, dragoncitos juguetones", "es-ES"),
    ],
)
def test_words_that_no_table_has_look_like_their_language(unknown: str, language: str) -> None:
    assert detected(f"{unknown}. {unknown}!") == language
    assert detected(f"{_bare(unknown)}. {_bare(unknown)}!".upper()) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "— 7 —",
        "1, 2, 3!",
        "Tom & Lucy",
        "Splash! Brrr!",
        "פעם אחת היה חתול קטן בשם תום. Tom, the cat!",
        "むかしむかし、あるところに",
    ],
)
def test_a_text_without_a_reason_has_no_language(text: str) -> None:
    assert detected(text) is None


@pytest.mark.parametrize("table", [languages._WORDS, languages._PARTS])
def test_a_table_has_each_entry_once_and_as_words_are_looked_up(table: dict[str, str]) -> None:
    for entries in map(str.split, table.values()):
        assert entries == sorted(set(entries))
        assert all(entry.isascii() and entry.islower() for entry in entries)
    assert all(len(part) <= 3 for parts in languages._PARTS.values() for part in parts.split())
