"""Polly as the speaker."""

from contextlib import closing
from typing import TYPE_CHECKING, Final

import msgspec
from botocore.exceptions import BotoCoreError

from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import RejectedError
from chalicelib.speech.voices import Engine, engine_for
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


class PollySpeaker(msgspec.Struct, frozen=True):
    """Speaks with the preferred engine if the voice has it, else with the other one."""

    client: "PollyClient"
    engine: Engine

    def speak(self, ssml: str, *, language: str, voice: str) -> bytes:
        try:
            response = request(
                self.client.synthesize_speech,
                Engine=engine_for(language, voice, self.engine),
                LanguageCode=language,  # type: ignore[arg-type]  # a test compares voices.py with Polly's list
                VoiceId=voice,  # type: ignore[arg-type]
                OutputFormat="mp3",
                TextType="ssml",
                Text=ssml,
            )
        except RequestFailedError as failure:
            if failure.aws_code in _UNSPEAKABLE and not _lacks_engine(failure):
                raise RejectedError(
                    f"this text cannot be spoken by {voice}", code=FailureReason.UNSPEAKABLE_TEXT
                ) from failure
            raise
        with closing(response["AudioStream"]) as stream:
            try:
                return stream.read()
            except BotoCoreError as error:  # the connection broke during the download
                name = type(error).__name__
                raise RequestFailedError("SynthesizeSpeech", name, {}) from error


def _lacks_engine(failure: RequestFailedError) -> bool:
    """Does this region lack the engine? Then the text waits until SPEECH_ENGINE is another one.

    `voices.VOICES` says which engines a voice has, so the text or the voice is not the reason.
    Polly says it with a ValidationException; its model also has EngineNotSupportedException.
    """
    message = failure.response.get("Error", {}).get("Message", "")
    return failure.aws_code == "EngineNotSupportedException" or "selected engine" in message
