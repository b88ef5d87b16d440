"""What every step does with a delivery: its work, unless the story is past helping."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

import msgspec

from chalicelib.delivery.leases import Leasing
from chalicelib.delivery.messages import Delivery, StoryMessage
from chalicelib.errors import RejectedError
from chalicelib.stories.ports import Stories
from chalicelib.stories.story import Failure, Lease, Status, Story, next_step, restarted
from chalicelib.telemetry.metrics import STORIES_FAILED, Meter, reason_of_rejection

log = logging.getLogger(__name__)


class StepRunner(msgspec.Struct, frozen=True):
    """Runs one step's work under its lease.

    Attributes:
        work: Brings the story on from what it has, and returns it as it then is.
    """

    work: Callable[[Story, Lease], Story]
    leasing: Leasing
    stories: Stories
    meter: Meter
    clock: Callable[[], datetime]

    def handle(self, delivery: Delivery[StoryMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        self.leasing.run(delivery, partial(self._bring_on, delivery.sent_at))

    def _bring_on(self, sent_at: datetime, story: Story, lease: Lease) -> Story:
        if story.failure and story.failure.final:
            log.info("already rejected", extra={"reason": story.failure.reason})
            return story
        if story.status is Status.FAILED:
            if next_step(story) is not self.leasing.step:
                log.info("it failed at another step")
                return story
            # Its message was put back from the parked ones, or came late. From now on it is
            # the one that counts: should it be given up as well, the story fails again.
            changes = restarted(story, self.clock()) | {"enqueued_at": sent_at}
            story = self.stories.update(story, changes, lease=lease)
        try:
            return self.work(story, lease)
        except RejectedError as rejection:
            log.info("rejected", extra={"reason": rejection.message})
            failure = Failure(rejection.message, final=True)
            story = self.stories.update(
                story, {"status": Status.FAILED, "failure": failure}, lease=lease
            )
            self.meter.record(STORIES_FAILED, by=reason_of_rejection(rejection))
            return story
