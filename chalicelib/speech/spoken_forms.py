"""How what is printed is read aloud: "Dr." is "Doctor", "3½" is "3 and a half", MAMA is a word.

A form of as many characters as what is printed replaces it (capitals, quotes); each other form
stands beside it, so that a highlight finds the printed word. Pure.
"""

import re
from collections.abc import Iterator
from functools import cache, partial
from typing import Final

import msgspec

from chalicelib.speech.rules import Rule, any_of, looked_up
from chalicelib.speech.spoken_numbers import ROMAN, number_rules, roman_rules
from chalicelib.speech.words import SpeechWords, words_of

_SILENT: Final = re.compile(
    r"[♩♪♫♬*_~|•●■□▪◆★☆\\^<>{}\[\]\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\U0001f000-\U0001faff]"
)
"""Signs and pictures that nobody reads aloud."""
PLAIN: Final = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "`": "'", "´": "'",
        "‐": "-", "‑": "-", "‒": "–", "―": "—", "−": "-", "\u00a0": " ", "\u202f": " ",
        "٪": "%", "٫": ".", "٬": ",",
    }
)  # fmt: skip
"""Quotes and dashes that engines read alike, and some read aloud; one character for one."""
_CAPITALS: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LOWER: Final = "[a-zß-öø-ÿа-яё]"
_UPPER: Final = rf"(?!{_LOWER})[^\W\d_]"
_ADDRESS: Final = (
    r"(?:https?://|www\.)[\w.-]+\w(?:/[\w/.-]*\w)?|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w.-])(?:[a-z\d-]+\.)+(?:com|org|net|{})(?![\w-])"
)
"""The last is one without "www.", in these domains or that of the language."""
_STUTTER: Final = re.compile(
    r"(?<![\w-])((?:([^\W\d_aeiouyàâäáéèêíóöôúüаеёиоуыэюя])-)(?:\2-)*)(?=\2)(\w['’]?\w+)",
    re.IGNORECASE,
)
"""The sounds before a word ("B-b-"), one of them, and the word."""


class SpokenForm(msgspec.Struct, frozen=True):
    """What is said in the place of ``text[start:end]``.

    Attributes:
        may_end: A full stop at its end may be that of the sentence, too.
    """

    start: int
    end: int
    spoken: str
    may_end: bool


def spoken_forms(text: str, language: str) -> list[SpokenForm]:
    """Return what is said instead of what is printed, in the order of the text.

    Args:
        text: As it is printed.
        language: A key of `voices.VOICES`.
    """
    found: list[SpokenForm] = []
    taken = bytearray(len(text))
    closing = words_of(_base(language)).closing
    for pattern, spoken in _rules(_base(language)):
        for match in pattern.finditer(text):
            start, end = match.span("form" if "form" in pattern.groupindex else 0)
            is_free = not any(taken[start:end])
            if is_free and (said := spoken(match).translate(PLAIN)):
                is_count = text[start].isdigit() and not re.match(r"\s?\d", text[end:])
                may_end = said in closing or is_count
                before = " " * text[max(start - 1, 0) : start].isalnum()  # "Tom&Jerry"
                behind = " " * text[end : end + 1].isalnum()
                taken[start:end] = b"\1" * (end - start)
                found.append(SpokenForm(start, end, f"{before}{said}{behind}", may_end))
    return sorted(found, key=lambda each: each.start)


def as_spoken(text: str, language: str) -> str:
    """Return a text of the same length: words in capitals are words, signs are spaces."""
    text = _SILENT.sub(" ", text).translate(PLAIN)
    words = _CAPITALS.findall(text)
    is_shouted = all(word.isupper() for word in words)
    spelled = words_of(_base(language)).spelled

    def lower(match: re.Match[str]) -> str:
        word: str = match[0]
        is_letter = len(word) == 1 and (not is_shouted or len(words) == 1 or word == "I")
        is_number = not is_shouted and len(word) > 1 and re.fullmatch(ROMAN, word)
        if not word.isupper() or is_letter or is_number:
            return word
        parts = [part if part in spelled else part.lower() for part in re.split("(['’])", word)]
        lowered = "".join(parts)
        return lowered if len(lowered) == len(word) else word

    return _CAPITALS.sub(lower, text)


def _base(language: str) -> str:
    """The language without its region: "ar" of "arb" and "ar-AE"."""
    return language[:2]


@cache
def _rules(language: str) -> list[Rule]:
    """The rules of a language; the first that finds something there wins."""
    words = words_of(language)
    return [
        (re.compile(_ADDRESS.format(language)), lambda found: _address(found[0], words)),
        *(
            (re.compile(pattern), partial(re.Match.expand, template=template))
            for pattern, template in words.patterns.items()
        ),
        (_STUTTER, lambda found: _stutter(found, words)),
        *number_rules(words),
        *_abbreviations(words),
        *roman_rules(words),
        (re.compile(f"[{re.escape(''.join(words.signs))}]"), lambda found: words.signs[found[0]]),
    ]


def _abbreviations(words: SpeechWords) -> Iterator[Rule]:
    kinds = (
        (words.after_name, rf"(?:{_LOWER}|\d)\s{_UPPER}\w*\s(?P<form>{{}})(?!\w)"),
        (words.before_number, r"(?<!\w)({})(?=\s?\d)"),
        (words.before_name, rf"(?<![\w.])({{}})(?=\s{_UPPER}\w)"),
        (words.after_name, r"(?<=[^\W\d_]\s)({})(?!\w)"),
        (words.always, r"(?<!\w)({})(?!\w)"),
    )
    for abbreviations, pattern in kinds:
        if abbreviations:
            place = re.compile(pattern.format(any_of(abbreviations)))
            yield place, partial(looked_up, abbreviations)


def _stutter(found: re.Match[str], words: SpeechWords) -> str:
    sounds, word = found[1].lower(), found[3]
    if sounds.count("-") == 1 and (word[0].isupper() or word == "shaped"):
        return ""  # "D-Day", "S-shaped"
    spoken = sounds.replace("-", f"{words.stutter} ") if words.stutter else ""
    return spoken + (word.lower() if word.isupper() else word)


def _address(address: str, words: SpeechWords) -> str:
    spoken = re.sub(r"^https?://", "", address).replace("@", f" {words.signs['@']} ")
    spoken = spoken.replace("www.", f"{words.www} {words.dot} ", 1)
    return re.sub(r"\.", f" {words.dot} ", spoken)
