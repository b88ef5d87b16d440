"""Joins a word that is divided at the end of a row.

The hyphen goes ("adven-", "ture"), unless it belongs to the word ("well-", "known"). The page shows
what is right if the word stands on it elsewhere. Else rules find what may be a compound, and a list
of words of the language has those that are written without a hyphen ("sunshine").
docs/decisions/0025-hyphens.md has the figures.
"""

import re
import sys
from collections.abc import Set
from functools import cache
from pathlib import Path
from typing import Final

_VENDOR: Final = Path(__file__).parents[2] / "vendor"
_HYPHENS: Final = "-\u2010\u2011"
_SOFT: Final = "\u00ad¬"
"""The soft hyphen, and what OCR makes of a hyphen in old print: no part of any word."""
_LETTER: Final = r"[^\W\d_]"
_HYPHENATED: Final = re.compile(rf"[^\W_][{_HYPHENS}]$")
_SOFTLY_DIVIDED: Final = re.compile(rf"{_LETTER}[{_SOFT}]$")
_REST: Final = re.compile(rf"[{_HYPHENS}]?{_LETTER}")
_AROUND_WORD: Final = re.compile(r"^[\W_]+|[\W_]+$")
_LAST_LETTERS: Final = re.compile(r"[^\W_]*$")
_FIRST_LETTERS: Final = re.compile(r"[^\W_]*")
_MIN_PART: Final = 3  # letters
_MIN_RHYME: Final = 4
_VOWEL: Final = re.compile("[aeiouyàâäáãèéêëìíîïòóôõöùúûüœæаеёиоуыэюя]")

_CONJUNCTIONS: Final = frozenset(
    {"and", "or", "und", "oder", "bzw", "sowie", "bis", "et", "ou", "или"}
)

_LINKS: Final = (
    "(and|at|by|go|in|of|on|o|the|to|up|de|du|des|en|et|le|la|à|au|aux|da|do|dos|del|e|y|um|und|zu)"
    f"-{_LETTER}"
)
"""The middle of compounds of three parts: "in-law", "en-ciel", "de-meia"."""

_OPEN: Final = frozenset({"en", "fr", "pt"})
"""Languages that form new compounds of any two words with a hyphen."""

_FIRST: Final = {
    language: frozenset(words.split())
    for language, words in {
        "en": "anti co ex half mid multi non post pre pro quarter re self semi ultra vice well",
        "fr": "anti après arrière avant contre demi ex mi mini non nord pré quasi semi sous sud "
        "super vice",
        "pt": "além anti aquém arqui auto bem contra ex mal mini pan pós pré pró recém sem semi "
        "sub super vice",
        "de": "ex",
        "es": "austro anglo chino franco germano greco hispano indo italo ítalo judeo luso ruso",
        "it": "anglo austro ex franco greco ispano italo nord non russo sino sud week",
        "ru": "кое кой экс мини вице премьер царь чудо",
    }.items()
}
"""First parts of compounds, of which not all are words."""

_SURE: Final = {
    language: frozenset(words.split())
    for language, words in {
        "en": "ex self",
        "fr": "après arrière avant casse court demi ex garde gratte libre mi nord pique porte sous "
        "sud tire vice",
        "pt": "além aquém beija ex guarda pós pré pró recém vice",
    }.items()
}
"""First parts after which any other part follows a hyphen, if no word of the list is found."""

_LAST: Final = {
    language: frozenset(words.split())
    for language, words in {
        "en": "coloured colored eyed eared faced footed haired handed headed legged like nosed "
        "shaped sized tailed toed",
        "fr": "ce ci elle elles il ils je là même mêmes moi nous on toi tu vous",
        "pt": "feira íris la lhe lhes lo los las me nos se te vos",
    }.items()
}
"""Last parts of compounds, of which not all are words."""

_COLOURS_DE: Final = "(rot|blau|gelb|grün|schwarz|weiß|grau|braun|rosa|lila)"
_PATTERNS: Final = {
    "en": r"(twen|thir|for|fif|six|seven|eigh|nine)ty-.+|(re|pre)-e.+|co-o.+",
    "fr": r"\w+-(y|t-(ils?|elles?|on|en|y))|(celui|celles?|ceux|ce|cette|ces)-(ci|là)",
    "pt": r"\w+(ou|eu|iu|[aá]va|ia|[áêí]|mo)-(me|te|se|lhes?|[nv]os|l?[oa]s?)|\w+-[oa]"
    r"|mal-[aeiouáéíóúh].+"
    r"|\w+(am|r|z|[aei]ndo|mos)-(me|te|se|lhes?|[nv]os|n[oa]s?)",
    "es": r"\w+ic[oa]-\w+ic[oa]s?",
    "it": r"\w+ico-\w+ic[oaie]|(nord|sud)-(est|ovest)",
    "de": f"{_COLOURS_DE}-{_COLOURS_DE}.*",
    "ru": r"(к|ч|отч|зач|поч|как|где|куда|откуда|когда|сколько|так)\w{0,4}-(то|либо|нибудь)"
    r"|(ну|на|дай|давай|постой|\w+[иь]те|скажи|покажи|держи|смотри|посмотри|пойди|возьми)-ка"
    r"|\w+-таки|по-\w+([сц]ки|ьи)"
    r"|по-(мо|тво|сво|наш|ваш|друг|нов|стар|прежн|настоящ|хорош|разн)[ео]му"
    r"|жар-птиц\w+"
    r"|во?-\w+[ыи]х|из-(за|под)|\w+[оеё]-"
    r"(син|красн|бел|ч[её]рн|ж[её]лт|зел[её]н|голуб|сер|розов|рыж)\w+"
    r"|(?P<stem>\w{4,})[оы]м?-\w*(?P=stem)\w+|мало-помалу|жили-были",
}
"""Forms of compounds; none is compiled before a page needs it."""


