"""What signs, units and abbreviations are called in German."""

from typing import Final

from chalicelib.speech.words import SPELLED_EVERYWHERE, SpeechWords, fractions, signs

WORDS: Final = SpeechWords(
    signs=signs("und", "plus", "gleich", "mal", "ät", "Prozent", "minus", "geteilt durch"),
    until="bis",
    dot="Punkt",
    fractions=fractions(
        "ein halb", "ein Drittel", "zwei Drittel", "ein Viertel", "drei Viertel", "ein Achtel"
    ),
    mixed=fractions(
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
    agreeing={
        r"[A-ZÄÖÜ]\w*(?:e|ion)\b": {"1": "eine", "ein halb": "eine halbe"},
        r"[A-ZÄÖÜ]\w*(?:el|er)\b": {"ein halb": "ein halber"},
        r"[A-ZÄÖÜ]": {"ein halb": "ein halbes"},
        r"\w": {"1": "ein"},  # of "einhalb", too
    },
    patterns={
        r"(?<!\w)(\d\d?)[.:]00 Uhr\b": r"\1 Uhr",
        r"(?<!\w)(\d\d?)[.:]0?(\d\d?) Uhr\b": r"\1 Uhr \2",
        r"(?<!\w)(\w+)str\.(?=\s?\d|\s[A-ZÄÖÜ]|$)": r"\1straße",
    },
    stutter="ö",
    spelled=SPELLED_EVERYWHERE
    | frozenset("USA LKW PKW EU WC ZDF ARD UKW ICE AG DDR BRD DNA VW BMW".split()),
    closing=frozenset({"und so weiter", "et cetera", "Straße", "vor Christus", "nach Christus"}),
)
