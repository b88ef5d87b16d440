"""Leases: only one delivery at a time works on a step of a story.

They are needed because SQS delivers at least once and concurrently, and a Lambda function may die
at any point.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from chalicelib.delivery.messages import Delivery, Queue, StoryMessage
from chalicelib.delivery.retries import retry_soon
from chalicelib.errors import LeaseHeldError, StoryChangedError, StorytimeError
from chalicelib.stories.changes import NOTHING, Move
from chalicelib.stories.ports import Stories
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Lease, Story

log = logging.getLogger(__name__)


class Leases(msgspec.Struct, frozen=True):
    """Takes and releases the leases on one step, for the deliveries of one queue.

    Attributes:
        duration: The time limit of the function that works: when the lease ends, the function
            has stopped.
        queue: The queue of the deliveries.
        gives_up: The holder fails the story instead of working on it.
    """

    step: Step
    duration: timedelta
    queue: Queue[StoryMessage]
    stories: Stories
    clock: Callable[[], datetime]
    gives_up: bool = False

    def take(self, delivery: Delivery[StoryMessage]) -> tuple[Story, Lease] | None:
        """Take the lease for a delivery; None: another delivery works, so drop this one.

        Raises:
            LeaseHeldError: SQS must deliver this message again when the other lease ends.
            StoryChangedError: There is no such story, it has another generation, or is deleted.
        """
        now = self.clock()
        until = now + self.duration
        lease = Lease(
            self.step, delivery.message_id, delivery.receives, until, gives_up=self.gives_up
        )
        message = delivery.message
        try:
            return self.stories.lease(message.id, message.generation, lease, now), lease
        except LeaseHeldError as held:
            if held.message_id != delivery.message_id and not held.gives_up:
                # If the holder dies, SQS delivers the holder's message again.
                log.info("another delivery has the lease", extra={"holder": held.message_id})
                return None
            # Either this message's first delivery may still work: if it dies after this one was
            # dropped, no message is left. Or the holder is failing the story, and this message
            # may start the story again.
            rest = max(1, int((held.until - now).total_seconds()) + 1)
            self.queue.retry_in(delivery.receipt, rest)
            raise
        except StoryChangedError:
            raise
        except Exception:
            retry_soon(self.queue, delivery)
            raise

    def release(self, lease: Lease, story: Story, move: Move = NOTHING) -> None:
        """Release a lease, with a last move. If that fails, the lease ends by itself."""
        try:
            self.stories.apply(story, move, lease=lease, release=True)
        except StorytimeError as also:
            log.info("lease not released", extra={"reason": also.message})
