"""Polly's SynthesizeSpeech and DescribeVoices on a local engine: the same limits and errors."""

from __future__ import annotations

import unicodedata
from functools import cached_property
from typing import Any, Final

from local.engines.audio_encoder import encode
from local.services.polly.marks import speech_marks
from local.services.polly.performance import perform
from local.services.polly.script import Part, billed_characters, plain_text
from local.services.polly.ssml import read_ssml
from local.services.polly.voices import PollyVoice, load_voices
from local.services.request_constraints import RequestConstraints
from local.services.service_error import ServiceError

MOST_CHARACTERS: Final = 6000
MOST_BILLED_CHARACTERS: Final = 3000
"""Of a text, with and without tags ("Quotas in Amazon Polly")."""
DEFAULT_ENGINE: Final = "standard"

_CONTENT_TYPES: Final = {
    "mp3": "audio/mpeg",
    "ogg_vorbis": "audio/ogg",
    "ogg_opus": "audio/ogg;codecs=opus",
    "pcm": "audio/pcm",
    "mulaw": "audio/mulaw",
    "alaw": "audio/alaw",
    "json": "application/x-json-stream",
}
_MUSIC_RATES: Final = (8000, 16000, 22050, 24000, 44100, 48000)
_SAMPLE_RATES: Final = {
    "mp3": _MUSIC_RATES,
    "ogg_vorbis": _MUSIC_RATES,
    "ogg_opus": (48000,),
    "pcm": (8000, 16000),
    "mulaw": (8000,),
    "alaw": (8000,),
}
"""Hz that each format takes."""
_FIXED_DEFAULTS: Final = {"pcm": 16000, "ogg_opus": 48000, "mulaw": 8000, "alaw": 8000}


class Polly:
    """The operations of Polly that the app uses. It stores no lexicons."""

    def __init__(self) -> None:
        self._synthesis_constraints = RequestConstraints("polly", "SynthesizeSpeech")
        self._listing_constraints = RequestConstraints("polly", "DescribeVoices")

    def synthesize_speech(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer a parsed SynthesizeSpeech request with audio or speech marks.

        Raises:
            ServiceError: with SynthesizeSpeech's own codes, or ``ValidationException``.
        """
        self._synthesis_constraints.check(request)
        engine = request.get("Engine", DEFAULT_ENGINE)
        voice = self._voice(request["VoiceId"], engine)
        language = _language(request, voice)
        sample_rate = _sample_rate(request, engine)
        mark_types = _mark_types(request)
        if request.get("LexiconNames"):
            raise ServiceError("LexiconNotFoundException", "Lexicon not found")
        text = request["Text"]
        script = _script(text, request.get("TextType", "text"), engine, voice.id)
        performance = perform(script, voice, language)
        audio_format = request["OutputFormat"]
        if audio_format == "json":
            stream = speech_marks(text, script, performance, mark_types)
        else:
            stream = encode(performance.samples, audio_format, sample_rate)
        return {
            "AudioStream": stream,
            "ContentType": _CONTENT_TYPES[audio_format],
            "RequestCharacters": billed_characters(script),
        }

    def describe_voices(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer a parsed DescribeVoices request, all in one page.

        Raises:
            ServiceError: ``InvalidNextTokenException`` (none is ever handed out), or
                ``ValidationException``.
        """
        self._listing_constraints.check(request)
        if "NextToken" in request:
            raise ServiceError("InvalidNextTokenException", "The NextToken is invalid.")
        engine = request.get("Engine")
        language = request.get("LanguageCode")
        with_additional = request.get("IncludeAdditionalLanguageCodes", False)
        return {
            "Voices": [
                dict(voice.description)
                for voice in self._voices.values()
                if (engine is None or engine in voice.engines)
                and (language is None or voice.speaks(language, secondarily=with_additional))
            ]
        }

    @cached_property
    def _voices(self) -> dict[str, PollyVoice]:
        return load_voices()

    def _voice(self, voice_id: str, engine: str) -> PollyVoice:
        """The voice, if it has the engine.

        The API model has an ``EngineNotSupportedException`` for this, but what Polly answers is
        this ``ValidationException``.
        """
        voice = self._voices.get(voice_id)
        if voice is None or engine not in voice.engines:
            message = f"This voice does not support the selected engine: {engine}"
            raise ServiceError("ValidationException", message, 400)
        return voice


def _language(request: dict[str, Any], voice: PollyVoice) -> str:
    language = str(request.get("LanguageCode", voice.language))
    if not voice.speaks(language, secondarily=True):
        raise ServiceError(
            "LanguageNotSupportedException",
            "The language specified is not currently supported by Amazon Polly in this capacity.",
        )
    return language


def _sample_rate(request: dict[str, Any], engine: str) -> int:
    """Hz of the audio; for speech marks, which have none, the default of MP3."""
    audio_format = request["OutputFormat"] if request["OutputFormat"] != "json" else "mp3"
    default = _FIXED_DEFAULTS.get(audio_format, 22050 if engine == "standard" else 24000)
    rate = str(request.get("SampleRate", default))
    if rate not in map(str, _SAMPLE_RATES[audio_format]):
        raise ServiceError("InvalidSampleRateException", "The specified sample rate is not valid.")
    return int(rate)


def _mark_types(request: dict[str, Any]) -> list[str]:
    types = list(request.get("SpeechMarkTypes", []))
    wants_marks = request["OutputFormat"] == "json"
    if types and not wants_marks:
        raise ServiceError(
            "MarksNotSupportedForFormatException",
            "Speech marks are not supported for the OutputFormat selected. "
            "Speech marks are only available for content in json format.",
        )
    if wants_marks and not types:
        message = "Speech marks in json format need at least one of SpeechMarkTypes"
        raise ServiceError("ValidationException", message, 400)
    if "ssml" in types and request.get("TextType", "text") == "text":
        raise ServiceError(
            "SsmlMarksNotSupportedForTextTypeException",
            "SSML speech marks are not supported for plain text-type input.",
        )
    return types


def _script(text: str, text_type: str, engine: str, voice: str) -> list[Part]:
    if not text:
        raise ServiceError("ValidationException", "Text must not be empty", 400)
    if any(unicodedata.category(character) == "Cs" for character in text):
        # Half of a character (a surrogate): JSON can escape it, UTF-8 cannot hold it.
        raise ServiceError("SerializationException", "Text is not valid Unicode", 400)
    if len(text) > MOST_CHARACTERS:
        raise _too_long()
    script = read_ssml(text, engine, voice) if text_type == "ssml" else plain_text(text)
    if billed_characters(script) > MOST_BILLED_CHARACTERS:
        raise _too_long()
    return script


def _too_long() -> ServiceError:
    return ServiceError("TextLengthExceededException", "Maximum text length has been exceeded")
