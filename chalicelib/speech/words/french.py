"""What signs, units and abbreviations are called in French."""

from typing import Final

from chalicelib.speech.words import SPELLED_EVERYWHERE, SpeechWords, fractions, signs, two_or_more

WORDS: Final = SpeechWords(
    signs=signs("et", "plus", "égale", "fois", "arobase", "pour cent", "moins", "divisé par"),
    until="à",
    dot="point",
    fractions=fractions(
        "un demi", "un tiers", "deux tiers", "un quart", "trois quarts", "un huitième"
    ),
    mixed=fractions(
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
    nouns_before_part="ans|heures|jours|mois|tasses|verres|cuillères",
    agreeing={
        r"(?:tonne|heure|minute|seconde|cuillère|tasse|pomme|poire|tranche|douzaine)s?\b": {
            "1": "une",
            "un demi": "une demi",
            "et demi": "et demie",
        },
    },
    patterns={
        r"(?<!\w)1\s?h\s?0?(\d\d?)(?!\w)": r"une heure \1",
        r"(?<!\w)(\d\d?)\s?h\s?00(?!\w)": r"\1 heures",
        r"(?<!\w)(\d\d?)\s?h\s?0?(\d\d?)(?!\w)": r"\1 heures \2",
    },
    stutter="eu",
    spelled=SPELLED_EVERYWHERE | frozenset("USA TGV SNCF UE RATP ADN WC".split()),
    closing=frozenset({"et cetera", "avant Jésus-Christ", "après Jésus-Christ"}),
    plural=two_or_more,
)
