"""Handles a delivery: takes the lease, does the work, sends the notice, releases the lease.

`Runner.run` does this for every step that works under a lease. `StepRunner` adds what reading and
narration need: it fails the story of a rejected photo, and starts a redriven story again.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import msgspec

from chalicelib import telemetry
from chalicelib.delivery.erasure import Erasure
from chalicelib.delivery.leases import Leases
from chalicelib.delivery.messages import Delivery, StoryMessage
from chalicelib.delivery.notification import Notification
from chalicelib.delivery.retries import retried, retry_soon, seconds_until_retry
from chalicelib.errors import (
    LeaseHeldError,
    RejectedError,
    StoryChangedError,
    StorytimeError,
    ThrottledError,
    message_of,
)
from chalicelib.stories import moves
from chalicelib.stories.changes import NOTHING
from chalicelib.stories.ports import Stories
from chalicelib.stories.queues import Step
from chalicelib.stories.story import (
    MAKES_THE_STORY,
    Lease,
    Status,
    Story,
    has_ended,
    next_step,
)
from chalicelib.telemetry import (
    STORIES_FAILED,
    Meter,
    reason_of_rejection,
    record_duration,
)

Work = Callable[[Story, Lease], Story]
"""Works on a story under a lease, and returns the stored story.

Its last write may release the lease; `Runner` releases it otherwise.
"""

log = logging.getLogger(__name__)


class Runner(msgspec.Struct, frozen=True):
    """Does the work of each delivery of one queue, under a lease."""

    leases: Leases
    stories: Stories
    notification: Notification
    erasure: Erasure
    meter: Meter
    clock: Callable[[], datetime]

    def run(self, delivery: Delivery[StoryMessage], work: Work) -> None:
        """Do a delivery's work. Returning deletes its message; raising has it delivered again."""
        step = self.leases.step
        with telemetry.bound(story_id=delivery.message.id, step=step.value):
            try:
                taken = self.leases.take(delivery)
            except LeaseHeldError:
                raise
            except StoryChangedError as change:
                log.info("message ignored", extra={"reason": change.message})
                self._clean_up(delivery)
                return
            if taken is not None:
                self._work(delivery, work, *taken)

    def _work(
        self, delivery: Delivery[StoryMessage], work: Work, story: Story, lease: Lease
    ) -> None:
        began_at = self.clock()
        try:
            done = work(story, lease)
            self._finish(done, lease)
        except StoryChangedError as change:
            log.info("the story changed meanwhile", extra={"reason": change.message})
            self._clean_up(delivery)
            # After the clean-up, because a deletion waits for the lease.
            self.leases.release(lease, story)
            self._send_if_due(delivery, story)
        except ThrottledError as busy:
            with retried(self.leases.queue, delivery):
                self._postpone(delivery, story, lease, busy)
        except Exception as error:
            self._note_failure(delivery, story, lease, error)
            retry_soon(self.leases.queue, delivery)
            raise
        else:
            if done is not story and not self.leases.gives_up:
                record_duration(self.meter, self.leases.step, self.clock() - began_at)

    def _finish(self, story: Story, lease: Lease) -> None:
        if story.leases.get(lease.step) == lease:
            move = NOTHING
            if has_ended(story) and next_step(story) is self.leases.step:
                move = moves.settled(story, self.notification.notify(story))
            self.stories.apply(story, move, lease=lease, release=True)
        log.info("step finished", extra={"status": story.status.value})

    def _postpone(
        self, delivery: Delivery[StoryMessage], story: Story, lease: Lease, busy: ThrottledError
    ) -> None:
        """Send another message in the place of this one, which SQS would give up after a few.

        The lease is released first: a delivery of the new message would be dropped under it.
        """
        log.info("postponed", extra={"reason": busy.message})
        move = moves.postponed(busy.message, self.clock())
        self.stories.apply(story, move, lease=lease, release=True)
        self.leases.queue.send(delivery.message)

    def _send_if_due(self, delivery: Delivery[StoryMessage], story: Story) -> None:
        """Send a message for a story that was corrected while this delivery had its lease.

        The correction's own message may have been dropped under that lease; not under that of a
        delivery that gives up.
        """
        if self.leases.gives_up:
            return
        with retried(self.leases.queue, delivery):
            latest = self.stories.find(story.id)
            if latest is not None and has_more_to_say(story, latest, self.leases.step):
                self.leases.queue.send(delivery.message)

    def _note_failure(
        self, delivery: Delivery[StoryMessage], story: Story, lease: Lease, error: Exception
    ) -> None:
        last_error = message_of(error)
        attempt = {"reason": last_error, "receives": delivery.receives}
        log.warning("attempt failed", extra=attempt, exc_info=not isinstance(error, StorytimeError))
        retry_at = self.clock() + timedelta(seconds=seconds_until_retry(delivery))
        is_noted = self.leases.step in MAKES_THE_STORY
        move = moves.attempt_failed(last_error, retry_at) if is_noted else NOTHING
        self.leases.release(lease, story, move)

    def _clean_up(self, delivery: Delivery[StoryMessage]) -> None:
        """Remove files that were stored after a deletion; if that fails, retry the delivery."""
        with retried(self.leases.queue, delivery):
            self.erasure.clean_up_after(delivery.message)


def has_more_to_say(before: Story, latest: Story, step: Step) -> bool:
    """Is there something new to be spoken since a delivery loaded the story?"""
    is_same = before.generation == latest.generation
    return (
        is_same
        and latest.status is Status.READ
        and step is Step.NARRATION
        and (latest.revision, latest.read_along) != (before.revision, before.read_along)
    )


class StepRunner(msgspec.Struct, frozen=True):
    """Runs a step that the story needs to be ready; a rejected photo fails the story."""

    work: Work
    runner: Runner
    stories: Stories
    meter: Meter
    clock: Callable[[], datetime]

    def handle(self, delivery: Delivery[StoryMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        self.runner.run(delivery, partial(self._work_unless_failed, delivery.sent_at))

    def _work_unless_failed(self, sent_at: datetime, story: Story, lease: Lease) -> Story:
        if story.failure and story.failure.final:
            log.info("already rejected", extra={"reason": story.failure.reason})
            return story
        if story.status is Status.FAILED:
            if next_step(story) is not self.runner.leases.step:
                log.info("the story failed at another step")
                return story
            story = self.stories.apply(
                story, moves.redriven(story, self.clock(), sent_at), lease=lease
            )
        try:
            return self.work(story, lease)
        except RejectedError as rejection:
            log.info("rejected", extra={"reason": rejection.message})
            story = self.stories.apply(story, moves.rejected(story, rejection.message), lease=lease)
            self.meter.record(STORIES_FAILED, dimension=reason_of_rejection(rejection))
            return story
