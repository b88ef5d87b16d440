"""What travels on the queues: a claim check, nothing that the table or S3 holds."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

import msgspec

from chalicelib.errors import InvalidRequestError
from chalicelib.stories.story import Story

_Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""Ours have 36 characters and 8; the table could not even look for a very long one."""

_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
"""At most 1,024 bytes in UTF-8 (Amazon S3, "Naming Amazon S3 objects")."""


class StoryMessage(msgspec.Struct, frozen=True):
    """Work is due on this generation of this story."""

    id: _Identifier
    generation: _Identifier


class IntakeMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A photo lies in the intake_bucket bucket, waiting to be taken in.

    Attributes:
        key: Its key, decoded.
        sequencer: Orders S3's events about one key; for whoever reads the logs.
        reason: Why it was given up; only parked messages have one.
    """

    bucket: str
    key: _Key
    sequencer: str = ""
    reason: str | None = None


Message = TypeVar("Message")


class Delivery(msgspec.Struct, Generic[Message], frozen=True):
    """One receipt of a queue message.

    Attributes:
        message: What the message says.
        message_id: The queue's id, the same for every receipt of this message.
        receipt: The handle that changes or ends this receipt.
        receives: How often the message was received, this time included.
        sent_at: When the message was first put on the step's queue.
    """

    message: Message
    message_id: str
    receipt: str
    receives: int
    sent_at: datetime


def about(story: Story) -> StoryMessage:
    return StoryMessage(id=story.id, generation=story.generation)


def encode(message: StoryMessage | IntakeMessage) -> str:
    return msgspec.json.encode(message).decode()


def decode(body: str, kind: type[Message]) -> Message:
    """Read a queue message's body.

    Raises:
        InvalidRequestError: The body is no such message; no retry will make it one.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidRequestError(f"not a {kind.__name__}: {error}") from error
