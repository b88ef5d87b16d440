"""What signs, units and abbreviations are called when they are read aloud, by language.

The languages are those of `voices.VOICES`, without their regions. Numbers stay digits: Polly and
espeak-ng both speak them in the language of the voice.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

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
        always: Abbreviations with one meaning.
        before_name: Those that are one only before a word with a capital.
        after_name: Those that are one only behind a word with a capital.
        before_number: Those that are one only before a number.
        chapter: Words before a Roman number.
        ordinals: The ends of a number, and what stands there for the engines.
        ones: What "1" is before a noun, by the pattern of the noun's beginning; else it stays.
        halves: What "½" is before a noun, in the same way.
        patterns: Other forms, and what is said (a template of `re`).
        stutter: The vowel behind each consonant of "b-b-bear".
        spelled: Words in capitals that are read letter by letter.
        closing: Spoken forms whose abbreviations may end a sentence.
        plural: Which form of a unit follows a number.
    """

    signs: Mapping[str, str]
    until: str
    dot: str
    www: str = "w w w"
    fractions: Mapping[str, str]
    mixed: Mapping[str, str]
    units: Mapping[str, Forms]
    always: Mapping[str, str]
    before_name: Mapping[str, str] = {}
    after_name: Mapping[str, str] = {}
    before_number: Mapping[str, str] = {}
    chapter: tuple[str, ...] = ()
    ordinals: Mapping[str, str] = {}
    ones: Mapping[str, str] = {}
    halves: Mapping[str, str] = {}
    patterns: Mapping[str, str] = {}
    stutter: str = ""
    spelled: frozenset[str] = frozenset()
    closing: frozenset[str] = frozenset()
    plural: Plural = _one_or_more


_EVERYWHERE: Final = frozenset("TV CD DVD PC DJ SOS ABC VIP GPS FM".split())


def _fractions(*names: str) -> dict[str, str]:
    return dict(zip("½⅓⅔¼¾⅛", names, strict=True))


def _signs(*names: str) -> dict[str, str]:
    return dict(zip("&+=×@%", names, strict=True))


_ENGLISH: Final = SpeechWords(
    signs=_signs("and", "plus", "equals", "times", "at", "percent")
    | {"−": "minus", "÷": "divided by"},
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
        "m²": ("square metre", "square metres"),
        "km²": ("square kilometre", "square kilometres"),
        "mph": ("mile per hour", "miles per hour"),
        "ft": ("foot", "feet"),
        "lb": ("pound", "pounds"),
        "lbs": ("pound", "pounds"),
        "oz": ("ounce", "ounces"),
        "min": ("minute", "minutes"),
        "sec": ("second", "seconds"),
        "sec.": ("second", "seconds"),
        "hrs": ("hour", "hours"),
        "tbsp": ("tablespoon", "tablespoons"),
        "tbsp.": ("tablespoon", "tablespoons"),
        "tsp": ("teaspoon", "teaspoons"),
        "tsp.": ("teaspoon", "teaspoons"),
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
    before_name={
        "St.": "Saint",
        "Lt.": "Lieutenant",
        "Rev.": "Reverend",
        "Dr": "Doctor",
        "Mr": "Mister",
        "Mrs": "Missis",
        "St": "Saint",
    },
    after_name={"St.": "Street", "Rd.": "Road", "Ave.": "Avenue", "Blvd.": "Boulevard"},
    before_number={
        "No.": "Number",
        "no.": "number",
        "Nos.": "Numbers",
        "p.": "page",
        "pp.": "pages",
        "Vol.": "Volume",
        "vol.": "volume",
        "Fig.": "Figure",
        "fig.": "figure",
        "Ch.": "Chapter",
        "#": "number",
    },
    chapter=("Chapter", "Part", "Book", "Act", "Volume"),
    stutter="uh",
    spelled=_EVERYWHERE
    | frozenset("USA UK BBC FBI CIA UFO OK ID UN EU ATM DIY PS PJ DNA NBA BMX HQ".split()),
    closing=frozenset({"et cetera", "Street", "Road", "Avenue", "Boulevard", "Junior", "Senior"}),
)

