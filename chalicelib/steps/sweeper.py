"""Keeping stories going whose people do not ask: the same failover, on a schedule."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Final

import msgspec

from chalicelib.delivery.failover import Failover, IntakeFailover
from chalicelib.delivery.timeouts import is_overdue, seems_lost
from chalicelib.errors import StorytimeError
from chalicelib.profiles.failover import ProfileFailover
from chalicelib.stories.ports import Stories
from chalicelib.stories.story import Status, Story, has_ended
from chalicelib.telemetry import logs

_TIME_TO_STOP: Final = timedelta(seconds=10)
"""What one more story may take; whatever is left then waits for the next sweep."""

log = logging.getLogger(__name__)


class Sweeper(msgspec.Struct, frozen=True):
    stories: Stories
    failover: Failover
    intake_failover: IntakeFailover
    profile_failover: ProfileFailover
    clock: Callable[[], datetime]

    def sweep(self, time_left: Callable[[], timedelta]) -> None:
        """Look at every unfinished story: resume it when it is due, or give it up after a day.

        The same for photos that were staged and that nobody takes in, and for profiles.

        Args:
            time_left: How long this function may still run.
        """

        def has_time() -> bool:
            return time_left() >= _TIME_TO_STOP

        with logs.bound(step="sweeper"), ExitStack() as each_whatever_becomes_of_the_others:
            each_whatever_becomes_of_the_others.callback(self.profile_failover.sweep, has_time)
            each_whatever_becomes_of_the_others.callback(self.intake_failover.sweep, has_time)
            self._sweep_stories(has_time)

    def _sweep_stories(self, has_time: Callable[[], bool]) -> None:
        page = self.stories.unfinished()
        seen = 0
        while True:
            for story in page.stories:
                if not has_time():
                    log.warning("stopped in time", extra={"stories": seen})
                    return
                seen += 1
                self._look_after(story)
            if page.next is None:
                break
            page = self.stories.unfinished(page.next)
        log.info("swept", extra={"stories": seen})

    def _look_after(self, story: Story) -> None:
        try:
            with logs.bound(story_id=story.id):
                self._bring_on(story, self.clock())
        except StorytimeError as error:  # the others must not wait for this one
            log.warning("not resumed", extra={"reason": error.message, "story_id": story.id})

    def _bring_on(self, story: Story, now: datetime) -> None:
        overdue = is_overdue(story, now)
        if story.status is Status.DELETED:
            self.failover.resume(story)  # however long it takes: it was promised
        elif has_ended(story) and overdue:
            log.error("nobody could be told for a day", extra={"status": story.status.value})
            self.failover.give_up(story)  # one last time: its handler tells people, too
            forgotten = {"unfinished_since": None}
            self.stories.update(story, forgotten, expect={"status": story.status})
        elif not overdue and story.status is not Status.FAILED:
            self.failover.resume(story)
        elif seems_lost(story, now):
            self.failover.give_up(story)
