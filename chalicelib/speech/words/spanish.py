"""What signs, units and abbreviations are called in Spanish."""

from typing import Final

from chalicelib.speech.words import SPELLED_EVERYWHERE, SpeechWords, fractions, signs

_FEMININE: Final = r"(?!(?:día|mapa|planeta)s?\b)\w*[^\Wm]as?\b"
"""Most nouns in -a are, but in -ma (Greek words) and some others."""

WORDS: Final = SpeechWords(
    signs=signs("y", "más", "igual a", "por", "arroba", "por ciento", "menos", "entre"),
    until="a",
    dot="punto",
    fractions=fractions(
        "medio", "un tercio", "dos tercios", "un cuarto", "tres cuartos", "un octavo"
    ),
    mixed=fractions(
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
    spelled=(SPELLED_EVERYWHERE - {"VIP"}) | frozenset("USA DNI ONG ADN".split()),
    closing=frozenset(
        {"etcétera", "usted", "ustedes", "Estados Unidos", "antes de Cristo", "después de Cristo"}
    ),
    agreeing={
        _FEMININE: {"1": "una", "21": "veintiuna", "medio": "media", "y medio": "y media"},
        r"\w": {"1": "un", "21": "veintiún"},
    },
    nouns_before_part=r"\w{2,}s",
)
