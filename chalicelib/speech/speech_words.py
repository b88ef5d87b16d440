"""What signs, units and abbreviations are called when they are read aloud, by language.

The languages are those of `voices.VOICES`, without their regions. Numbers stay digits: Polly and
espeak-ng both speak them in the language of the voice.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from chalicelib.speech.speech_numbers import (
    agreeing,
    arabic_count,
    portuguese_count,
    russian_count,
    russian_decimal,
    spanish_count,
)

Forms = tuple[str, ...]
"""A noun behind a number: its singular and its plural, or in Russian and Arabic three forms."""

Plural = Callable[[str], int]
"""Tells the form behind a number, which has digits, and commas or full stops (CLDR, "Plural
rules")."""


def _one_or_more(number: str) -> int:
    return number not in {"1", "1,0", "1.0"}


def _two_or_more(number: str) -> int:
    return int(re.split(r"[.,]", number)[0]) > 1


def _russian_form(number: str) -> int:
    if not number.isdigit():
        return 1
    last, is_ten = int(number) % 10, int(number) % 100 // 10 == 1
    if last == 1 and not is_ten:
        return 0
    return 1 if last in {2, 3, 4} and not is_ten else 2


def _arabic_form(number: str) -> int:
    last = int(number) % 100 if number.isdigit() else 0
    return 0 if last in {0, 1, 2} else 1 if last <= 10 else 2  # noqa: PLR2004


def _plain(number: str, unit: str) -> str:
    return f"{number} {unit}"


def _as_printed(_number: str) -> str:
    return ""


def _unchanged(part: str, _noun: str) -> str:
    return part


class SpeechWords(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a language.

    Attributes:
        signs: By the sign; spoken wherever it stands.
        until: Between the two numbers of a range.
        dot: In the address of a web page.
        fractions: By the sign, alone.
        mixed: By the sign, behind a whole number.
        units: By the sign, behind a number.
        always: Abbreviations with one meaning.
        before_name: Those that are one only before a word with a capital.
        after_name: Those that are one only behind a word with a capital.
        before_number: Those that are one only before a number.
        chapter: Words before a Roman number.
        spelled: Words in capitals that are read letter by letter.
        closing: Spoken forms whose abbreviations may end a sentence.
        plural: Which form of a unit follows a number.
        part: The number whose form of a unit follows a fraction.
        counted: Says a number and the unit behind it, where digits would not agree.
        decimal: Says a decimal number that engines read badly; else nothing.
        agreeing: Makes a fraction agree with the noun behind it.
        noun_before_part: Is "3½ kg" said "3 kg and a half"?
        groups_by_space: Is ten thousand printed "10 000"?
        after_year: Abbreviations that are one only behind a year.
        hours: Between the hours and the minutes of "7h30".
        minus: Before a temperature, and in sums.
    """

    signs: Mapping[str, str]
    until: str
    dot: str
    fractions: Mapping[str, str]
    mixed: Mapping[str, str]
    units: Mapping[str, Forms]
    always: Mapping[str, str]
    before_name: Mapping[str, str] = {}
    after_name: Mapping[str, str] = {}
    before_number: Mapping[str, str] = {}
    chapter: tuple[str, ...] = ()
    spelled: frozenset[str] = frozenset()
    closing: frozenset[str] = frozenset()
    plural: Plural = _one_or_more
    part: str = "1"
    counted: Callable[[str, str], str] = _plain
    decimal: Callable[[str], str] = _as_printed
    agreeing: Callable[[str, str], str] = _unchanged
    noun_before_part: bool = False
    groups_by_space: bool = False
    after_year: Mapping[str, str] = {}
    hours: str = ""
    minus: str = ""


_EVERYWHERE: Final = frozenset("TV CD DVD PC DJ SOS ABC VIP GPS FM".split())


def _fractions(*names: str) -> dict[str, str]:
    return dict(zip("½⅓⅔¼¾⅛", names, strict=True))


def _signs(*names: str) -> dict[str, str]:
    return dict(zip("&+=×@%", names, strict=True))


_ENGLISH: Final = SpeechWords(
    signs=_signs("and", "plus", "equals", "times", "at", "percent"),
    until="to",
    dot="dot",
    fractions=_fractions(
        "one half", "one third", "two thirds", "one quarter", "three quarters", "one eighth"
    ),
    mixed=_fractions(
        "and a half",
        "and a third",
        "and two thirds",
        "and a quarter",
        "and three quarters",
        "and an eighth",
    ),
    units={
        "°": ("degree", "degrees"),
        "°C": ("degree Celsius", "degrees Celsius"),
        "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
        "km": ("kilometre", "kilometres"),
        "m": ("metre", "metres"),
        "cm": ("centimetre", "centimetres"),
        "mm": ("millimetre", "millimetres"),
        "kg": ("kilogram", "kilograms"),
        "g": ("gram", "grams"),
        "l": ("litre", "litres"),
        "ml": ("millilitre", "millilitres"),
        "km/h": ("kilometre per hour", "kilometres per hour"),
        "mph": ("mile per hour", "miles per hour"),
        "ft": ("foot", "feet"),
        "lb": ("pound", "pounds"),
        "lbs": ("pound", "pounds"),
        "oz": ("ounce", "ounces"),
        "min": ("minute", "minutes"),
        "hrs": ("hour", "hours"),
    },
    always={
        "Dr.": "Doctor",
        "Mr.": "Mister",
        "Mrs.": "Missis",
        "Ms.": "Miz",
        "Prof.": "Professor",
        "Capt.": "Captain",
        "Sgt.": "Sergeant",
        "Gen.": "General",
        "Jr.": "Junior",
        "Sr.": "Senior",
        "Mt.": "Mount",
        "vs.": "versus",
        "etc.": "et cetera",
        "e.g.": "for example",
        "i.e.": "that is",
        "approx.": "approximately",
    },
    before_name={"St.": "Saint", "Dr": "Doctor", "Mr": "Mister", "Mrs": "Missis", "St": "Saint"},
    after_name={"St.": "Street", "Rd.": "Road", "Ave.": "Avenue", "Blvd.": "Boulevard"},
    before_number={
        "No.": "Number",
        "no.": "number",
        "Nos.": "Numbers",
        "p.": "page",
        "pp.": "pages",
        "vol.": "volume",
    },
    chapter=("Chapter", "Part", "Book", "Act", "Volume"),
    spelled=_EVERYWHERE | frozenset("USA UK BBC FBI CIA UFO OK ID UN EU ATM DIY PS PJ".split()),
    closing=frozenset({"et cetera", "Street", "Road", "Avenue", "Boulevard", "Junior", "Senior"}),
)

_GERMAN: Final = SpeechWords(
    signs=_signs("und", "plus", "gleich", "mal", "ät", "Prozent"),
    until="bis",
    dot="Punkt",
    fractions=_fractions(
        "ein halb", "ein Drittel", "zwei Drittel", "ein Viertel", "drei Viertel", "ein Achtel"
    ),
    mixed=_fractions(
        "einhalb", "eindrittel", "zweidrittel", "einviertel", "dreiviertel", "einachtel"
    ),
    units={
        "°": ("Grad", "Grad"),
        "°C": ("Grad Celsius", "Grad Celsius"),
        "°F": ("Grad Fahrenheit", "Grad Fahrenheit"),
        "km": ("Kilometer", "Kilometer"),
        "m": ("Meter", "Meter"),
        "cm": ("Zentimeter", "Zentimeter"),
        "mm": ("Millimeter", "Millimeter"),
        "kg": ("Kilogramm", "Kilogramm"),
        "g": ("Gramm", "Gramm"),
        "l": ("Liter", "Liter"),
        "ml": ("Milliliter", "Milliliter"),
        "km/h": ("Kilometer pro Stunde", "Kilometer pro Stunde"),
        "Std.": ("Stunde", "Stunden"),
        "Min.": ("Minute", "Minuten"),
        "min": ("Minute", "Minuten"),
        "EL": ("Esslöffel", "Esslöffel"),
        "TL": ("Teelöffel", "Teelöffel"),
        "Mio.": ("Million", "Millionen"),
    },
    always={
        "Dr.": "Doktor",
        "Prof.": "Professor",
        "usw.": "und so weiter",
        "z. B.": "zum Beispiel",
        "z.B.": "zum Beispiel",
        "d. h.": "das heißt",
        "d.h.": "das heißt",
        "u. a.": "unter anderem",
        "u.a.": "unter anderem",
        "bzw.": "beziehungsweise",
        "ca.": "circa",
        "evtl.": "eventuell",
        "vgl.": "vergleiche",
        "Frl.": "Fräulein",
    },
    before_name={"St.": "Sankt", "Hr.": "Herr", "Fr.": "Frau"},
    after_name={"Str.": "Straße"},
    before_number={"Nr.": "Nummer", "S.": "Seite", "Kap.": "Kapitel", "Bd.": "Band"},
    chapter=("Kapitel", "Teil", "Band", "Akt"),
    spelled=_EVERYWHERE | frozenset("USA LKW PKW EU UFO WC ZDF ARD UKW ICE AG GmbH".split()),
    closing=frozenset({"und so weiter", "Straße"}),
)

_FRENCH: Final = SpeechWords(
    signs=_signs("et", "plus", "égale", "fois", "arobase", "pour cent"),
    until="à",
    dot="point",
    fractions=_fractions(
        "un demi", "un tiers", "deux tiers", "un quart", "trois quarts", "un huitième"
    ),
    mixed=_fractions(
        "et demi", "et un tiers", "et deux tiers", "et quart", "trois quarts", "et un huitième"
    ),
    units={
        "°": ("degré", "degrés"),
        "°C": ("degré Celsius", "degrés Celsius"),
        "°F": ("degré Fahrenheit", "degrés Fahrenheit"),
        "km": ("kilomètre", "kilomètres"),
        "m": ("mètre", "mètres"),
        "cm": ("centimètre", "centimètres"),
        "mm": ("millimètre", "millimètres"),
        "kg": ("kilogramme", "kilogrammes"),
        "g": ("gramme", "grammes"),
        "l": ("litre", "litres"),
        "cl": ("centilitre", "centilitres"),
        "ml": ("millilitre", "millilitres"),
        "km/h": ("kilomètre à l'heure", "kilomètres à l'heure"),
        "min": ("minute", "minutes"),
    },
    always={
        "Mme": "Madame",
        "Mlle": "Mademoiselle",
        "Mmes": "Mesdames",
        "etc.": "et cetera",
        "p. ex.": "par exemple",
        "c.-à-d.": "c'est-à-dire",
        "bd": "boulevard",
    },
    before_name={
        "M.": "Monsieur",
        "MM.": "Messieurs",
        "Dr": "Docteur",
        "Dr.": "Docteur",
        "Pr": "Professeur",
        "St": "Saint",
        "Ste": "Sainte",
        "av.": "avenue",
    },
    before_number={
        "n°": "numéro",
        "N°": "Numéro",
        "no": "numéro",
        "p.": "page",
        "chap.": "chapitre",
    },
    chapter=("Chapitre", "Partie", "Acte", "Tome", "Louis", "Napoléon"),
    spelled=_EVERYWHERE | frozenset("USA TGV SNCF UE ONU BD RATP".split()),
    closing=frozenset({"et cetera"}),
    plural=_two_or_more,
)

_ITALIAN: Final = SpeechWords(
    signs=_signs("e", "più", "uguale", "per", "chiocciola", "per cento"),
    until="a",
    dot="punto",
    fractions=_fractions(
        "un mezzo", "un terzo", "due terzi", "un quarto", "tre quarti", "un ottavo"
    ),
    mixed=_fractions(
        "e mezzo", "e un terzo", "e due terzi", "e un quarto", "e tre quarti", "e un ottavo"
    ),
    units={
        "°": ("grado", "gradi"),
        "°C": ("grado Celsius", "gradi Celsius"),
        "°F": ("grado Fahrenheit", "gradi Fahrenheit"),
        "km": ("chilometro", "chilometri"),
        "m": ("metro", "metri"),
        "cm": ("centimetro", "centimetri"),
        "mm": ("millimetro", "millimetri"),
        "kg": ("chilogrammo", "chilogrammi"),
        "g": ("grammo", "grammi"),
        "l": ("litro", "litri"),
        "ml": ("millilitro", "millilitri"),
        "km/h": ("chilometro all'ora", "chilometri all'ora"),
        "min": ("minuto", "minuti"),
    },
    always={
        "Sig.": "Signor",
        "sig.": "signor",
        "Sig.ra": "Signora",
        "sig.ra": "signora",
        "Sig.na": "Signorina",
        "Dott.": "Dottor",
        "dott.": "dottor",
        "Dott.ssa": "Dottoressa",
        "Prof.": "Professor",
        "prof.": "professor",
        "ecc.": "eccetera",
        "ad es.": "ad esempio",
        "p. es.": "per esempio",
    },
    before_name={"S.": "San"},
    before_number={"n.": "numero", "N.": "Numero", "pag.": "pagina", "cap.": "capitolo"},
    chapter=("Capitolo", "Parte", "Atto", "Libro"),
    spelled=_EVERYWHERE | frozenset("USA UE".split()),
    closing=frozenset({"eccetera"}),
)

_SPANISH: Final = SpeechWords(
    signs=_signs("y", "más", "igual a", "por", "arroba", "por ciento"),
    until="a",
    dot="punto",
    fractions=_fractions(
        "medio", "un tercio", "dos tercios", "un cuarto", "tres cuartos", "un octavo"
    ),
    mixed=_fractions(
        "y medio", "y un tercio", "y dos tercios", "y cuarto", "y tres cuartos", "y un octavo"
    ),
    units={
        "°": ("grado", "grados"),
        "°C": ("grado Celsius", "grados Celsius"),
        "°F": ("grado Fahrenheit", "grados Fahrenheit"),
        "km": ("kilómetro", "kilómetros"),
        "m": ("metro", "metros"),
        "cm": ("centímetro", "centímetros"),
        "mm": ("milímetro", "milímetros"),
        "kg": ("kilogramo", "kilogramos"),
        "g": ("gramo", "gramos"),
        "l": ("litro", "litros"),
        "ml": ("mililitro", "mililitros"),
        "km/h": ("kilómetro por hora", "kilómetros por hora"),
        "m²": ("metro cuadrado", "metros cuadrados"),
        "t": ("tonelada", "toneladas"),
        "h": ("hora", "horas"),
        "L": ("litro", "litros"),
        "%": ("por ciento", "por ciento"),
        "min": ("minuto", "minutos"),
    },
    always={
        "Sr.": "Señor",
        "Sra.": "Señora",
        "Srta.": "Señorita",
        "Sres.": "Señores",
        "Dr.": "Doctor",
        "Dra.": "Doctora",
        "Prof.": "Profesor",
        "Profa.": "Profesora",
        "Ud.": "usted",
        "Uds.": "ustedes",
        "Vd.": "usted",
        "etc.": "etcétera",
        "p. ej.": "por ejemplo",
        "EE. UU.": "Estados Unidos",
        "EE.UU.": "Estados Unidos",
        "Avda.": "Avenida",
        "a. C.": "antes de Cristo",
        "d. C.": "después de Cristo",
        "Dña.": "Doña",
    },
    before_name={
        "D.": "Don",
        "Sto.": "Santo",
        "Sta.": "Santa",
        "S.": "San",
        "Av.": "Avenida",
        "C/": "Calle",
        "Pza.": "Plaza",
    },
    before_number={
        "n.º": "número",
        "N.º": "Número",
        "nº": "número",
        "Nº": "Número",
        "núm.": "número",
        "págs.": "páginas",
        "Págs.": "Páginas",
        "fig.": "figura",
        "vol.": "volumen",
        "Tel.": "Teléfono",
        "tel.": "teléfono",
        "pág.": "página",
        "cap.": "capítulo",
    },
    chapter=("Capítulo", "Parte", "Acto", "Tomo", "Libro", "siglo", "Siglo"),
    spelled=(_EVERYWHERE - {"VIP"}) | frozenset("USA DNI ONG ADN".split()),
    closing=frozenset(
        {"etcétera", "usted", "ustedes", "Estados Unidos", "antes de Cristo", "después de Cristo"}
    ),
    counted=spanish_count,
    agreeing=agreeing,
    noun_before_part=True,
    minus="menos",
)

_PORTUGUESE: Final = SpeechWords(
    signs=_signs("e", "mais", "igual a", "vezes", "arroba", "por cento"),
    until="a",
    dot="ponto",
    fractions=_fractions(
        "meio", "um terço", "dois terços", "um quarto", "três quartos", "um oitavo"
    ),
    mixed=_fractions(
        "e meio", "e um terço", "e dois terços", "e um quarto", "e três quartos", "e um oitavo"
    ),
    units={
        "°": ("grau", "graus"),
        "°C": ("grau Celsius", "graus Celsius"),
        "°F": ("grau Fahrenheit", "graus Fahrenheit"),
        "km": ("quilômetro", "quilômetros"),
        "m": ("metro", "metros"),
        "cm": ("centímetro", "centímetros"),
        "mm": ("milímetro", "milímetros"),
        "kg": ("quilograma", "quilogramas"),
        "g": ("grama", "gramas"),
        "l": ("litro", "litros"),
        "ml": ("mililitro", "mililitros"),
        "km/h": ("quilômetro por hora", "quilômetros por hora"),
        "m²": ("metro quadrado", "metros quadrados"),
        "t": ("tonelada", "toneladas"),
        "h": ("hora", "horas"),
        "L": ("litro", "litros"),
        "%": ("por cento", "por cento"),
        "min": ("minuto", "minutos"),
    },
    always={
        "Sr.": "Senhor",
        "Sra.": "Senhora",
        "Srta.": "Senhorita",
        "Dr.": "Doutor",
        "Dra.": "Doutora",
        "Prof.": "Professor",
        "Profa.": "Professora",
        "Prof.ª": "Professora",
        "Srs.": "Senhores",
        "Pça.": "Praça",
        "ex.": "exemplo",
        "a.C.": "antes de Cristo",
        "d.C.": "depois de Cristo",
        "etc.": "etcétera",
        "p. ex.": "por exemplo",
        "Av.": "Avenida",
    },
    before_name={"D.": "Dona", "Sto.": "Santo", "Sta.": "Santa", "S.": "São", "R.": "Rua"},
    before_number={
        "n.º": "número",
        "N.º": "Número",
        "nº": "número",
        "Nº": "Número",
        "págs.": "páginas",
        "Págs.": "Páginas",
        "fig.": "figura",
        "vol.": "volume",
        "Tel.": "Telefone",
        "tel.": "telefone",
        "pág.": "página",
        "cap.": "capítulo",
    },
    chapter=("Capítulo", "Parte", "Ato", "Tomo", "Livro", "século", "Século"),
    spelled=(_EVERYWHERE - {"VIP"}) | frozenset("EUA UE DNA".split()),
    closing=frozenset({"etcétera", "antes de Cristo", "depois de Cristo"}),
    counted=portuguese_count,
    agreeing=agreeing,
    noun_before_part=True,
    hours="e",
    minus="menos",
    plural=_two_or_more,
)

_RUSSIAN: Final = SpeechWords(
    signs=_signs("и", "плюс", "равно", "умножить на", "собака", "процентов"),
    until="–",
    dot="точка",
    fractions=_fractions(
        "половина", "одна треть", "две трети", "одна четверть", "три четверти", "одна восьмая"
    ),
    mixed=_fractions(
        "с половиной",
        "и одна треть",
        "и две трети",
        "и одна четверть",
        "и три четверти",
        "и одна восьмая",
    ),
    units={
        "°": ("градус", "градуса", "градусов"),
        "°C": ("градус Цельсия", "градуса Цельсия", "градусов Цельсия"),
        "°F": ("градус Фаренгейта", "градуса Фаренгейта", "градусов Фаренгейта"),
        "км": ("километр", "километра", "километров"),
        "м": ("метр", "метра", "метров"),
        "см": ("сантиметр", "сантиметра", "сантиметров"),
        "мм": ("миллиметр", "миллиметра", "миллиметров"),
        "кг": ("килограмм", "килограмма", "килограммов"),
        "г": ("грамм", "грамма", "граммов"),
        "л": ("литр", "литра", "литров"),
        "мл": ("миллилитр", "миллилитра", "миллилитров"),
        "км/ч": ("километр в час", "километра в час", "километров в час"),
        "мин": ("минута", "минуты", "минут"),
        "руб.": ("рубль", "рубля", "рублей"),
        "коп.": ("копейка", "копейки", "копеек"),
        "°С": ("градус Цельсия", "градуса Цельсия", "градусов Цельсия"),
        "м²": ("квадратный метр", "квадратных метра", "квадратных метров"),
        "т": ("тонна", "тонны", "тонн"),
        "ч": ("час", "часа", "часов"),
        "мин.": ("минута", "минуты", "минут"),
        "сек": ("секунда", "секунды", "секунд"),
        "сек.": ("секунда", "секунды", "секунд"),
        "₽": ("рубль", "рубля", "рублей"),
        "тыс.": ("тысяча", "тысячи", "тысяч"),
        "млн": ("миллион", "миллиона", "миллионов"),
        "млрд": ("миллиард", "миллиарда", "миллиардов"),
        "%": ("процент", "процента", "процентов"),
    },
    always={
        "и т. д.": "и так далее",
        "и т.д.": "и так далее",
        "и т. п.": "и тому подобное",
        "и т.п.": "и тому подобное",
        "т. е.": "то есть",
        "т.е.": "то есть",
        "и др.": "и другие",
        "напр.": "например",
        "до н. э.": "до нашей эры",
        "н. э.": "нашей эры",
        "д-р": "доктор",
        "г-н": "господин",
        "г-жа": "госпожа",
        "школа им.": "школа имени",
        "Школа им.": "Школа имени",
        "театр им.": "театр имени",
        "музей им.": "музей имени",
        "парк им.": "парк имени",
    },
    before_name={
        "ул.": "улица",
        "на ул.": "на улице",
        "по ул.": "по улице",
        "пр.": "проспект",
        "пос.": "посёлок",
        "г.": "город",
        "в г.": "в городе",
        "св.": "святой",
        "проф.": "профессор",
    },
    before_number={
        "№": "номер",
        "стр.": "страница",
        "гл.": "глава",
        "д.": "дом",
        "кв.": "квартира",
        "рис.": "рисунок",
    },
    chapter=("Глава", "Часть", "Книга", "Том"),
    spelled=frozenset({"США", "СССР", "МЧС", "ТВ", "МГУ", "РФ"}),
    closing=frozenset(
        {"и так далее", "и тому подобное", "и другие", "до нашей эры", "нашей эры", "году"}
    ),
    plural=_russian_form,
    part="0,5",
    counted=russian_count,
    decimal=russian_decimal,
    groups_by_space=True,
    after_year={"г.": "году"},
    minus="минус",
)

_ARABIC: Final = SpeechWords(
    signs=_signs("و", "زائد", "يساوي", "ضرب", "آت", "بالمئة"),
    until="إلى",
    dot="نقطة",
    fractions=_fractions("نصف", "ثلث", "ثلثا", "ربع", "ثلاثة أرباع", "ثمن"),
    mixed=_fractions("ونصف", "وثلث", "وثلثان", "وربع", "وثلاثة أرباع", "وثمن"),
    units={
        "°": ("درجة", "درجات", "درجة"),
        "°C": ("درجة مئوية", "درجات مئوية", "درجة مئوية"),
        "°F": ("درجة فهرنهايت", "درجات فهرنهايت", "درجة فهرنهايت"),
        "كم": ("كيلومتر", "كيلومترات", "كيلومترا"),
        "م": ("متر", "أمتار", "مترا"),
        "سم": ("سنتيمتر", "سنتيمترات", "سنتيمترا"),
        "كغ": ("كيلوغرام", "كيلوغرامات", "كيلوغراما"),
        "كجم": ("كيلوغرام", "كيلوغرامات", "كيلوغراما"),
        "غ": ("غرام", "غرامات", "غراما"),
        "ل": ("لتر", "لترات", "لترا"),
        "مل": ("ميليلتر", "ميليلترات", "ميليلترا"),
        "مم": ("ميليمتر", "ميليمترات", "ميليمترا"),
        "°م": ("درجة مئوية", "درجات مئوية", "درجة مئوية"),
        "د.": ("دقيقة", "دقائق", "دقيقة"),
        "ه": ("هجرية", "هجرية", "هجرية"),
        "%": ("بالمئة", "بالمئة", "بالمئة"),
        "٪": ("بالمئة", "بالمئة", "بالمئة"),
        "كم/س": ("كيلومتر في الساعة", "كيلومترات في الساعة", "كيلومترا في الساعة"),
    },
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
    plural=_arabic_form,
    counted=arabic_count,
    noun_before_part=True,
    minus="ناقص",
)

WORDS: Final = MappingProxyType(
    {
        "en": _ENGLISH,
        "de": _GERMAN,
        "fr": _FRENCH,
        "it": _ITALIAN,
        "es": _SPANISH,
        "pt": _PORTUGUESE,
        "ru": _RUSSIAN,
        "ar": _ARABIC,
    }
)
