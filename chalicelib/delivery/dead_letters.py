"""Messages that a step gave up: parked, and their story failed if nobody else is at it.

Nothing is thrown away: from the parked queue, which nobody reads, messages can be put back
(`make redrive`), and the story goes on.
"""

import logging
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from chalicelib.delivery.leases import Leasing
from chalicelib.delivery.messages import Delivery, IntakeMessage, StoryMessage
from chalicelib.delivery.retries import retried
from chalicelib.delivery.timeouts import CLOCKS_DIFFER_BY
from chalicelib.stories import keys, upload_request
from chalicelib.stories.ports import Queue, Stories
from chalicelib.stories.story import PHOTO_MISSING, Failure, Lease, Status, Step, Story
from chalicelib.stories.upload_ports import UploadRequests
from chalicelib.stories.upload_request import UploadStatus
from chalicelib.telemetry.metrics import STORIES_FAILED, FailureReason, Meter

_INPUT_OF: Final = MappingProxyType({Step.READING: Status.RECEIVED, Step.NARRATION: Status.READ})

log = logging.getLogger(__name__)


class DeadLetters(msgspec.Struct, frozen=True):
    """Handles one step's dead letters.

    Attributes:
        leasing: Of the dead-letter queue, but on the step's own leases: whoever holds one
            is at work, so that the story is not failed meanwhile.
        parked: Where the messages are kept.
    """

    leasing: Leasing
    stories: Stories
    parked: Queue[StoryMessage]
    meter: Meter

    def handle(self, delivery: Delivery[StoryMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""

        def give_up(story: Story, lease: Lease) -> Story:
            if not is_lost(story, self.leasing.step, delivery.sent_at):
                log.info("a stray dead letter", extra={"status": story.status.value})
                return story
            failure = Failure(reason_of(story), final=False)
            log.error("given up", extra={"reason": failure.reason})
            failed = self.stories.update(
                story,
                {"status": Status.FAILED, "failure": failure},
                expect={"enqueued_at": story.enqueued_at},
                lease=lease,
            )
            self.meter.record(STORIES_FAILED, by=kind_of(story))
            return failed

        self.leasing.run(delivery, give_up)
        # Last: should this process die before, the message comes again, and the story is
        # failed only once; the other way round, it would be parked twice.
        with retried(self.leasing.queue, delivery):
            self.parked.send(delivery.message)


class IntakeDeadLetters(msgspec.Struct, frozen=True):
    """Handles dead letters about staged photos: their sender is told when they ask."""

    upload_requests: UploadRequests
    queue: Queue[IntakeMessage]
    parked: Queue[IntakeMessage]

    def handle(self, delivery: Delivery[IntakeMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        with retried(self.queue, delivery):
            reason = self._give_up(delivery.message)
            self.parked.send(msgspec.structs.replace(delivery.message, reason=reason))

    def _give_up(self, staged: IntakeMessage) -> str:
        upload_id = keys.upload_id_of(staged.key)
        request = self.upload_requests.find(upload_id) if upload_id else None
        reason = (
            _tried(request.last_error) if request else "it was tried several times: see the log"
        )
        log.error("given up", extra={"reason": reason, "key": staged.key})
        if request is not None and request.status is UploadStatus.REQUESTED:
            self.upload_requests.update(request, upload_request.failure(reason))
        return reason


class Parking(msgspec.Struct, frozen=True):
    """Handles dead letters of work that no story waits for: they are kept."""

    step: Step
    queue: Queue[StoryMessage]
    parked: Queue[StoryMessage]

    def handle(self, delivery: Delivery[StoryMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        log.error("given up", extra={"step": self.step.value, "story_id": delivery.message.id})
        with retried(self.queue, delivery):
            self.parked.send(delivery.message)


def is_lost(story: Story, step: Step, sent_at: datetime) -> bool:
    """Is the story still where this dead letter left it, and nothing under way to help it?

    Args:
        story: The story as the holder of its lease sees it.
        step: The step that gave the message up.
        sent_at: When the message was put on that step's queue.
    """
    enqueued = story.enqueued_at
    enqueued_since = enqueued is not None and enqueued - sent_at > CLOCKS_DIFFER_BY
    return story.status is _INPUT_OF[step] and not enqueued_since


def kind_of(story: Story) -> FailureReason:
    """Why the story stopped, for who looks after them all."""
    never_arrived = not story.last_error and story.enqueued_at is None and story.text is None
    if never_arrived or story.last_error == PHOTO_MISSING:
        return FailureReason.PHOTO_MISSING
    return FailureReason.KEPT_FAILING if story.last_error else FailureReason.STOPPED


def reason_of(story: Story) -> str:
    """The same for the person who sent the photo."""
    if kind_of(story) is FailureReason.PHOTO_MISSING:
        return PHOTO_MISSING
    return _tried(story.last_error)


def _tried(last_error: str | None) -> str:
    if last_error:
        return f"it was tried several times, but {last_error}; send the photo again later"
    return "it stopped without an error: timeout or memory; send the photo again later"
