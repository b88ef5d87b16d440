"""Polly's speech marks: what it says about when each word is spoken. Pure."""

from typing import Annotated, Literal

import msgspec

from chalicelib.errors import RejectedError, TransientError


class UnusableMarksError(RejectedError):
    """The marks do not fit the text, and would not another time: the story does without times."""

    code = "unusable_marks"


_Number = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]


class SpeechMark(msgspec.Struct, frozen=True):
    """One line of Polly's answer: when something begins to sound, and where it is written."""

    time: _Number
    type: Literal["sentence", "word"]
    start: _Number
    end: _Number
    value: str


def read(answer: bytes) -> list[SpeechMark]:
    """Read the marks of a request, a JSON object a line.

    Raises:
        TransientError: The answer is empty or cut off.
        UnusableMarksError: It is something else than speech marks.
    """
    if not answer.strip():
        raise TransientError("The speech marks are empty.")
    try:
        lines = filter(bytes.strip, answer.splitlines())
        return [msgspec.json.decode(_whole(line), type=SpeechMark) for line in lines]
    except msgspec.ValidationError as error:
        raise UnusableMarksError(f"The speech marks are not what they were: {error}.") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise TransientError("The speech marks are cut off.") from error


def _whole(line: bytes) -> bytes | str:
    """A mark; that of a sentence may end within a character (aws-sdk-js, issue 1683)."""
    return line.decode(errors="replace") if b'"sentence"' in line else line
