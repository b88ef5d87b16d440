"""The sweeper: resumes, on a schedule, unfinished work that no client asks about."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from chalicelib import telemetry
from chalicelib.delivery.failover import Failover, IntakeFailover
from chalicelib.delivery.messages import Queue
from chalicelib.delivery.timeouts import is_abandoned, is_overdue, is_probably_lost
from chalicelib.errors import StorytimeError
from chalicelib.profiles.failover import ProfileFailover
from chalicelib.stories import moves
from chalicelib.stories.ports import Stories
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Status, Story, has_ended
from chalicelib.telemetry import MESSAGES_GIVEN_UP, OLDEST_WORK, Meter, Work

_TIME_TO_STOP: Final = timedelta(seconds=10)
"""The sweep stops when less time is left; the other stories wait for the next one."""

log = logging.getLogger(__name__)


class Sweeper(msgspec.Struct, frozen=True):
    stories: Stories
    failover: Failover
    intake_failover: IntakeFailover
    profile_failover: ProfileFailover
    dead_letter_queues: Mapping[Step, Queue[Any]]
    parked_queues: Mapping[Step, Queue[Any]]
    meter: Meter
    clock: Callable[[], datetime]

    def sweep(self, time_left: Callable[[], timedelta]) -> None:
        """Resume every unfinished story that is due, and give up those older than a day.

        It also resumes arrived photos that were not taken in, and unfinished profiles. It measures
        how old the oldest work of each kind is, and how many messages are given up.

        Args:
            time_left: How long this function may still run.
        """

        def has_time() -> bool:
            return time_left() >= _TIME_TO_STOP

        with telemetry.bound(step="sweeper"), ExitStack() as each_even_if_another_fails:
            each_even_if_another_fails.callback(self._count_given_up)
            each_even_if_another_fails.callback(self._sweep_profiles, has_time)
            each_even_if_another_fails.callback(self._sweep_photos, has_time)
            self._sweep_stories(has_time)

    def _sweep_profiles(self, has_time: Callable[[], bool]) -> None:
        self._measure(Work.PROFILE, self.profile_failover.sweep(has_time))

    def _sweep_photos(self, has_time: Callable[[], bool]) -> None:
        self._measure(Work.PHOTO, self.intake_failover.sweep(has_time))

    def _count_given_up(self) -> None:
        for step in Step:
            given_up = self.dead_letter_queues[step].count() + self.parked_queues[step].count()
            if given_up:
                self.meter.record(MESSAGES_GIVEN_UP, given_up, dimension=step)

    def _sweep_stories(self, has_time: Callable[[], bool]) -> None:
        since: dict[Work, list[datetime]] = {Work.STORY: [], Work.DELETION: []}
        for story in self._unfinished():
            if not has_time():
                log.warning("stopped in time", extra={"stories": _count(since)})
                break
            work = Work.DELETION if story.status is Status.DELETED else Work.STORY
            since[work].append(story.unfinished_since or story.created_at)
            self._try_to_resume(story)
        else:
            log.info("swept", extra={"stories": _count(since)})
        for work, moments in since.items():
            self._measure(work, min(moments, default=None))

    def _unfinished(self) -> Iterator[Story]:
        page = self.stories.unfinished()
        while True:
            yield from page.stories
            if page.next is None:
                break
            page = self.stories.unfinished(page.next)

    def _measure(self, work: Work, since: datetime | None) -> None:
        if since is not None:  # CloudWatch bills a metric only in hours that have values
            age = self.clock() - since
            self.meter.record(OLDEST_WORK, age / timedelta(seconds=1), dimension=work)

    def _try_to_resume(self, story: Story) -> None:
        try:
            with telemetry.bound(story_id=story.id):
                self._resume(story, self.clock())
        except StorytimeError as error:  # the other stories must not wait for this one
            log.warning("not resumed", extra={"reason": error.message, "story_id": story.id})

    def _resume(self, story: Story, now: datetime) -> None:
        overdue = is_overdue(story, now)
        if story.status is Status.DELETED:
            self.failover.resume(story)  # without a limit: the client has the answer "deleted"
        elif has_ended(story) and overdue:
            log.error(
                "the notice could not be sent for a day", extra={"status": story.status.value}
            )
            self.failover.give_up(story)  # a last try: its handler sends the notice
            self.stories.apply(story, moves.notice_abandoned(story))
        elif is_abandoned(story, now) and self.failover.awaits_photo(story):
            self.failover.give_up(story)
        elif not overdue and story.status is not Status.FAILED:
            self.failover.resume(story)
        elif is_probably_lost(story, now):
            self.failover.give_up(story)


def _count(since: Mapping[Work, list[datetime]]) -> int:
    return sum(map(len, since.values()))
