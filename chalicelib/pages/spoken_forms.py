"""How what is printed is read aloud: "Dr." is "Doctor", "3½" is "3 and a half", MAMA is a word.

A form of as many characters as what is printed replaces it (capitals, quotes); each other form
stands beside it, so that a highlight finds the printed word. Pure.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Final

import msgspec

from chalicelib.pages.speech_words import WORDS, SpeechWords

_NUMBER: Final = r"(?<![\w.,])(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+)(?:[.,]\d+)*"
_SILENT: Final = re.compile(
    r"[♩♪♫♬*_~|•●■□▪◆★☆\\^<>{}\[\]\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\U0001f000-\U0001faff]"
)
"""Signs and pictures that nobody reads aloud."""
_PLAIN: Final = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "`": "'", "´": "'",
        "‐": "-", "‑": "-", "‒": "–", "―": "—", "−": "-", "\u00a0": " ", "\u202f": " ",
    }
)  # fmt: skip
"""Quotes and dashes that engines read alike, and some read aloud; one character for one."""
_CAPITALS: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LOWER: Final = "[a-zß-öø-ÿа-яё]"
_UPPER: Final = rf"(?!{_LOWER})[^\W\d_]"
_ROMAN: Final = r"(?=[IVXL])(?:X{0,3})(?:IX|IV|V?I{0,3})"
_ROMAN_VALUES: Final = {"I": 1, "V": 5, "X": 10, "L": 50}
_ADDRESS: Final = (
    r"(?:https?://|www\.)[\w.-]+\w(?:/[\w/.-]*\w)?|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w.-])(?:[a-z\d-]+\.)+(?:com|org|net|{})(?![\w-])"
)
"""The last is one without "www.", in these domains or that of the language."""
_IN_DIGITS: Final = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/8": "⅛"}
_STUTTER: Final = re.compile(
    r"(?<![\w-])((?:([^\W\d_aeiouyàâäáéèêíóöôúüаеёиоуыэюя])-)(?:\2-)*)(?=\2)(\w['’]?\w+)",
    re.IGNORECASE,
)
"""The sounds before a word ("B-b-"), one of them, and the word."""

_Rule = tuple["re.Pattern[str]", Callable[["re.Match[str]"], str]]


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
    closing = WORDS[_base(language)].closing
    for pattern, spoken in _rules(_base(language)):
        for match in pattern.finditer(text):
            start, end = match.span("form" if "form" in pattern.groupindex else 0)
            is_free = all(end <= each.start or each.end <= start for each in found)
            if is_free and (said := spoken(match).translate(_PLAIN)):
                space = " " * text[end : end + 1].isdigit()  # "No.5"
                found.append(SpokenForm(start, end, said + space, said in closing))
    return sorted(found, key=lambda each: each.start)


def as_spoken(text: str, language: str) -> str:
    """Return a text of the same length: words in capitals are words, signs are spaces."""
    text = _SILENT.sub(" ", text).translate(_PLAIN)
    words = _CAPITALS.findall(text)
    is_shouted = all(word.isupper() for word in words)
    spelled = WORDS[_base(language)].spelled

    def lower(match: re.Match[str]) -> str:
        word: str = match[0]
        is_letter = len(word) == 1 and (not is_shouted or len(words) == 1 or word == "I")
        is_number = not is_shouted and len(word) > 1 and re.fullmatch(_ROMAN, word)
        if not word.isupper() or is_letter or is_number:
            return word
        parts = [part if part in spelled else part.lower() for part in re.split("(['’])", word)]
        lowered = "".join(parts)
        return lowered if len(lowered) == len(word) else word

    return _CAPITALS.sub(lower, text)


def _base(language: str) -> str:
    """The key of `WORDS`: "ar" of "arb" and "ar-AE"."""
    return language[:2]


@cache
def _rules(language: str) -> list[_Rule]:
    """The rules of a language; the first that finds something there wins."""
    words = WORDS[language]
    fractions = "".join(words.fractions)
    units = _any_of(words.units)
    signs = re.escape("".join(words.signs))
    slashed = rf"(?:{_any_of(_IN_DIGITS)})(?![\d/])"
    end = r"(?![\w°'’])"
    return [
        (re.compile(_ADDRESS.format(language)), lambda found: _address(found[0], words)),
        *_patterns(words),
        (_STUTTER, lambda found: _stutter(found, words)),
        (
            re.compile(rf"({_NUMBER})(?:\s?([{fractions}])|\s({slashed}))(?:\s?({units}){end})?"),
            lambda found: _mixed(found, words),
        ),
        (
            re.compile(
                rf"([{fractions}]|(?<![\d/]){slashed})(?:\s?({units}){end}|(?=\s([^\W\d_]+)))?"
            ),
            lambda found: _fraction(found, words),
        ),
        (re.compile(r"(?<!\S)-(?=\d[\d.,]*\s?°)"), lambda _: words.signs.get("−", "")),
        (
            re.compile(rf"({_NUMBER})\s?[-–]\s?(\d+(?:[.,]\d+)*)(?:\s?({units}){end})?(?![\w-])"),
            lambda found: _joined(
                found[1], words.until, found[2], _unit(found[3], found[2], words)
            ),
        ),
        (
            re.compile(rf"({_NUMBER})\s?({units}){end}"),
            lambda found: _counted(found[1], _unit(found[2], found[1], words), words),
        ),
        *_abbreviations(words),
        *_chapters(words),
        (
            re.compile(rf"(?<=\w)([{signs}])(?=\w)"),
            lambda found: f" {words.signs[found[0]]} ",
        ),
        (re.compile(f"[{signs}]"), lambda found: words.signs[found[0]]),
    ]


def _patterns(words: SpeechWords) -> Iterator[_Rule]:
    for pattern, template in words.patterns.items():
        yield re.compile(pattern), partial(re.Match.expand, template=template)
    if words.ordinals:
        yield (
            re.compile(rf"(?<!\w)(?:(\d+)|({_ROMAN}))({_any_of(words.ordinals)})(?!\w)"),
            lambda found: f"{found[1] or _roman(found[2])}{words.ordinals[found[3]]}",
        )


def _abbreviations(words: SpeechWords) -> Iterator[_Rule]:
    kinds = (
        (words.after_name, rf"(?:{_LOWER}|\d)\s{_UPPER}\w*\s(?P<form>{{}})(?!\w)"),
        (words.before_number, r"(?<!\w)({})(?=\s?\d)"),
        (words.before_name, rf"(?<!\w)({{}})(?=\s{_UPPER}\w+(?![.\w]))"),
        (words.after_name, r"(?<=[^\W\d_]\s)({})(?!\w)"),
        (words.always, r"(?<!\w)({})(?!\w)"),
    )
    for abbreviations, pattern in kinds:
        if abbreviations:
            yield (
                re.compile(pattern.format(_any_of(abbreviations))),
                partial(_looked_up, abbreviations),
            )


def _looked_up(abbreviations: Mapping[str, str], found: re.Match[str]) -> str:
    return abbreviations[_spaced(found[1])]


def _spaced(name: str) -> str:
    """With plain spaces, as in `WORDS`."""
    return " ".join(name.split())


def _chapters(words: SpeechWords) -> Iterator[_Rule]:
    for chapter in words.chapter:
        for form in (chapter, chapter.upper()):
            yield (
                re.compile(rf"(?<=\b{form}\s){_ROMAN}(?!\w)"),
                lambda found: str(_roman(found[0])),
            )


def _any_of(names: Iterable[str]) -> str:
    """A pattern of any of these words, the longest first, with any space inside."""
    escaped = sorted(map(re.escape, names), key=len, reverse=True)
    return "|".join(escaped).replace(r"\ ", r"\s")


def _mixed(found: re.Match[str], words: SpeechWords) -> str:
    fraction = words.mixed[found[2] or _IN_DIGITS[found[3]]]
    return _joined(_counted(found[1], fraction, words), _unit(found[4], f"{found[1]}.5", words))


def _fraction(found: re.Match[str], words: SpeechWords) -> str:
    sign, unit = _IN_DIGITS.get(found[1], found[1]), _unit(found[2], "1", words)
    half = _agreeing(words.halves, unit or found[3] or "") if sign == "½" else ""
    return _joined(half or words.fractions[sign], unit)


def _counted(number: str, noun: str, words: SpeechWords) -> str:
    return _joined((number == "1" and _agreeing(words.ones, noun)) or number, noun)


def _agreeing(forms: Mapping[str, str], noun: str) -> str:
    """The form that agrees with a noun, by the patterns of nouns."""
    return next((form for pattern, form in forms.items() if re.match(pattern, noun)), "")


def _stutter(found: re.Match[str], words: SpeechWords) -> str:
    sounds, word = found[1], found[3]
    is_compound = sounds.count("-") == 1 and (word[0].isupper() or word[1] == "h")
    if is_compound or not words.stutter:  # "D-Day", "S-shaped"
        return ""
    spoken = sounds.lower().replace("-", f"{words.stutter} ")
    return spoken + (word.lower() if word.isupper() else word)


def _unit(sign: str | None, number: str, words: SpeechWords) -> str:
    return words.units[_spaced(sign)][words.plural("".join(number.split()))] if sign else ""


def _roman(number: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in number]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _address(address: str, words: SpeechWords) -> str:
    spoken = re.sub(r"^https?://", "", address).replace("@", f" {words.signs['@']} ")
    spoken = spoken.replace("www.", f"{words.www} {words.dot} ", 1)
    return re.sub(r"\.", f" {words.dot} ", spoken)


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))
