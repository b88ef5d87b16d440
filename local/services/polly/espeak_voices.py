"""The espeak-ng voices that replace Polly's voices."""

from typing import Final

LANGUAGES: Final = {
    "ar-AE": "ar",
    "arb": "ar",
    "ca-ES": "ca",
    "cmn-CN": "cmn",
    "cs-CZ": "cs",
    "cy-GB": "cy",
    "da-DK": "da",
    "de-AT": "de",
    "de-CH": "de",
    "de-DE": "de",
    "en-AU": "en",
    "en-GB": "en",
    "en-GB-WLS": "en-gb-x-gbcwmd",
    "en-IE": "en-gb-scotland",
    "en-IN": "en",
    "en-NZ": "en",
    "en-SG": "en",
    "en-US": "en-us",
    "en-ZA": "en",
    "es-ES": "es",
    "es-MX": "es-419",
    "es-US": "es-419",
    "fi-FI": "fi",
    "fr-BE": "fr-be",
    "fr-CA": "fr",
    "fr-FR": "fr",
    "hi-IN": "hi",
    "is-IS": "is",
    "it-IT": "it",
    "ja-JP": "ja",
    "ko-KR": "ko",
    "nb-NO": "nb",
    "nl-BE": "nl",
    "nl-NL": "nl",
    "pl-PL": "pl",
    "pt-BR": "pt-br",
    "pt-PT": "pt",
    "ro-RO": "ro",
    "ru-RU": "ru",
    "sv-SE": "sv",
    "tr-TR": "tr",
    "yue-CN": "yue",
}
"""espeak-ng's name of each of Polly's language codes, or of the nearest language it has."""

_VARIANTS: Final = {
    "Female": ("f2", "Annie", "f3", "linda", "f4", "steph", "f5", "belinda", "f1", "Alicia"),
    "Male": ("m3", "Michael", "m7", "paul", "m1", "zac", "m4", "rob", "m2", "Denis"),
}
"""Timbres, so that no two voices of a language and gender sound alike."""


def espeak_voice(language: str, gender: str, place: int) -> str:
    """Return the name of the ``place``-th voice (from 0) of a gender in a Polly language."""
    variants = _VARIANTS[gender]
    return f"{LANGUAGES[language]}+{variants[place % len(variants)]}"
