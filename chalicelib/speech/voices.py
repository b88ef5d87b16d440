"""The languages that Rekognition reads and Polly speaks, and their voices.

A table in the code, because a look-up would cost each upload one more request. A test compares
it with Polly's DescribeVoices. Source: Polly's "Available voices", Rekognition's
"Detecting text" (English, Arabic, Russian, German, French, Italian, Portuguese, Spanish).
"""

from types import MappingProxyType
from typing import Final, Literal

import msgspec

from chalicelib.errors import InvalidRequestError

AUTO: Final = "auto"
"""The language of the page's words: known when the page is read."""
DEFAULT_LANGUAGE: Final = "en-US"
"""That of a page whose words show none."""

Engine = Literal["neural", "standard", "long-form", "generative"]
ENGINES_WITH_MARKS: Final = frozenset({"neural", "standard", "long-form"})
"""Those that say when each word is spoken (Polly Developer Guide, "Speech marks")."""

RIGHT_TO_LEFT: Final = frozenset({"arb", "ar-AE"})


_LONG_FORM: Final = frozenset({"Danielle", "Gregory", "Ruth"})
_GENERATIVE: Final = frozenset(
    (
        "Amy Andres Aria Ayanda Bianca Brian Daniel Danielle Joanna Kajal Lea Lucia Lupe Matthew "
        "Mia Niamh Olivia Pedro Remi Ruth Sabrina Sergio Stephen Vicki"
    ).split()
)
"""Voices that have a second or third engine. Voices of the generative one alone are left out: no
stage with another engine could use them."""


class Voice(msgspec.Struct, frozen=True):
    """A voice, and which of Polly's engines have it; the first is used instead of a missing one."""

    id: str
    engines: tuple[Engine, ...]


def _voices(both: str = "", *, neural: str = "", standard: str = "") -> tuple[Voice, ...]:
    return (
        *(_voice(name, "neural", "standard") for name in both.split()),
        *(_voice(name, "neural") for name in neural.split()),
        *(_voice(name, "standard") for name in standard.split()),
    )


def _voice(name: str, *engines: Engine) -> Voice:
    long_form: tuple[Engine, ...] = ("long-form",) if name in _LONG_FORM else ()
    generative: tuple[Engine, ...] = ("generative",) if name in _GENERATIVE else ()
    return Voice(name, (*engines, *long_form, *generative))


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


def check_marks(engine: Engine) -> None:
    """Make sure that an engine says when each word is spoken.

    Raises:
        InvalidRequestError: It does not.
    """
    if engine not in ENGINES_WITH_MARKS:
        raise InvalidRequestError(
            f"Stories are spoken with the {engine} engine here, which does not say when each word "
            "is spoken: send X-Read-Along: false.",
            code="no_read_along",
        )


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


def engine_for(language: str, voice: str, preferred: Engine) -> Engine:
    """The preferred engine if the voice has it, else its neural one, else its standard one.

    Of a voice that does not speak the language: the preferred one, and Polly refuses it.
    """
    speaker = next((each for each in VOICES[language] if each.id == voice), None)
    if speaker is None or preferred in speaker.engines:
        return preferred
    return speaker.engines[0]