_GERMAN: Final = SpeechWords(
    signs=_signs("und", "plus", "gleich", "mal", "ät", "Prozent")
    | {"−": "minus", "÷": "geteilt durch"},
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
        "m²": ("Quadratmeter", "Quadratmeter"),
        "km²": ("Quadratkilometer", "Quadratkilometer"),
        "t": ("Tonne", "Tonnen"),
        "Std.": ("Stunde", "Stunden"),
        "Min.": ("Minute", "Minuten"),
        "min": ("Minute", "Minuten"),
        "Sek.": ("Sekunde", "Sekunden"),
        "Pck.": ("Päckchen", "Päckchen"),
        "EL": ("Esslöffel", "Esslöffel"),
        "TL": ("Teelöffel", "Teelöffel"),
        "Mio.": ("Million", "Millionen"),
    },
    always={
        "Dr.": "Doktor",
        "Prof.": "Professor",
        "Hrn.": "Herrn",
        "Jh.": "Jahrhundert",
        "usw.": "und so weiter",
        "etc.": "et cetera",
        "v. Chr.": "vor Christus",
        "n. Chr.": "nach Christus",
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
    before_number={
        "Nr.": "Nummer",
        "S.": "Seite",
        "Kap.": "Kapitel",
        "Bd.": "Band",
        "Abb.": "Abbildung",
    },
    chapter=("Kapitel", "Teil", "Band", "Akt"),
    ones={r"\w+(?:e|ion)\b": "eine", r"\w": "ein"},
    halves={
        r"[A-ZÄÖÜ]\w*e\b": "eine halbe",
        r"[A-ZÄÖÜ]\w*(?:el|er)\b": "ein halber",
        r"[A-ZÄÖÜ]": "ein halbes",
    },
    patterns={
        r"(?<!\w)(\d\d?)[.:]00 Uhr\b": r"\1 Uhr",
        r"(?<!\w)(\d\d?)[.:]0?(\d\d?) Uhr\b": r"\1 Uhr \2",
        r"(?<!\w)(\w+)str\.(?=\s?\d|\s[A-ZÄÖÜ]|$)": r"\1straße",
        r"(?<=\d ):(?= \d+ =)": "geteilt durch",
    },
    stutter="ö",
    spelled=_EVERYWHERE
    | frozenset("USA LKW PKW EU WC ZDF ARD UKW ICE AG DDR BRD DNA VW BMW".split()),
    closing=frozenset({"und so weiter", "et cetera", "Straße", "vor Christus", "nach Christus"}),
)

