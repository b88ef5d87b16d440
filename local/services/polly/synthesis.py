"""Polly's SynthesizeSpeech on local engines, with Polly's limits and errors."""

from __future__ import annotations

import threading
import unicodedata
from collections import OrderedDict
from functools import partial
from typing import Any, Final

from local.engines.mp3_encoder import encode
from local.engines.speaker import speak
from local.services.polly.marks import speech_marks
from local.services.polly.performance import Speak, Times, perform
from local.services.polly.script import Part, billed_characters, plain_text
from local.services.polly.ssml import read_ssml
from local.services.polly.voices import PollyVoice, load_voices
from local.services.request_constraints import RequestConstraints
from local.services.service_error import ServiceError, check_understood, not_implemented

MAX_CHARACTERS: Final = 6000
MAX_BILLED_CHARACTERS: Final = 3000
"""Of a text, with and without tags ("Quotas in Amazon Polly")."""

_UNDERSTOOD: Final = frozenset(
    {"Engine", "LanguageCode", "OutputFormat", "SpeechMarkTypes", "Text", "TextType", "VoiceId"}
)
_MARK_TYPES: Final = frozenset({"sentence", "word"})
_ENGINES_WITH_MARKS: Final = frozenset({"neural", "standard", "long-form"})
_SAMPLE_RATES: Final = {"standard": 22_050}
_NEWER_SAMPLE_RATE: Final = 24_000
"""Hz of an MP3, by engine, where the request names none."""

_KEPT: Final = 200
"""Requests. The app asks for a story's marks when it has its MP3s."""


class _Said:
    """The times of what was spoken last: no engine speaks a text twice in quite the same time."""

    def __init__(self) -> None:
        self._times: OrderedDict[object, Times] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, asked: object, times: Times) -> None:
        with self._lock:
            self._times[asked] = times
            self._times.move_to_end(asked)
            if len(self._times) > _KEPT:
                self._times.popitem(last=False)

    def of(self, asked: object) -> Times | None:
        with self._lock:
            return self._times.get(asked)


class Polly:
    """Speaks with espeak-ng. Speech marks have the times of the MP3 that was made before them.

    Args:
        speak_english: Speaks for all English voices instead.
    """

    def __init__(self, speak_english: Speak | None = None) -> None:
        self._speak_english = speak_english
        self._said = _Said()
        self._constraints = RequestConstraints("polly", "SynthesizeSpeech")

    def synthesize_speech(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer a parsed SynthesizeSpeech request with an MP3 or speech marks.

        Raises:
            ServiceError: with SynthesizeSpeech's own codes, ``ValidationException``, or
                ``NotImplemented`` for what the app never asks for.
        """
        self._constraints.check(request)
        check_understood("SynthesizeSpeech", request, _UNDERSTOOD)
        engine = request.get("Engine", "standard")
        voice = _voice(request["VoiceId"], engine)
        language = _language(request, voice)
        mark_types = _mark_types(request, engine)
        text = request["Text"]
        script = _script(text, is_ssml=request.get("TextType") == "ssml")
        asked = text, request.get("TextType"), request["VoiceId"], language
        speaker = self._speaker(voice, language)
        if mark_types:
            times = self._said.of(asked) or perform(script, speaker).times
            content_type = "application/x-json-stream"
            stream = speech_marks(text, script, times, mark_types)
        else:
            performance = perform(script, speaker)
            self._said.keep(asked, performance.times)
            content_type = "audio/mpeg"
            sample_rate = _SAMPLE_RATES.get(engine, _NEWER_SAMPLE_RATE)
            stream = encode(performance.samples, sample_rate)
        return {
            "AudioStream": stream,
            "ContentType": content_type,
            "RequestCharacters": billed_characters(script),
        }

    def _speaker(self, voice: PollyVoice, language: str) -> Speak:
        if self._speak_english is not None and language.startswith("en-"):
            return self._speak_english
        return partial(speak, voice=voice.espeak_name(language))


def _voice(voice_id: str, engine: str) -> PollyVoice:
    """Return the voice, if it has the engine.

    The API model has an ``EngineNotSupportedException``, but Polly answers this
    ``ValidationException``.
    """
    voice = load_voices().get(voice_id)
    if voice is None or engine not in voice.engines:
        message = f"This voice does not support the selected engine: {engine}"
        raise ServiceError("ValidationException", message, 400)
    return voice


def _language(request: dict[str, Any], voice: PollyVoice) -> str:
    language = str(request.get("LanguageCode", voice.languages[0]))
    if language not in voice.languages:
        raise ServiceError(
            "LanguageNotSupportedException",
            "The language specified is not currently supported by Amazon Polly in this capacity.",
        )
    return language


def _mark_types(request: dict[str, Any], engine: str) -> list[str]:
    """Return the types of speech marks that are wanted; none means an MP3.

    The Developer Guide says that the generative engine has none ("Speech marks"), and not how
    Polly refuses them: as it refuses a voice without the engine, is the guess here.
    """
    types = list(request.get("SpeechMarkTypes", []))
    audio_format = request["OutputFormat"]
    if types and audio_format != "json":
        raise ServiceError(
            "MarksNotSupportedForFormatException",
            "Speech marks are not supported for the OutputFormat selected. "
            "Speech marks are only available for content in json format.",
        )
    if types and engine not in _ENGINES_WITH_MARKS:
        message = f"Speech marks are not supported by this engine: {engine}"
        raise ServiceError("ValidationException", message, 400)
    if audio_format == "json" and not types:
        message = "Speech marks in json format need at least one of SpeechMarkTypes"
        raise ServiceError("ValidationException", message, 400)
    if audio_format not in {"json", "mp3"}:
        raise not_implemented(f"SynthesizeSpeech with the OutputFormat {audio_format}")
    check_understood("SynthesizeSpeech", types, _MARK_TYPES)
    return types


def _script(text: str, *, is_ssml: bool) -> list[Part]:
    if not text:
        raise ServiceError("ValidationException", "Text must not be empty", 400)
    if any(unicodedata.category(character) == "Cs" for character in text):
        # A surrogate is half of a character: JSON can escape it, UTF-8 cannot hold it.
        raise ServiceError("SerializationException", "Text is not valid Unicode", 400)
    script = read_ssml(text) if is_ssml else plain_text(text)
    if len(text) > MAX_CHARACTERS or billed_characters(script) > MAX_BILLED_CHARACTERS:
        message = "Maximum text length has been exceeded"
        raise ServiceError("TextLengthExceededException", message)
    return script
