"""What is answered about languages and voices."""

from typing import Annotated

from chalice.app import Response
from msgspec import Meta, Struct

from chalicelib.http.responses import CACHEABLE, response
from chalicelib.speech.voices import (
    ENGINES_WITH_MARKS,
    VOICES,
    Engine,
    Voice,
    default_voice,
)


class EngineAnswer(Struct, frozen=True):
    """A way to synthesize a voice."""

    name: Engine
    read_along: Annotated[bool, Meta(description="It can say when each word is spoken.")]


class VoiceAnswer(Struct, frozen=True):
    """A voice, and the engines that have it."""

    name: Annotated[str, Meta(description="For X-Voice.", examples=["Joanna"])]
    engines: list[EngineAnswer]


class LanguageAnswer(Struct, frozen=True):
    """A language, and its voices."""

    name: Annotated[str, Meta(description="For X-Language.", examples=["en-US"])]
    default_voice: Annotated[str, Meta(examples=["Joanna"])]
    voices: list[VoiceAnswer]


class LanguageList(Struct, frozen=True):
    """All languages and voices."""

    languages: list[LanguageAnswer]


def voices_response() -> Response:
    """200 with all languages and voices."""
    languages = [
        LanguageAnswer(language, default_voice(language), [_described(each) for each in voices])
        for language, voices in VOICES.items()
    ]
    return response(LanguageList(languages), headers=CACHEABLE)


def _described(voice: Voice) -> VoiceAnswer:
    engines = [
        EngineAnswer(engine, read_along=engine in ENGINES_WITH_MARKS) for engine in voice.engines
    ]
    return VoiceAnswer(voice.id, engines)
