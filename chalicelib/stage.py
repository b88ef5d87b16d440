"""How a stage handles a delivery: lease, work, and what happens when the work fails.

SQS delivers at least once and concurrently, and a Lambda may die anywhere. The lease keeps
two deliveries of one story's work apart; the record tells what is done already; and a
failure is written down and tried again in seconds, not after the visibility timeout.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from chalicelib import logs
from chalicelib.errors import LeaseHeld, Rejected, StoryChanged, StorytimeError
from chalicelib.messages import Delivery
from chalicelib.notification import Notification
from chalicelib.ports import Queue, Stories
from chalicelib.story import Failure, Lease, Stage, Status, Story

_FIRST_RETRY_SECONDS: Final = 5
_MAX_RETRY_SECONDS: Final = 15 * 60

log = logging.getLogger(__name__)


class StageRunner(msgspec.Struct, frozen=True):
    """Runs one stage's work under its lease.

    Attributes:
        stage: Which stage this is.
        lease_for: How long a lease lasts: at most the time limit of the function that
            runs this stage, so that a dead worker's lease is over when it could be.
        work: Brings the story on from what it has, and returns it as it then is.
        queue: Where this stage's messages come from.
    """

    stage: Stage
    lease_for: timedelta
    work: Callable[[Story, Lease], Story]
    stories: Stories
    queue: Queue
    notification: Notification
    clock: Callable[[], datetime]

    def handle(self, delivery: Delivery) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        message = delivery.message
        with logs.bound(story_id=message.id, stage=self.stage.value):
            now = self.clock()
            lease = Lease(self.stage, delivery.message_id, delivery.receives, now + self.lease_for)
            try:
                story = self.stories.lease(message.id, message.generation, lease, now)
            except LeaseHeld as held:
                self._yield_to(held, delivery, now)
            except StoryChanged as change:
                log.info("message ignored", extra={"reason": change.message})
            except Exception:
                self._put_off(delivery)
                raise
            else:
                self._work_under(lease, story, delivery)

    def _yield_to(self, held: LeaseHeld, delivery: Delivery, now: datetime) -> None:
        if held.message_id != delivery.message_id:
            # The holder's own message is still queued: should it die, that one comes back.
            log.info("another delivery is at work", extra={"holder": held.message_id})
            return
        # This very message was delivered again while, for all we know, its first delivery
        # is still at work. Were it dropped, nobody would be left if that delivery died.
        rest = max(1, int((held.until - now).total_seconds()) + 1)
        self.queue.retry_in(delivery.receipt, rest)
        raise held

    def _work_under(self, lease: Lease, story: Story, delivery: Delivery) -> None:
        try:
            self._bring_on(lease, story)
        except StoryChanged as change:
            log.info("the story went on without this delivery", extra={"reason": change.message})
        except Exception as error:
            log.warning("attempt failed", extra={"receives": delivery.receives}, exc_info=True)
            self._prepare_retry(lease, story, delivery, error)
            raise

    def _bring_on(self, lease: Lease, story: Story) -> None:
        if story.failure and story.failure.final:
            log.info("already rejected", extra={"reason": story.failure.reason})
        else:
            try:
                story = self.work(story, lease)
            except Rejected as rejection:
                log.info("rejected", extra={"reason": rejection.message})
                failure = Failure(rejection.message, final=True)
                story = self.stories.update(
                    story, {"status": Status.FAILED, "failure": failure}, lease=lease
                )
        if story.status in {Status.READY, Status.FAILED}:
            self.notification.announce(story)
        log.info("stage finished", extra={"status": story.status.value})
        self.stories.update(story, {}, lease=lease, release=True)

    def _prepare_retry(
        self, lease: Lease, story: Story, delivery: Delivery, error: Exception
    ) -> None:
        # What a bug or a library says is for the log; people get sentences written for them.
        known = isinstance(error, StorytimeError)
        last_error = error.message if known else f"unexpected {type(error).__name__}"  # type: ignore[attr-defined]
        try:
            self.stories.update(story, {"last_error": last_error}, lease=lease, release=True)
        except StorytimeError as also:
            log.warning("the lease is left to run out", extra={"reason": also.message})
        self._put_off(delivery)

    def _put_off(self, delivery: Delivery) -> None:
        wait = min(_FIRST_RETRY_SECONDS * 2 ** (delivery.receives - 1), _MAX_RETRY_SECONDS)
        try:
            self.queue.retry_in(delivery.receipt, wait)
        except StorytimeError as also:
            log.warning("retry left to the visibility timeout", extra={"reason": also.message})
