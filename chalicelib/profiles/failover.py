"""Failover for profiles: starts lost work again, and cleans up after ended attempts."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from chalicelib import telemetry
from chalicelib.delivery.timeouts import GIVE_UP_AFTER, RESUME_AFTER
from chalicelib.errors import ProfileChangedError, StorytimeError
from chalicelib.profiles import keys, moves
from chalicelib.profiles.attempt_end import count_unsuccessful_attempt
from chalicelib.profiles.clean_up import CleanUp
from chalicelib.profiles.executions import execution_name, mark_started
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.ports import Workflow
from chalicelib.profiles.profile import (
    GIVEN_UP,
    NEVER_ARRIVED,
    Attempt,
    Profile,
    ProfileStatus,
    Refusal,
)
from chalicelib.profiles.records import Records
from chalicelib.stories.ports import Media
from chalicelib.telemetry import Meter

MAX_EXECUTIONS: Final = 5
"""An attempt fails when this many executions did not end it."""

log = logging.getLogger(__name__)


class ProfileFailover(msgspec.Struct, frozen=True):
    records: Records
    media: Media
    workflow: Workflow
    clean_up: CleanUp
    meter: Meter
    clock: Callable[[], datetime]

    def resume(self, profile: Profile) -> Profile:
        """Start another execution if the work on a photo seems lost; return the profile.

        Of several simultaneous calls, one starts an execution.
        """
        is_processing = profile.status is ProfileStatus.PROCESSING
        if not is_processing or not is_due(profile, self.clock()):
            return profile
        with telemetry.bound(profile_id=profile.id, step="profile failover"):
            try:
                return self._resume(profile)
            except ProfileChangedError:
                log.info("another request resumes the profile, or it changed")
                return self.records.profiles.find(profile.id) or profile

    def sweep(self, has_time: Callable[[], bool]) -> datetime | None:
        """Resume and clean up every unfinished profile, while there is time.

        Returns since when the oldest one is unfinished; None: none is.
        """
        since: list[datetime] = []
        page = None
        while has_time():
            found = self.records.profiles.unfinished(page)
            for profile in found.profiles:
                since.append(profile.unfinished_since or profile.changed_at)
                if has_time():
                    self._try_to_look_after(profile)
            if found.next is None:
                break
            page = found.next
        return min(since, default=None)

    def _try_to_look_after(self, profile: Profile) -> None:
        # The index may be a moment old.
        latest = self.records.profiles.find(profile.id)
        try:
            if latest is not None:
                self._look_after(latest)
        except StorytimeError as error:  # the other profiles must not wait for this one
            log.warning("not resumed", extra={"reason": error.message, "profile_id": profile.id})

    def _look_after(self, profile: Profile) -> None:
        profile = self.resume(profile)
        if needs_clean_up(profile, self.clock()):
            self.clean_up.finish(profile)

    def _resume(self, profile: Profile) -> Profile:
        attempt = profile.attempt
        assert attempt is not None  # noqa: S101  # a profile in processing has one
        if self.clock() - attempt.sent_at > GIVE_UP_AFTER:
            return self._give_up(profile, GIVEN_UP)
        if attempt.started_at is None:
            return self._start(profile, attempt)
        if self.workflow.is_running(attempt.execution):
            return profile
        if attempt.number >= MAX_EXECUTIONS:
            return self._give_up(profile, GIVEN_UP)
        name = execution_name(profile.id, attempt.generation, attempt.number + 1)
        log.info("another execution", extra={"execution": name, "instead_of": attempt.execution})
        # Marked first, started second: of several callers, one starts the next execution.
        again = self._saved(moves.restarted(profile, name, self.clock()), profile)
        assert again.attempt is not None  # noqa: S101  # it was restarted
        return self._start(again, again.attempt)

    def _start(self, profile: Profile, attempt: Attempt) -> Profile:
        """Start the execution; Step Functions ignores a second start of the same name."""
        owner = Owner(profile.id, attempt.generation)
        if not self.media.exists(keys.photo(owner)) and attempt.face is None:
            # The upload died before it stored the photo, and its sender got no answer.
            return self._give_up(profile, NEVER_ARRIVED)
        self.workflow.start(attempt.execution, profile.user_id, keys.photo(owner))
        return mark_started(self.records, profile.id, attempt.execution)

    def _give_up(self, profile: Profile, reason: Refusal) -> Profile:
        over = self._saved(moves.given_up(profile, reason, self.clock()), profile)
        count_unsuccessful_attempt(self.meter, over)
        self.clean_up.begin(over)
        return over

    def _saved(self, profile: Profile, over: Profile) -> Profile:
        self.records.profiles.save(profile, over=over)
        return profile


def needs_clean_up(profile: Profile, now: datetime) -> bool:
    """Is a leftover due for its last removal, or did the first clean-up not finish? Pure."""
    is_processing = profile.status is ProfileStatus.PROCESSING
    is_over = any(left.until <= now for left in profile.leftovers.values())
    is_left = profile.unfinished_since is not None and now - profile.changed_at > RESUME_AFTER
    return is_over or (is_left and not is_processing)


def is_due(profile: Profile, now: datetime) -> bool:
    """Did nothing happen for so long that the work seems lost? Pure.

    The delay is longer than any function runs. It doubles with each execution: otherwise
    executions that fail at once would use up all tries in minutes.
    """
    number = profile.attempt.number if profile.attempt else 1
    waited: timedelta = now - profile.changed_at
    return waited > moves.MAX_WRITER_DURATION * (1 << (number - 1))
