"""Leases: one delivery at a time works on a step of a story.

SQS delivers at least once and concurrently, and a Lambda may die anywhere. The lease keeps two
deliveries of one story's work apart.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from chalicelib.delivery.messages import Delivery, Queue, StoryMessage
from chalicelib.delivery.retries import retry_soon
from chalicelib.errors import LeaseHeldError, StoryChangedError, StorytimeError
from chalicelib.stories.moves import NOTHING, Move
from chalicelib.stories.ports import Stories
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Lease, Story

log = logging.getLogger(__name__)


class Leases(msgspec.Struct, frozen=True):
    """Takes and releases the leases on one step, for the deliveries of one queue.

    Attributes:
        step: The step that is worked on.
        duration: At most the time limit of the function that works: when the function must
            have stopped, its lease is over.
        queue: Where the deliveries come from.
        gives_up: The holder fails the story instead of working on it.
    """

    step: Step
    duration: timedelta
    queue: Queue[StoryMessage]
    stories: Stories
    clock: Callable[[], datetime]
    gives_up: bool = False

    def take(self, delivery: Delivery[StoryMessage]) -> tuple[Story, Lease] | None:
        """Take the lease for a delivery; None: another delivery works, drop this one.

        Raises:
            LeaseHeldError: This delivery must come again when that lease is over.
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
                # The holder's own message is still queued: if the holder dies, it comes again.
                log.info("another delivery is at work", extra={"holder": held.message_id})
                return None
            # Either SQS delivered this message again while its first delivery may still work: if
            # this one were dropped and the first one died, no message would be left. Or the
            # holder is failing the story, and this message may revive it.
            rest = max(1, int((held.until - now).total_seconds()) + 1)
            self.queue.retry_in(delivery.receipt, rest)
            raise
        except StoryChangedError:
            raise
        except Exception:
            retry_soon(self.queue, delivery)
            raise

    def release(self, lease: Lease, story: Story, move: Move = NOTHING) -> None:
        """Give a lease back, with a last move; if that fails, the lease runs out."""
        try:
            self.stories.apply(story, move, lease=lease, release=True)
        except StorytimeError as also:
            log.info("the lease is lost, or runs out", extra={"reason": also.message})
