"""How numbers are read aloud: with their units, fractions, ranges, signs; Roman ones. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from chalicelib.speech.rules import Rule, any_of, joined, plainly_spaced
from chalicelib.speech.words import SpeechWords

ROMAN: Final = r"(?=[IVX])(?:X{0,3})(?:IX|IV|V?I{0,3})"
"""A pattern of a Roman number up to 39."""
_ROMAN_VALUES: Final = {"I": 1, "V": 5, "X": 10}
_NUMBER: Final = (
    r"(?<![\w.,])(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+)(?:[.,٫٬]\d+)*"  # "10 000,5"
)
_IN_DIGITS: Final = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/8": "⅛"}


def number_rules(words: SpeechWords) -> Iterator[Rule]:
    """Yield the rules of a language; the first that finds something there wins."""
    signs = "".join(words.fractions)
    slashed = rf"(?:{any_of(_IN_DIGITS)})(?![\d/])"
    unit = rf"\s?({any_of(words.units)})(?![\w°'’])"
    noun = rf"\s({words.nouns_before_part})\b" if words.nouns_before_part else "((?!))"
    yield (
        re.compile(r"(?:(?<!\S)(?=.\d[\d.,]*\s?°)|(?<=\d\s)(?=.\s\d+\s?=))[-–]"),
        lambda _: words.signs["−"],
    )
    yield re.compile(r"(?<=\d ):(?= \d+ =)"), lambda _: words.signs["÷"]
    yield (
        re.compile(rf"({_NUMBER})(?:\s?([{signs}])|\s({slashed}))(?:{unit}|{noun})?"),
        lambda found: _mixed(found, words),
    )
    yield (
        re.compile(rf"([{signs}]|(?<![\d/]){slashed})(?:{unit}|(?=\s([^\W\d_]+)))?"),
        lambda found: _fraction(found, words),
    )
    yield (
        re.compile(rf"(?<![-–])({_NUMBER})\s?[-–]\s?(\d+(?:[.,٫٬]\d+)*)(?:{unit})?(?![\w-])"),
        lambda found: joined(
            _number(found[1], words), words.until, _with_unit(found[2], found[3], words)
        ),
    )
    yield (
        re.compile(rf"({_NUMBER}){unit}"),
        lambda found: _with_unit(found[1], found[2], words),
    )
    yield (
        re.compile(rf"{_NUMBER}(?!\w)"),
        lambda found: "" if (said := _number(found[0], words)) == found[0] else said,
    )


def roman_rules(words: SpeechWords) -> Iterator[Rule]:
    """Yield the rules of Roman numbers: ordinals, and behind "Chapter"."""
    if words.ordinals:
        yield (
            re.compile(rf"(?<!\w)(?:(\d+)|({ROMAN}))({any_of(words.ordinals)})(?!\w)"),
            lambda found: f"{found[1] or _value(found[2])}{words.ordinals[found[3]]}",
        )
    for chapter in words.chapter:
        for form in (chapter, chapter.upper()):
            yield re.compile(rf"(?<=\b{form}\s){ROMAN}(?!\w)"), lambda found: str(_value(found[0]))


def _mixed(found: re.Match[str], words: SpeechWords) -> str:
    whole, sign, slashed, unit, noun = found.groups()
    whole, part = _number(whole, words), words.mixed[sign or _IN_DIGITS[slashed]]
    if words.nouns_before_part:
        noun = _unit(unit, whole, words) or noun or ""
        return joined(_counted(whole, noun, words), _agreeing(part, noun, words))
    return _counted(_counted(whole, part, words), _unit(unit, f"{whole}.5", words), words)


def _fraction(found: re.Match[str], words: SpeechWords) -> str:
    sign, unit, noun = found.groups()
    named = _unit(unit, "½", words)
    part = words.fractions[_IN_DIGITS.get(sign, sign)]
    return joined(_agreeing(part, named or noun or "", words), named)


def _with_unit(number: str, unit: str | None, words: SpeechWords) -> str:
    named = _unit(unit, "".join(number.split()), words)
    return _counted(_number(number, words), named, words)


def _number(number: str, words: SpeechWords) -> str:
    return words.decimal("".join(number.split()))


def _unit(sign: str | None, number: str, words: SpeechWords) -> str:
    """The name of a unit behind a number."""
    return words.units[plainly_spaced(sign)][words.plural(number)] if sign else ""


def _counted(number: str, noun: str, words: SpeechWords) -> str:
    return joined(_agreeing(number, noun, words), noun)


def _agreeing(number: str, noun: str, words: SpeechWords) -> str:
    """A number, or a fraction, as it is before or behind a noun."""
    kinds = (forms for pattern, forms in words.agreeing.items() if re.match(pattern, noun))
    return next((forms[number] for forms in kinds if number in forms), number)


def _value(roman: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in roman]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )
