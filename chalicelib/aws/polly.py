"""Polly as the speaker."""

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore.exceptions import BotoCoreError

from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import RejectedError
from chalicelib.speech.voices import ENGINES_WITH_MARKS, Engine
from chalicelib.telemetry import FailureReason

if TYPE_CHECKING:
    from mypy_boto3_polly import PollyClient

_UNSPEAKABLE: Final = frozenset(
    {
        "InvalidSsmlException",
        "LanguageNotSupportedException",
        "TextLengthExceededException",
        "ValidationException",
    }
)
_NO_MARKS: Final = "MarksNotSupportedForFormatException"
_MARKS: Final = {"OutputFormat": "json", "SpeechMarkTypes": ["sentence", "word"]}


class PollySpeaker(msgspec.Struct, frozen=True):
    client: "PollyClient"

    def speak(self, ssml: str, *, language: str, voice: str, engine: Engine) -> bytes:
        return self._synthesized(ssml, language, voice, engine, {"OutputFormat": "mp3"})

    def marks(self, ssml: str, *, language: str, voice: str, engine: Engine) -> bytes:
        if engine not in ENGINES_WITH_MARKS:
            raise RejectedError(f"Polly's {engine} engine makes no speech marks")
        return self._synthesized(ssml, language, voice, engine, _MARKS)

    def _synthesized(
        self, ssml: str, language: str, voice: str, engine: Engine, output: dict[str, Any]
    ) -> bytes:
        try:
            response = request(
                self.client.synthesize_speech,
                Engine=engine,
                LanguageCode=language,  # type: ignore[arg-type]  # a test compares voices.py with Polly's list
                VoiceId=voice,  # type: ignore[arg-type]
                TextType="ssml",
                Text=ssml,
                **output,
            )
        except RequestFailedError as failure:
            raise _refused(failure, voice) or failure from failure
        with closing(response["AudioStream"]) as stream:
            try:
                return stream.read()
            except BotoCoreError as error:  # the connection broke during the download
                name = type(error).__name__
                raise RequestFailedError("SynthesizeSpeech", name, {}) from error


def _refused(failure: RequestFailedError, voice: str) -> RejectedError | None:
    """Why Polly will never answer this request; None: it may, another time."""
    if failure.aws_code == _NO_MARKS:
        return RejectedError(f"Polly makes no speech marks of what {voice} says")
    if failure.aws_code in _UNSPEAKABLE and not _lacks_engine(failure):
        return RejectedError(
            f"this text cannot be spoken by {voice}", code=FailureReason.UNSPEAKABLE_TEXT
        )
    return None


def _lacks_engine(failure: RequestFailedError) -> bool:
    """Does this region lack the engine? Then the text waits until SPEECH_ENGINE is another one.

    `voices.VOICES` says which engines a voice has, so the text or the voice is not the reason.
    Polly says it with a ValidationException; its model also has EngineNotSupportedException.
    """
    message = failure.response.get("Error", {}).get("Message", "")
    return failure.aws_code == "EngineNotSupportedException" or "selected engine" in message