def bare(word: str) -> str:
    """The word in lower case, without the punctuation around it."""
    return _AROUND_WORD.sub("", word).lower()


def is_divided(above: str, below: str) -> bool:
    """Does a row end in the middle of a word?"""
    if _REST.match(below) is None:
        return False
    if _SOFTLY_DIVIDED.search(above) is not None:
        return True
    if _HYPHENATED.search(above) is None:
        return False
    # A hyphen before a capital is a dash ("then- But"), unless it is in a name or in capitals.
    return not _beginning(below)[:1].isupper() or _end(above[:-1])[:1].isupper()


def joined(first: str, second: str, known: Set[str], language: str) -> str | None:
    """The word whose parts end one row and begin the next; None if these are two words.

    Args:
        first: The last word of a row.
        second: The first word of the next row.
        known: All words of the page, as `bare` returns them.
        language: Of the page, such as "de-DE".
    """
    if not is_divided(first, second):
        return None
    begin, mark = first[:-1], first[-1]
    if mark in _SOFT:
        return begin + second
    rest = second.lstrip(_HYPHENS)
    if rest != second:  # Portuguese repeats a word's own hyphen
        return f"{begin}-{rest}"
    spoken = language[:2]
    return spelled(begin, rest, spoken, known, words_of(spoken))


def spelled(begin: str, rest: str, language: str, known: Set[str], words: Set[str]) -> str | None:
    """The word of two parts; None if these are two words, as in "Haus- und Hoftür".

    Args:
        begin: What ends the row, without the hyphen.
        rest: What begins the next row.
        language: Two letters.
        known: All words of the page, as `bare` returns them.
        words: Of the language, in lower case.
    """
    whole, compound = begin + rest, f"{begin}-{rest}"
    if bare(compound) in known:
        return compound
    if bare(whole) in known or (_end(begin) + _beginning(rest)).lower() in words:
        return whole
    ends_with_letter = len(bare(rest)) == 1  # as no divided word does: "pre- y posguerra"
    has_pattern = _has_pattern(f"{_end(begin)}-{bare(rest)}".lower(), language)
    if bare(rest) in _CONJUNCTIONS or (ends_with_letter and not has_pattern):
        return None
    if has_pattern or _is_compound(begin, rest, language, known, words):
        return compound
    # German "ck" was divided as "k-k" until 1996.
    return f"{begin[:-1]}c{rest}" if language == "de" and begin[-1] == rest[0] == "k" else whole


def _is_compound(first: str, second: str, language: str, known: Set[str], words: Set[str]) -> bool:
    begin, rest = _end(first), _beginning(second)
    if rest[:1].isupper() and not (begin.isupper() and rest.isupper()):
        return True  # "Jean-Paul", "E-Mail"
    begin, rest, second = begin.lower(), rest.lower(), second.lower()
    return (
        language == "ar"  # divides no words
        or begin[-1:].isdigit()
        or (len(begin) == 1 and _VOWEL.match(begin) is None)
        or _repeats(begin, rest)
        or re.match(_LINKS, second) is not None
        or ("-" in first and re.match(_LINKS, f"{begin}-{rest}") is not None)
        or _is_of_two_words(begin, rest, language, known, words)
    )


def _repeats(begin: str, rest: str) -> bool:
    """Stutters and plays with sounds: "b-bear", "choo-choo", "tick-tock", "teeny-weeny"."""
    if rest.startswith(begin):
        return True
    if min(len(begin), len(rest)) < _MIN_PART:
        return False
    rhymes = len(begin) >= _MIN_RHYME and begin[1:] == rest[1:]
    return rhymes or _VOWEL.sub("", begin) == _VOWEL.sub("", rest)


def _has_pattern(compound: str, language: str) -> bool:
    return language in _PATTERNS and re.fullmatch(_PATTERNS[language], compound) is not None


def _is_of_two_words(
    begin: str, rest: str, language: str, known: Set[str], words: Set[str]
) -> bool:
    def is_word(part: str) -> bool:
        return part in words or (len(part) >= _MIN_PART and part in known)

    if begin in _SURE.get(language, ()) and len(rest) >= _MIN_PART:
        return True
    is_first = begin in _FIRST.get(language, ()) or (language in _OPEN and is_word(begin))
    return is_first and (is_word(rest) or rest in _LAST.get(language, ()))


def _end(first: str) -> str:
    return _LAST_LETTERS.search(first)[0]  # type: ignore[index]  # it also matches nothing


def _beginning(second: str) -> str:
    return _FIRST_LETTERS.match(second)[0]  # type: ignore[index]


@cache
def words_of(language: str) -> frozenset[str]:
    """Frequent words, and all those that the rules would spell in another way.

    Raises:
        FileNotFoundError: The lists were not deployed.
    """
    # Chalice puts the content of the project's folder `vendor` onto Lambda's path.
    folders = [_VENDOR, *map(Path, sys.path)]
    file = Path("hyphens", f"{language}.txt")
    found = next((folder for folder in folders if (folder / file).is_file()), _VENDOR)
    return frozenset((found / file).read_text("utf-8").split())
