"""What signs, units and abbreviations are called in Arabic."""

import re
from typing import Final

from chalicelib.speech.rules import any_of
from chalicelib.speech.words import Forms, SpeechWords, fractions, signs


def _unit(one: str, few: str, many: str, behind: str = "") -> Forms:
    """The forms of a noun: two stand without their number, which is in them."""
    single = f"{one} {'واحدة' if one.endswith('ة') else 'واحد'}"
    dual = " ".join(re.sub("ة$", "ت", word) + "ان" for word in one.split())
    return tuple(f"{form}{behind}" for form in (one, few, many, single, dual))


def _plural(number: str) -> int:
    value = int(number) if number.isdigit() else 0
    if value in {1, 2}:
        return value + 2
    last = value % 100
    return 0 if last in {0, 1, 2} else 1 if last <= 10 else 2  # noqa: PLR2004


def _decimal(number: str) -> str:
    return re.sub(r"[,٫](?=\d{1,2}$)", ".", number)


_DEGREES: Final = ("درجة", "درجات", "درجة")
_CELSIUS: Final = _unit("درجة مئوية", "درجات مئوية", "درجة مئوية")
_KILOMETRES: Final = ("كيلومتر", "كيلومترات", "كيلومترا")
_KILOGRAMS: Final = _unit("كيلوغرام", "كيلوغرامات", "كيلوغراما")
_UNITS: Final = {
    "°": _unit(*_DEGREES),
    "°C": _CELSIUS,
    "°م": _CELSIUS,
    "°F": _unit(*_DEGREES, " فهرنهايت"),
    "كم": _unit(*_KILOMETRES),
    "كم/س": _unit(*_KILOMETRES, " في الساعة"),
    "م": _unit("متر", "أمتار", "مترا"),
    "سم": _unit("سنتيمتر", "سنتيمترات", "سنتيمترا"),
    "مم": _unit("ميليمتر", "ميليمترات", "ميليمترا"),
    "كغ": _KILOGRAMS,
    "كجم": _KILOGRAMS,
    "غ": _unit("غرام", "غرامات", "غراما"),
    "ل": _unit("لتر", "لترات", "لترا"),
    "مل": _unit("ميليلتر", "ميليلترات", "ميليلترا"),
    "د.": _unit("دقيقة", "دقائق", "دقيقة"),
}

WORDS: Final = SpeechWords(
    signs=signs("و", "زائد", "يساوي", "ضرب", "آت", "بالمئة", "ناقص", "قسمة") | {"٪": "بالمئة"},
    until="إلى",
    dot="نقطة",
    fractions=fractions("نصف", "ثلث", "ثلثا", "ربع", "ثلاثة أرباع", "ثمن"),
    mixed=fractions("ونصف", "وثلث", "وثلثان", "وربع", "وثلاثة أرباع", "وثمن"),
    units=_UNITS,
    always={
        "إلخ": "إلى آخره",
        "إلخ.": "إلى آخره",
        "د.": "دكتور",
        "أ.د.": "أستاذ دكتور",
        "ق.م.": "قبل الميلاد",
    },
    before_name={"أ.": "أستاذ", "م.": "مهندس"},
    before_number={"ص.": "صفحة", "ص": "صفحة"},
    closing=frozenset({"إلى آخره"}),
    patterns={r"(?<=\d\s)ه(?!\w)": "هجرية"},
    plural=_plural,
    agreeing={
        any_of(one for _, _, _, one, _ in _UNITS.values()): {"1": "", "١": ""},
        any_of(two for _, _, _, _, two in _UNITS.values()): {"2": "", "٢": ""},
    },
    nouns_before_part=r"[\u0621-\u064a]{3,}",  # whether they are one or several does not show
    decimal=_decimal,
)
