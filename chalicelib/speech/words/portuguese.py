"""What signs, units and abbreviations are called in Portuguese."""

from typing import Final

from chalicelib.speech.words import SPELLED_EVERYWHERE, SpeechWords, fractions, signs, two_or_more

_FEMININE: Final = r"(?!(?:dia|mapa|planeta)s?\b)\w*(?:[^\Wm]as?|colher(?:es)?)\b"
"""Most nouns in -a are, but in -ma (Greek words) and some others."""

WORDS: Final = SpeechWords(
    signs=signs("e", "mais", "igual a", "vezes", "arroba", "por cento", "menos", "dividido por"),
    until="a",
    dot="ponto",
    fractions=fractions(
        "meio", "um terço", "dois terços", "um quarto", "três quartos", "um oitavo"
    ),
    mixed=fractions(
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
    spelled=(SPELLED_EVERYWHERE - {"VIP"}) | frozenset("EUA UE DNA".split()),
    closing=frozenset({"etcétera", "antes de Cristo", "depois de Cristo"}),
    plural=two_or_more,
    agreeing={_FEMININE: {"1": "uma", "2": "duas", "meio": "meia", "e meio": "e meia"}},
    nouns_before_part=r"\w{2,}s",
    patterns={r"(?<![\w:])(\d\d?)h(\d\d)(?!\w)": r"\1 e \2"},
)
