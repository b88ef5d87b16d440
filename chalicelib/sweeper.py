"""Keeping stories going whose people do not ask: the same failover, on a schedule."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from chalicelib import logs
from chalicelib.errors import StorytimeError
from chalicelib.failover import Failover
from chalicelib.ports import Stories
from chalicelib.story import Status, Story, has_ended, is_overdue, may_resume

_TIME_TO_STOP: Final = timedelta(seconds=10)
"""What one more story may take; whatever is left then waits for the next sweep."""

log = logging.getLogger(__name__)


def is_past_helping(story: Story, now: datetime) -> bool:
    """Is all that is left to do to fail it, or to tell people that it has failed?"""
    return story.status is Status.FAILED or (is_overdue(story, now) and not has_ended(story))


class Sweeper(msgspec.Struct, frozen=True):
    stories: Stories
    failover: Failover
    clock: Callable[[], datetime]

    def sweep(self, time_left: Callable[[], timedelta]) -> None:
        """Look at every unfinished story: resume it when it is due, or give it up after a day.

        Args:
            time_left: How long this function may still run.
        """
        with logs.bound(stage="sweeper"):
            page = self.stories.unfinished()
            seen = 0
            while True:
                for story in page.stories:
                    if time_left() < _TIME_TO_STOP:
                        log.warning("stopped in time", extra={"stories": seen})
                        return
                    seen += 1
                    self._look_after(story)
                if page.next is None:
                    break
                page = self.stories.unfinished(page.next)
            log.info("swept", extra={"stories": seen})

    def _look_after(self, story: Story) -> None:
        now = self.clock()
        try:
            with logs.bound(story_id=story.id):
                if not is_past_helping(story, now):
                    self.failover.resume(story)
                elif may_resume(story, now):
                    self.failover.give_up(story)
        except StorytimeError as error:  # the others must not wait for this one
            log.warning("not resumed", extra={"reason": error.message, "story_id": story.id})
