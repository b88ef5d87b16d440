"""The espeak-ng voices that replace Polly's voices."""

from typing import Final

_LANGUAGES: Final = {
    "arb": "ar",
    "en-GB-WLS": "en-gb-x-gbcwmd",
    "en-IE": "en-gb-scotland",
    "en-US": "en-us",
    "es-MX": "es-419",
    "es-US": "es-419",
    "fr-BE": "fr-be",
    "pt-BR": "pt-br",
}
"""espeak-ng's names of Polly's language codes; of the others it is the language alone."""

_VARIANTS: Final = {
    "Female": ("f2", "Annie", "f3", "linda", "f4", "steph", "f5", "belinda", "f1", "Alicia"),
    "Male": ("m3", "Michael", "m7", "paul", "m1", "zac", "m4", "rob", "m2", "Denis"),
}
"""Timbres, so that no two voices of a language and gender sound alike."""


def espeak_voice(language: str, gender: str, place: int) -> str:
    """Return the name of the ``place``-th voice (from 0) of a gender in a Polly language."""
    variants = _VARIANTS[gender]
    name = _LANGUAGES.get(language, language.partition("-")[0])
    return f"{name}+{variants[place % len(variants)]}"