_FRENCH: Final = SpeechWords(
    signs=_signs("et", "plus", "égale", "fois", "arobase", "pour cent")
    | {"−": "moins", "÷": "divisé par"},
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
        "dl": ("décilitre", "décilitres"),
        "cl": ("centilitre", "centilitres"),
        "ml": ("millilitre", "millilitres"),
        "km/h": ("kilomètre à l'heure", "kilomètres à l'heure"),
        "m²": ("mètre carré", "mètres carrés"),
        "km²": ("kilomètre carré", "kilomètres carrés"),
        "t": ("tonne", "tonnes"),
        "h": ("heure", "heures"),
        "min": ("minute", "minutes"),
        "s": ("seconde", "secondes"),
        "c. à s.": ("cuillère à soupe", "cuillères à soupe"),
        "c. à c.": ("cuillère à café", "cuillères à café"),
    },
    always={
        "Mme": "Madame",
        "Mlle": "Mademoiselle",
        "Mmes": "Mesdames",
        "etc.": "et cetera",
        "p. ex.": "par exemple",
        "c.-à-d.": "c'est-à-dire",
        "bd": "boulevard",
        "BD": "bédé",
        "av. J.-C.": "avant Jésus-Christ",
        "apr. J.-C.": "après Jésus-Christ",
        "env.": "environ",
    },
    before_name={
        "M.": "Monsieur",
        "MM.": "Messieurs",
        "Dr": "Docteur",
        "Dr.": "Docteur",
        "Pr": "Professeur",
        "St": "Saint",
        "Ste": "Sainte",
        "Me": "Maître",
        "av.": "avenue",
    },
    before_number={
        "n°": "numéro",
        "N°": "Numéro",
        "no": "numéro",
        "No": "Numéro",
        "p.": "page",
        "pp.": "pages",
        "fig.": "figure",
        "chap.": "chapitre",
    },
    chapter=("Chapitre", "Partie", "Acte", "Tome", "Louis", "Napoléon"),
    ordinals={"e": "ème", "re": "ère"},
    ones={r"(?:tonne|heure|minute|seconde|cuillère)\b": "une"},
    halves={
        r"(?:tonne|heure|minute|tasse|cuillère|pomme|poire|tranche|douzaine)\b": "une demi",
        r"\w": "un demi",
    },
    patterns={
        r"(?<!\w)1\s?h\s?0?(\d\d?)(?!\w)": r"une heure \1",
        r"(?<!\w)(\d\d?)\s?h\s?00(?!\w)": r"\1 heures",
        r"(?<!\w)(\d\d?)\s?h\s?0?(\d\d?)(?!\w)": r"\1 heures \2",
        r"(?<=\d ):(?= \d+ =)": "divisé par",
    },
    stutter="eu",
    spelled=_EVERYWHERE | frozenset("USA TGV SNCF UE RATP ADN WC".split()),
    closing=frozenset({"et cetera", "avant Jésus-Christ", "après Jésus-Christ"}),
    plural=_two_or_more,
)

_ITALIAN: Final = SpeechWords(
    signs=_signs("e", "più", "uguale", "per", "chiocciola", "per cento")
    | {"−": "meno", "÷": "diviso"},
    until="a",
    dot="punto",
    www="vu vu vu",
    fractions=_fractions("mezzo", "un terzo", "due terzi", "un quarto", "tre quarti", "un ottavo"),
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
        "m²": ("metro quadrato", "metri quadrati"),
        "km²": ("chilometro quadrato", "chilometri quadrati"),
        "t": ("tonnellata", "tonnellate"),
        "hg": ("ettogrammo", "ettogrammi"),
        "kg": ("chilogrammo", "chilogrammi"),
        "g": ("grammo", "grammi"),
        "l": ("litro", "litri"),
        "dl": ("decilitro", "decilitri"),
        "cl": ("centilitro", "centilitri"),
        "ml": ("millilitro", "millilitri"),
        "km/h": ("chilometro all'ora", "chilometri all'ora"),
        "h": ("ora", "ore"),
        "min": ("minuto", "minuti"),
        "s": ("secondo", "secondi"),
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
        "dott.ssa": "dottoressa",
        "Dr.": "Dottor",
        "Ing.": "Ingegner",
        "Avv.": "Avvocato",
        "Prof.": "Professor",
        "prof.": "professor",
        "Prof.ssa": "Professoressa",
        "prof.ssa": "professoressa",
        "P.za": "Piazza",
        "V.le": "Viale",
        "ecc.": "eccetera",
        "etc.": "eccetera",
        "a.C.": "avanti Cristo",
        "d.C.": "dopo Cristo",
        "ca.": "circa",
        "WC": "vu ci",
        "ad es.": "ad esempio",
        "p. es.": "per esempio",
    },
    before_name={"S.": "San", "Ss.": "Santi", "SS.": "Santi"},
    before_number={
        "n.": "numero",
        "N.": "Numero",
        "n°": "numero",
        "N°": "Numero",
        "p.": "pagina",
        "pp.": "pagine",
        "pag.": "pagina",
        "cap.": "capitolo",
        "fig.": "figura",
    },
    chapter=("Capitolo", "Parte", "Atto", "Libro"),
    ones={"ora": "un'", r"\w+a\b": "una", r"\w+o\b": "un"},
    halves={r"(?!de|d')\w+a\b": "mezza"},
    patterns={
        r"(?<!\w)([1-9])°(?=\s(?!sotto|sopra)[a-zàèéìòù]{3,})": r"\1º",
        r"(?<=\d ):(?= \d+ =)": "diviso",
    },
    spelled=_EVERYWHERE | frozenset("UE DNA".split()),
    closing=frozenset({"eccetera", "avanti Cristo", "dopo Cristo"}),
)

