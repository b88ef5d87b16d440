"""What signs, units and abbreviations are called when they are read aloud: a module a language.

Numbers stay digits: Polly and espeak-ng both speak them in the language of the voice.
"""

import importlib
import re
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

import msgspec

Forms = tuple[str, ...]
"""A noun behind a number: its singular and its plural; in Russian and Arabic there are more."""

Plural = Callable[[str], int]
"""Tells the form behind a number, which has digits, and commas or full stops (CLDR, "Plural
rules"); or behind "½", which stands for any fraction."""


def one_or_more(number: str) -> int:
    return number not in {"1", "1,0", "1.0", "½"}


def two_or_more(number: str) -> int:
    return number != "½" and int(re.split(r"[.,]", number)[0]) > 1


def _as_printed(number: str) -> str:
    return number


class SpeechWords(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a language.

    Attributes:
        signs: By the sign; spoken wherever it stands.
        until: Between the two numbers of a range.
        dot: In the address of a web page.
        www: There, too.
        fractions: By the sign, alone.
        mixed: By the sign, behind a whole number.
        units: By the sign, behind a number.
        plural: Which form of a unit follows a number.
        agreeing: By the pattern of a noun's beginning: numbers and fractions, and what each of
            them is before such a noun.
        nouns_before_part: A pattern of nouns, if "3½ kg" is said "3 kg and a half". Units are
            among them.
        decimal: Changes a number that engines read badly.
        always: Abbreviations with one meaning.
        before_name: Those that are one only before a word with a capital.
        after_name: Those that are one only behind a word with a capital.
        before_number: Those that are one only before a number.
        closing: Spoken forms whose abbreviations may end a sentence.
        patterns: Other forms, and what is said (a template of `re`).
        chapter: Words before a Roman number.
        ordinals: The ends of a number, and what stands there for the engines.
        spelled: Words in capitals that are read letter by letter.
        stutter: The vowel behind each consonant of "b-b-bear"; without one, the word is said.
    """

    signs: Mapping[str, str]
    until: str
    dot: str
    www: str = "w w w"
    fractions: Mapping[str, str]
    mixed: Mapping[str, str]
    units: Mapping[str, Forms]
    plural: Plural = one_or_more
    agreeing: Mapping[str, Mapping[str, str]] = {}
    nouns_before_part: str = ""
    decimal: Callable[[str], str] = _as_printed
    always: Mapping[str, str]
    before_name: Mapping[str, str] = {}
    after_name: Mapping[str, str] = {}
    before_number: Mapping[str, str] = {}
    closing: frozenset[str] = frozenset()
    patterns: Mapping[str, str] = {}
    chapter: tuple[str, ...] = ()
    ordinals: Mapping[str, str] = {}
    spelled: frozenset[str] = frozenset()
    stutter: str = ""


SPELLED_EVERYWHERE: Final = frozenset("TV CD DVD PC DJ SOS ABC VIP GPS FM".split())

_MODULES: Final = MappingProxyType(
    {
        "en": "english",
        "de": "german",
        "fr": "french",
        "it": "italian",
        "es": "spanish",
        "pt": "portuguese",
        "ru": "russian",
        "ar": "arabic",
    }
)


@cache
def words_of(language: str) -> SpeechWords:
    """Return the words of a language. Its module is loaded at the first use: few are needed.

    Args:
        language: Of two letters: a key of `voices.VOICES` without the region.
    """
    words: SpeechWords = importlib.import_module(f"{__name__}.{_MODULES[language]}").WORDS
    return words


def fractions(*names: str) -> dict[str, str]:
    """By the sign: a half, a third, two thirds, a quarter, three quarters, an eighth."""
    return dict(zip("½⅓⅔¼¾⅛", names, strict=True))


def signs(*names: str) -> dict[str, str]:
    """By the sign: and, plus, equals, times, at, percent, minus, divided by."""
    return dict(zip("&+=×@%−÷", names, strict=True))
