"""The messages of the queues: ids and keys only; the data is in the table and in S3."""

from datetime import datetime
from typing import Annotated, Generic, Protocol, TypeVar

import msgspec

from chalicelib.errors import InvalidRequestError
from chalicelib.stories.story import Story

_Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""The app's have 36 and 8 characters. DynamoDB refuses to look up a very long key."""

_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
"""At most 1,024 bytes in UTF-8 (Amazon S3, "Naming Amazon S3 objects")."""


class StoryMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Work is due on one generation of a story.

    Attributes:
        gone_before: Of a deletion whose files were all gone before this time: an invalidation of
            all public files that begins later covers it.
    """

    id: _Identifier
    generation: _Identifier
    gone_before: datetime | None = None


class IntakeMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A photo arrived in the intake bucket.

    Attributes:
        key: Its key, decoded.
        sequencer: The order of S3's events about one key; only for people who read messages.
        reason: Why it was parked; only parked messages have one.
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
        message_id: SQS's id of the message, the same for every receipt.
        receipt: The receipt handle.
        receives: How often SQS delivered the message, this time included.
        sent_at: When the message was first put on the step's queue.
    """

    message: Message
    message_id: str
    receipt: str
    receives: int
    sent_at: datetime


class Queue(Protocol[_Message_contra]):
    """A queue that delivers at least once, in any order."""

    def send(self, message: _Message_contra, delay: int = 0) -> None:
        """Send a message; it is delivered after `delay` seconds, at most 900."""

    def retry_in(self, receipt: str, seconds: int) -> None:
        """Deliver the message of this receipt again after `seconds`, unless it is deleted."""

    def count(self) -> int:
        """About how many messages can be received now."""


def about(story: Story) -> StoryMessage:
    return StoryMessage(id=story.id, generation=story.generation)


def encode(message: StoryMessage | IntakeMessage) -> str:
    return msgspec.json.encode(message).decode()


def decode(body: str, kind: type[Message]) -> Message:
    """Read a queue message's body.

    Raises:
        InvalidRequestError: The body is no such message; a retry does not help.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidRequestError(f"not a {kind.__name__}: {error}") from error
