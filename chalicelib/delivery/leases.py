"""Working alone on a story: lease, work, tell, release, and what happens when that fails.

SQS delivers at least once and concurrently, and a Lambda may die anywhere. The lease keeps
two deliveries of one story's work apart; a failure is written down and tried again in
seconds, not after the visibility timeout.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from chalicelib.delivery.erasure import Erasure
from chalicelib.delivery.messages import Delivery, StoryMessage
from chalicelib.delivery.notification import Notification
from chalicelib.delivery.retries import put_off, retried, seconds_until_retry
from chalicelib.errors import LeaseHeldError, StoryChangedError, StorytimeError, message_of
from chalicelib.stories.ports import Queue, Stories
from chalicelib.stories.story import MAKES_THE_STORY, Lease, Step, Story, has_ended, next_step
from chalicelib.telemetry import logs
from chalicelib.telemetry.metrics import Meter, record_duration

log = logging.getLogger(__name__)


class Leasing(msgspec.Struct, frozen=True):
    """Gives each delivery of one queue its story for itself.

    Attributes:
        step: The step that is worked on.
        lease_for: How long a lease lasts: at most the time limit of the function that
            works, so that a dead worker's lease is over when it could be.
        queue: Where the deliveries come from.
        gives_up: The work is to fail the story, not to bring it on.
    """

    step: Step
    lease_for: timedelta
    stories: Stories
    queue: Queue[StoryMessage]
    notification: Notification
    erasure: Erasure
    meter: Meter
    clock: Callable[[], datetime]
    gives_up: bool = False

    def run(self, delivery: Delivery[StoryMessage], work: Callable[[Story, Lease], Story]) -> None:
        """Do a delivery's work: it brings the story on, and returns it as it then is.

        Returning deletes the delivery's message; raising has it delivered again.
        """
        message = delivery.message
        with logs.bound(story_id=message.id, step=self.step.value):
            now = self.clock()
            lease = Lease(
                self.step,
                delivery.message_id,
                delivery.receives,
                now + self.lease_for,
                self.gives_up,
            )
            try:
                story = self.stories.lease(message.id, message.generation, lease, now)
            except LeaseHeldError as held:
                self._yield_to(held, delivery, now)
            except StoryChangedError as change:
                log.info("message ignored", extra={"reason": change.message})
                self._clean_up(delivery)
            except Exception:
                put_off(self.queue, delivery)
                raise
            else:
                self._work_under(lease, story, delivery, work)

    def _yield_to(
        self, held: LeaseHeldError, delivery: Delivery[StoryMessage], now: datetime
    ) -> None:
        if held.message_id != delivery.message_id and not held.gives_up:
            # The holder's own message is still queued: should it die, that one comes back.
            log.info("another delivery is at work", extra={"holder": held.message_id})
            return
        # Either this very message was delivered again while, for all we know, its first
        # delivery is still at work: were it dropped, nobody would be left if that one died.
        # Or the holder is failing the story, and this message may bring it back.
        rest = max(1, int((held.until - now).total_seconds()) + 1)
        self.queue.retry_in(delivery.receipt, rest)
        raise held

    def _work_under(
        self,
        lease: Lease,
        story: Story,
        delivery: Delivery[StoryMessage],
        work: Callable[[Story, Lease], Story],
    ) -> None:
        began_at = self.clock()
        try:
            done = work(story, lease)
            self._finish(done, lease)
        except StoryChangedError as change:
            log.info("the story went on without this delivery", extra={"reason": change.message})
            self._clean_up(delivery)
            self._release(lease, story, {})  # not before: a deletion waits for that
        except Exception as error:
            last_error = message_of(error)
            attempt = {"reason": last_error, "receives": delivery.receives}
            known = isinstance(error, StorytimeError)
            log.warning("attempt failed", extra=attempt, exc_info=not known)
            retry_at = self.clock() + timedelta(seconds=seconds_until_retry(delivery))
            noted = {"last_error": last_error, "retry_at": retry_at}
            self._release(lease, story, noted if self.step in MAKES_THE_STORY else {})
            put_off(self.queue, delivery)
            raise
        else:
            if done is not story and not self.gives_up:
                record_duration(self.meter, self.step, self.clock() - began_at)

    def _clean_up(self, delivery: Delivery[StoryMessage]) -> None:
        """Leave nothing behind if it was deleted meanwhile; come again if that fails."""
        with retried(self.queue, delivery):
            self.erasure.clean_up_after(delivery.message)

    def _finish(self, story: Story, lease: Lease) -> None:
        changes: dict[str, Any] = {}
        expect: dict[str, Any] = {}
        if has_ended(story) and next_step(story) is self.step:
            changes = self.notification.settle(story)
            # A failed story's photo may have been sent again while people were told.
            expect = {"status": story.status}
        self.stories.update(story, changes, expect=expect, lease=lease, release=True)
        log.info("step finished", extra={"status": story.status.value})

    def _release(self, lease: Lease, story: Story, changes: dict[str, Any]) -> None:
        try:
            self.stories.update(story, changes, lease=lease, release=True)
        except StorytimeError as also:
            log.info("the lease is lost, or left to run out", extra={"reason": also.message})
