"""The languages that Rekognition reads and Polly speaks, and their voices.

A table in the code, because a look-up would cost each upload one more request. A test compares
it with Polly's DescribeVoices. Source: Polly's "Available voices", Rekognition's
"Detecting text" (English, Arabic, Russian, German, French, Italian, Portuguese, Spanish).
"""

from types import MappingProxyType
from typing import Final, Literal, get_args

import msgspec

from chalicelib.errors import InvalidRequestError

AUTO: Final = "auto"
"""The language of the page's words: known when the page is read."""
DEFAULT_LANGUAGE: Final = "en-US"
"""That of a page whose words show none."""

Engine = Literal["neural", "standard"]

ENGINES_WITH_MARKS: Final = frozenset({"neural", "standard", "long-form"})
"""Those that say when each word is spoken (Polly, "Speech marks")."""

RIGHT_TO_LEFT: Final = frozenset({"arb", "ar-AE"})


class Voice(msgspec.Struct, frozen=True):
    """A voice, and which of Polly's engines have it."""

    id: str
    neural: bool
    standard: bool


def _voices(both: str = "", *, neural: str = "", standard: str = "") -> tuple[Voice, ...]:
    return (
        *(Voice(name, neural=True, standard=True) for name in both.split()),
        *(Voice(name, neural=True, standard=False) for name in neural.split()),
        *(Voice(name, neural=False, standard=True) for name in standard.split()),
    )


VOICES: Final = MappingProxyType(
    {
        "en-US": _voices(
            "Joanna Ivy Kendra Kimberly Salli Joey Justin Matthew",
            neural="Danielle Gregory Kevin Ruth Stephen",
        ),
        "en-GB": _voices("Amy Emma Brian", neural="Arthur"),
        "en-AU": _voices(neural="Olivia", standard="Nicole Russell"),
        "en-IN": _voices(neural="Kajal", standard="Aditi Raveena"),
        "en-IE": _voices(neural="Niamh"),
        "en-NZ": _voices(neural="Aria"),
        "en-ZA": _voices(neural="Ayanda"),
        "arb": _voices(standard="Zeina"),
        "ar-AE": _voices(neural="Hala Zayd"),
        "ru-RU": _voices(standard="Tatyana Maxim"),
        "de-DE": _voices("Vicki", neural="Daniel", standard="Marlene Hans"),
        "de-AT": _voices(neural="Hannah"),
        "de-CH": _voices(neural="Sabrina"),
        "fr-FR": _voices("Lea", neural="Remi", standard="Celine Mathieu"),
        "fr-BE": _voices(neural="Isabelle"),
        "fr-CA": _voices(neural="Gabrielle Liam", standard="Chantal"),
        "it-IT": _voices("Bianca", neural="Adriano", standard="Carla Giorgio"),
        "pt-BR": _voices("Camila Vitoria", neural="Thiago", standard="Ricardo"),
        "pt-PT": _voices("Ines", standard="Cristiano"),
        "es-ES": _voices("Lucia", neural="Sergio", standard="Conchita Enrique"),
        "es-MX": _voices("Mia", neural="Andres"),
        "es-US": _voices("Lupe", neural="Pedro", standard="Penelope Miguel"),
    }
)
"""Voices by language; the first is the language's default."""


def chosen(language: str | None, voice: str | None) -> tuple[str, str]:
    """The language and voice of a request, with defaults, as Polly spells them.

    A voice without a language means its own. Without both, the language is `AUTO`, and the voice
    that of the default language.

    Raises:
        InvalidRequestError: There is no such language, or the voice does not speak it. The
            message lists the possible values.
    """
    wanted = (language or AUTO).strip()
    if wanted.lower() == AUTO:
        return _of_voice(voice) if voice else (AUTO, default_voice(DEFAULT_LANGUAGE))
    spelled = _nearest(wanted.lower().replace("_", "-"))
    if spelled is None:
        raise InvalidRequestError(
            f"Language {wanted[:40]!r} is not available; choose one of: "
            f"{', '.join([AUTO, *VOICES])}.",
            code="unknown_language",
        )
    if not voice:
        return spelled, default_voice(spelled)
    names = [candidate.id for candidate in VOICES[spelled]]
    match = next((name for name in names if name.lower() == voice.strip().lower()), None)
    if match is None:
        raise InvalidRequestError(
            f"Voice {voice[:40]!r} does not speak {spelled}; choose one of: {', '.join(names)}.",
            code="unknown_voice",
        )
    return spelled, match


def default_voice(language: str) -> str:
    """The voice of a language that nobody chose."""
    return VOICES[language][0].id


def _of_voice(wanted: str) -> tuple[str, str]:
    """The language of a voice, and the voice as Polly spells it."""
    for language, voices in VOICES.items():
        for voice in voices:
            if voice.id.lower() == wanted.strip().lower():
                return language, voice.id
    names = ", ".join(voice.id for voices in VOICES.values() for voice in voices)
    raise InvalidRequestError(
        f"Voice {wanted[:40]!r} is not available; choose one of: {names}.", code="unknown_voice"
    )


def _nearest(wanted: str) -> str | None:
    """The language that a tag means: "de", "de_DE" and "de-LU" are German (BCP 47).

    Spanish of another country than Spain is that of Mexico.
    """
    exact = next((name for name in VOICES if name.lower() == wanted), None)
    if exact:
        return exact
    primary, _, region = wanted.partition("-")
    if primary == "es" and region:
        return "es-MX"
    of_language = {"ar": "arb"}.get(primary, primary)
    return next((name for name in VOICES if name.partition("-")[0] == of_language), None)


def engines_of(voice: Voice) -> tuple[Engine, ...]:
    """The engines that have a voice."""
    engines: tuple[Engine, ...] = get_args(Engine)
    return tuple(engine for engine in engines if getattr(voice, engine))


def engine_for(language: str, voice: str, preferred: Engine) -> Engine:
    """The preferred engine if the voice has it, else the other one."""
    speaker = next(candidate for candidate in VOICES[language] if candidate.id == voice)
    available = engines_of(speaker)
    return preferred if preferred in available else available[0]