_SPANISH: Final = SpeechWords(
    signs=_signs("y", "más", "igual a", "por", "arroba", "por ciento"),
    until="a",
    dot="punto",
    fractions=_fractions(
        "un medio", "un tercio", "dos tercios", "un cuarto", "tres cuartos", "un octavo"
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
        "Ud.": "usted",
        "Uds.": "ustedes",
        "Vd.": "usted",
        "etc.": "etcétera",
        "p. ej.": "por ejemplo",
        "EE. UU.": "Estados Unidos",
        "Dña.": "Doña",
    },
    before_name={"D.": "Don", "Sto.": "Santo", "Sta.": "Santa", "S.": "San"},
    before_number={
        "n.º": "número",
        "N.º": "Número",
        "núm.": "número",
        "pág.": "página",
        "cap.": "capítulo",
    },
    chapter=("Capítulo", "Parte", "Acto", "Tomo", "Libro"),
    spelled=_EVERYWHERE | frozenset({"USA", "DNI"}),
    closing=frozenset({"etcétera", "usted", "ustedes", "Estados Unidos"}),
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
        "etc.": "etcétera",
        "p. ex.": "por exemplo",
        "Av.": "Avenida",
    },
    before_name={"D.": "Dona", "Sto.": "Santo", "Sta.": "Santa", "S.": "São", "R.": "Rua"},
    before_number={
        "n.º": "número",
        "N.º": "Número",
        "nº": "número",
        "pág.": "página",
        "cap.": "capítulo",
    },
    chapter=("Capítulo", "Parte", "Ato", "Tomo", "Livro"),
    spelled=_EVERYWHERE | frozenset("EUA UE".split()),
    closing=frozenset({"etcétera"}),
    plural=_two_or_more,
)

_RUSSIAN: Final = SpeechWords(
    signs=_signs("и", "плюс", "равно", "умножить на", "собака", "процентов"),
    until="до",
    dot="точка",
    fractions=_fractions(
        "одна вторая", "одна треть", "две трети", "одна четверть", "три четверти", "одна восьмая"
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
    },
    before_name={
        "ул.": "улица",
        "г.": "город",
        "им.": "имени",
        "св.": "святой",
        "проф.": "профессор",
    },
    before_number={"№": "номер", "стр.": "страница", "гл.": "глава", "д.": "дом"},
    chapter=("Глава", "Часть", "Книга", "Том"),
    spelled=frozenset({"США", "СССР", "МЧС", "ТВ"}),
    closing=frozenset({"и так далее", "и тому подобное", "и другие"}),
    plural=_russian_form,
)

_ARABIC: Final = SpeechWords(
    signs=_signs("و", "زائد", "يساوي", "ضرب", "آت", "بالمئة"),
    until="إلى",
    dot="نقطة",
    fractions=_fractions("نصف", "ثلث", "ثلثان", "ربع", "ثلاثة أرباع", "ثمن"),
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
        "كم/س": ("كيلومتر في الساعة", "كيلومترات في الساعة", "كيلومترا في الساعة"),
    },
    always={"إلخ": "إلى آخره", "إلخ.": "إلى آخره", "د.": "دكتور", "أ.د.": "أستاذ دكتور"},
    before_number={"ص.": "صفحة"},
    closing=frozenset({"إلى آخره"}),
    plural=_arabic_form,
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
