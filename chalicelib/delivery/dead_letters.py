"""Handles dead letters, which SQS gave up: their stories fail, and their messages are parked.

No message is lost: `make redrive` sends parked messages back, and the step tries again.
"""

import logging
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from chalicelib.delivery.messages import Delivery, IntakeMessage, Queue, StoryMessage
from chalicelib.delivery.retries import retried
from chalicelib.delivery.runner import Runner
from chalicelib.delivery.timeouts import CLOCKS_DIFFER_BY
from chalicelib.delivery.upload_failures import UploadFailures
from chalicelib.stories import keys, moves
from chalicelib.stories.ports import Stories, UploadRequests
from chalicelib.stories.queues import Step
from chalicelib.stories.story import PHOTO_MISSING, Lease, Status, Story
from chalicelib.telemetry import STORIES_FAILED, FailureReason, Meter

_INPUT_OF: Final = MappingProxyType({Step.READING: Status.RECEIVED, Step.NARRATION: Status.READ})

log = logging.getLogger(__name__)


class DeadLetters(msgspec.Struct, frozen=True):
    """Handles the dead letters of a step that a story needs to be ready.

    Attributes:
        runner: For the dead-letter queue. It takes the leases of the step itself, so that a
            story does not fail while a worker has one.
        parked: The queue that keeps the messages.
    """

    runner: Runner
    stories: Stories
    parked: Queue[StoryMessage]
    meter: Meter

    def handle(self, delivery: Delivery[StoryMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""

        def give_up(story: Story, lease: Lease) -> Story:
            if not is_lost(story, self.runner.leases.step, delivery.sent_at):
                log.info("dead letter ignored", extra={"status": story.status.value})
                return story
            reason = reason_of(story)
            log.error("given up", extra={"reason": reason})
            failed = self.stories.apply(story, moves.given_up(story, reason), lease=lease)
            self.meter.record(STORIES_FAILED, dimension=kind_of(story))
            return failed

        self.runner.run(delivery, give_up)
        # Parked last: if this process dies before, SQS delivers the message again, and the story
        # fails only once. In the other order, the message would be parked twice.
        with retried(self.runner.leases.queue, delivery):
            self.parked.send(delivery.message)


class Parking(msgspec.Struct, frozen=True):
    """Parks the dead letters of a step that a story does not need to be ready."""

    step: Step
    queue: Queue[StoryMessage]
    parked: Queue[StoryMessage]

    def handle(self, delivery: Delivery[StoryMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        log.error("given up", extra={"step": self.step.value, "story_id": delivery.message.id})
        with retried(self.queue, delivery):
            self.parked.send(delivery.message)


class IntakeDeadLetters(msgspec.Struct, frozen=True):
    """Handles dead letters about photos in the intake bucket: their upload requests fail.

    So the sender gets the reason at the next poll, and by e-mail.
    """

    upload_requests: UploadRequests
    failures: UploadFailures
    intake_dead_letter_queue: Queue[IntakeMessage]
    intake_parked_queue: Queue[IntakeMessage]

    def handle(self, delivery: Delivery[IntakeMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        with retried(self.intake_dead_letter_queue, delivery):
            reason = self._give_up(delivery.message)
            parked = msgspec.structs.replace(delivery.message, reason=reason)
            self.intake_parked_queue.send(parked)

    def _give_up(self, message: IntakeMessage) -> str:
        upload_id = keys.upload_id_of(message.key)
        request = self.upload_requests.find(upload_id) if upload_id else None
        reason = "it was tried several times: see the log"
        if request is not None:
            reason = request.reason or _tried(request.last_error)
        log.error("given up", extra={"reason": reason, "key": message.key})
        if request is not None:
            self.failures.tell(request, reason)
        return reason


def is_lost(story: Story, step: Step, sent_at: datetime) -> bool:
    """Does the story still wait for this step, without a message newer than this dead letter?

    Args:
        story: The story as the holder of its lease loaded it.
        step: The step of the dead letter.
        sent_at: When the message was put on that step's queue.
    """
    enqueued = story.enqueued_at
    enqueued_since = enqueued is not None and enqueued - sent_at > CLOCKS_DIFFER_BY
    return story.status is _INPUT_OF[step] and not enqueued_since


def kind_of(story: Story) -> FailureReason:
    """Why the story stopped, as a metric's dimension."""
    never_arrived = not story.last_error and story.enqueued_at is None and story.text is None
    if never_arrived or story.last_error == PHOTO_MISSING:
        return FailureReason.PHOTO_MISSING
    return FailureReason.KEPT_FAILING if story.last_error else FailureReason.STOPPED


def reason_of(story: Story) -> str:
    """Why the story stopped, for the person who sent the photo."""
    if kind_of(story) is FailureReason.PHOTO_MISSING:
        return PHOTO_MISSING
    return _tried(story.last_error)


def _tried(last_error: str | None) -> str:
    if last_error:
        return f"it was tried several times, but {last_error}; send the photo again later"
    return "it stopped without an error: timeout or memory; send the photo again later"
