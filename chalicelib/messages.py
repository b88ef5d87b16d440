"""What travels on the queues: a claim check, nothing that the table or S3 holds."""

from datetime import datetime
from typing import Annotated

import msgspec

from chalicelib.errors import InvalidRequest
from chalicelib.story import Story

_Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""Ours have 36 characters and 8; the table could not even look for a very long one."""


class StoryMessage(msgspec.Struct, frozen=True):
    """Work is due on this generation of this story."""

    id: _Identifier
    generation: _Identifier


class Delivery(msgspec.Struct, frozen=True):
    """One receipt of a queue message.

    Attributes:
        message: What the message says.
        message_id: The queue's id, the same for every receipt of this message.
        receipt: The handle that changes or ends this receipt.
        receives: How often the message was received, this time included.
        sent_at: When the message was first put on the stage's queue.
    """

    message: StoryMessage
    message_id: str
    receipt: str
    receives: int
    sent_at: datetime


def about(story: Story) -> StoryMessage:
    return StoryMessage(id=story.id, generation=story.generation)


def encode(message: StoryMessage) -> str:
    return msgspec.json.encode(message).decode()


def decode(body: str) -> StoryMessage:
    """Read a queue message's body.

    Raises:
        InvalidRequest: The body is not a story message; no retry will make it one.
    """
    try:
        return msgspec.json.decode(body, type=StoryMessage)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidRequest(f"not a story message: {error}") from error
