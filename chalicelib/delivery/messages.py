"""What travels on the queues: a claim check, nothing that the table or S3 holds."""

from datetime import datetime
from typing import Annotated, Generic, Protocol, TypeVar

import msgspec

from chalicelib.errors import InvalidRequestError
from chalicelib.stories.story import Story

_Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""Ours have 36 and 8 characters. DynamoDB refuses to look up a very long key."""

_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
"""At most 1,024 bytes in UTF-8 (Amazon S3, "Naming Amazon S3 objects")."""


class StoryMessage(msgspec.Struct, frozen=True):
    """Work is due on this generation of this story."""

    id: _Identifier
    generation: _Identifier


class IntakeMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A photo arrived in the intake bucket.

    Attributes:
        key: Its key, decoded.
        sequencer: Orders S3's events about one key; for people who read the logs.
        reason: Why it was given up; only parked messages have one.
    """

    bucket: str
    key: _Key
    sequencer: str = ""
    reason: str | None = None


Message = TypeVar("Message")
_Message_contra = TypeVar("_Message_contra", contravariant=True)


class Delivery(msgspec.Struct, Generic[Message], frozen=True):
    """One receipt of a queue message.

    Attributes:
        message: What the message says.
        message_id: The queue's id, the same for every receipt of this message.
        receipt: The handle that changes or ends this receipt.
        receives: How often SQS delivered the message, this time included.
        sent_at: When the message was first put on the step's queue.
    """

    message: Message
    message_id: str
    receipt: str
    receives: int
    sent_at: datetime


class Queue(Protocol[_Message_contra]):
    """One queue: it delivers at least once, in any order."""

    def send(self, message: _Message_contra) -> None:
        """Store a message for delivery."""

    def retry_in(self, receipt: str, seconds: int) -> None:
        """Deliver the message of this receipt again after `seconds`, unless it is deleted."""


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
