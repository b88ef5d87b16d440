"""How what is printed is read aloud: "Dr." is "Doctor", "3½" is "3 and a half", MAMA is a word.

A form of as many characters as what is printed replaces it (capitals, quotes); each other form
stands beside it, so that a highlight finds the printed word. Pure.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Final

import msgspec

from chalicelib.speech.speech_words import WORDS, SpeechWords

_DIGITS: Final = r"\d+(?:[.,٫٬]\d+)*"
_NUMBER: Final = rf"(?<![\w.,]){_DIGITS}"
_GROUPED: Final = rf"(?<![\w.,])(?:\d{{1,3}}(?:[ \u00a0\u202f]\d{{3}})+(?!\d)|{_DIGITS})"
_STUTTER: Final = r"(?i:(?<![\w-])(?:([^\W\d_])-)+(\1\w+))"
_SILENT: Final = re.compile(
    r"[♩♪♫♬*_~|•●■□▪◆★☆\\^<>{}\[\]\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\U0001f000-\U0001faff]"
)
"""Signs and pictures that nobody reads aloud."""
_PLAIN: Final = str.maketrans(
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
_ROMAN: Final = r"(?=[IVXL])(?:X{0,3})(?:IX|IV|V?I{0,3})"
_ROMAN_VALUES: Final = {"I": 1, "V": 5, "X": 10, "L": 50}
_MINUS: Final = "[-–−]"
_COUNTED: Final = r"\w{2,}s|[\u0621-\u064a]{3,}"
"""A noun behind a number: a plural of a Romance language, or Arabic."""
_ADDRESS: Final = r"(?:https?://)?www\.[\w.-]+\w(?:/[\w/.-]*\w)?|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"

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
            if is_free and (said := spoken(match)):
                is_count = text[start].isdigit() and not re.match(r"\s?\d", text[end:])
                found.append(SpokenForm(start, end, said, said in closing or is_count))
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
        if not word.isupper() or is_letter or word in spelled or not _has_case(word):
            return word
        return word.lower() if len(word.lower()) == len(word) else word

    return _CAPITALS.sub(lower, text)


def _has_case(word: str) -> bool:
    return word.lower() != word


def _base(language: str) -> str:
    """The key of `WORDS`: "ar" of "arb" and "ar-AE"."""
    return language[:2]


@cache
def _rules(language: str) -> list[_Rule]:
    """The rules of a language; the first that finds something there wins."""
    words = WORDS[language]
    fractions = "".join(words.fractions)
    units = _any_of(words.units)
    end = r"(?![\w°])"
    counted = rf"(?:{_COUNTED})\b" if words.noun_before_part else "(?!)"
    number = _GROUPED if words.groups_by_space else _NUMBER
    return [
        (re.compile(_ADDRESS), lambda found: _address(found[0], words)),
        *_kind(words.after_year, r"(?<=\b[12]\d{{3}}\s)({})(?!\w)"),
        (re.compile(_STUTTER), lambda found: found[2].lower()),
        (
            re.compile(rf"(?:(?<!\S)(?={_MINUS}{_DIGITS}\s?°)|(?<=\d\s)(?=.\s\d+\s?=)){_MINUS}"),
            lambda _found: words.minus and f"{words.minus} ",
        ),
        (
            re.compile(rf"({number})\s?([{fractions}])(?:\s?({units}){end}|\s({counted}))?"),
            lambda found: _mixed(found, words),
        ),
        (
            re.compile(rf"([{fractions}])(?:\s?({units}){end})?(?=\s?([^\W\d_]+)?)"),
            lambda found: _fraction(found, words),
        ),
        (
            re.compile(rf"(?<![-–])({number})\s?[-–]\s?({_DIGITS})(?:\s?({units}){end})?(?![\w-])"),
            lambda found: _joined(found[1], words.until, _counted(found[2], found[3], words)),
        ),
        (
            re.compile(r"(?<![\w:])(\d\d?)h(\d\d)(?!\w)"),
            lambda found: words.hours and _joined(found[1], words.hours, found[2]),
        ),
        (
            re.compile(rf"({number})\s?({units}){end}"),
            lambda found: _counted(found[1], found[2], words),
        ),
        (re.compile(rf"{number}(?![\w])"), lambda found: _bare(found[0], words)),
        *_abbreviations(words),
        *_chapters(words),
        (
            re.compile(f"[{re.escape(''.join(words.signs))}]"),
            lambda found: words.signs[found[0]],
        ),
    ]


def _abbreviations(words: SpeechWords) -> Iterator[_Rule]:
    kinds = (
        (words.after_name, rf"(?:{_LOWER}|\d)\s{_UPPER}\w*\s(?P<form>{{}})(?!\w)"),
        (words.before_number, r"(?<!\w)({})(?=\s?\d)"),
        (words.before_name, rf"(?<![\w.])({{}})(?=\s{_UPPER}\w)"),
        (words.after_name, r"(?<=[^\W\d_]\s)({})(?!\w)"),
        (words.always, r"(?<!\w)({})(?!\w)"),
    )
    for abbreviations, pattern in kinds:
        yield from _kind(abbreviations, pattern)


def _kind(abbreviations: Mapping[str, str], pattern: str) -> Iterator[_Rule]:
    if abbreviations:
        place = re.compile(pattern.format(_any_of(abbreviations)))
        yield place, partial(_looked_up, abbreviations)


def _looked_up(abbreviations: Mapping[str, str], found: re.Match[str]) -> str:
    return abbreviations[found[1]]


def _chapters(words: SpeechWords) -> Iterator[_Rule]:
    for chapter in words.chapter:
        for form in (chapter, chapter.upper()):
            yield (
                re.compile(rf"(?<=\b{form}\s){_ROMAN}(?!\w)"),
                lambda found: str(_roman(found[0])),
            )


def _any_of(names: Iterable[str]) -> str:
    """A pattern of any of these words, the longest first."""
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


def _mixed(found: re.Match[str], words: SpeechWords) -> str:
    whole, sign, unit, noun = found.groups()
    amount = words.mixed[sign]
    if not words.noun_before_part:
        half = words.decimal(f"{whole},5") if sign == "½" else ""
        said = half or _joined(whole, amount)
        return _joined(said, _unit(unit, "2", words))
    if unit:
        counted, noun = _counted(whole, unit, words), words.units[unit][0]
    elif noun and noun.endswith("s"):
        counted = words.counted(whole, noun)
    else:  # Arabic: whether this is one or several does not show
        counted = _joined(whole, noun or "")
    return _joined(counted, words.agreeing(amount, noun or ""))


def _fraction(found: re.Match[str], words: SpeechWords) -> str:
    sign, unit, noun = found.groups()
    named = _unit(unit, words.part, words)
    return _joined(words.agreeing(words.fractions[sign], named or noun or ""), named)


def _counted(number: str, unit: str | None, words: SpeechWords) -> str:
    """A number, and the unit behind it."""
    number = re.sub(r"\s", "", number)
    said = words.decimal(number) or number
    return words.counted(said, _unit(unit, number, words)) if unit else said


def _bare(number: str, words: SpeechWords) -> str:
    """A number that engines do not read as it is printed; else nothing."""
    joined = re.sub(r"\s", "", number)
    return words.decimal(joined) or (joined if joined != number else "")


def _unit(sign: str | None, number: str, words: SpeechWords) -> str:
    return words.units[sign][words.plural(number)] if sign else ""


def _roman(number: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in number]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _address(address: str, words: SpeechWords) -> str:
    spoken = re.sub(r"^https?://", "", address).replace("@", f" {words.signs['@']} ")
    spoken = spoken.replace("www.", f"w w w {words.dot} ", 1)
    return re.sub(r"\.", f" {words.dot} ", spoken)


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))
