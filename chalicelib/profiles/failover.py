"""Bringing a profile on that nobody works on any more."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from chalicelib import logs
from chalicelib.errors import ProfileChanged, StorytimeError
from chalicelib.patience import RESUME_AFTER
from chalicelib.ports import Media
from chalicelib.profiles import keys, moves
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.finishing import Finishing
from chalicelib.profiles.intake import execution_name, mark_started
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

MOST_EXECUTIONS: Final = 5
"""An attempt that this many executions did not bring to an end has failed."""

log = logging.getLogger(__name__)


class ProfileFailover(msgspec.Struct, frozen=True):
    records: Records
    media: Media
    workflow: Workflow
    finishing: Finishing
    clock: Callable[[], datetime]

    def resume(self, profile: Profile) -> Profile:
        """Do what was left undone, when nothing happened for a while; the profile as it then is.

        Of any number of simultaneous calls one does it.
        """
        if profile.unfinished_since is None or not is_due(profile, self.clock()):
            return profile
        with logs.bound(profile_id=profile.id, stage="profile failover"):
            try:
                return self._resume(profile)
            except ProfileChanged:
                log.info("somebody else resumes it, or it went on")
                return self.records.profiles.find(profile.id) or profile

    def sweep(self, has_time: Callable[[], bool]) -> None:
        """The same for every unfinished profile, as long as there is time."""
        page = None
        while has_time():
            found = self.records.profiles.unfinished(page)
            for profile in found.profiles:
                if has_time():
                    self._try_to_resume(profile)
            if found.next is None:
                break
            page = found.next

    def _try_to_resume(self, profile: Profile) -> None:
        try:
            # What the sweeper's index says may be a moment old.
            self.resume(self.records.profiles.find(profile.id) or profile)
        except StorytimeError as error:  # the others must not wait for this one
            log.warning("not resumed", extra={"reason": error.message, "profile_id": profile.id})

    def _resume(self, profile: Profile) -> Profile:
        attempt = profile.attempt
        if attempt is None or profile.status is not ProfileStatus.PROCESSING:
            self.finishing.finish(profile)
            return self.records.profiles.find(profile.id) or profile
        if attempt.started_at is None:
            return self._start(profile, attempt)
        if self.workflow.is_running(attempt.execution):
            return profile
        if attempt.number >= MOST_EXECUTIONS:
            return self._give_up(profile, GIVEN_UP)
        name = execution_name(profile.id, attempt.generation, attempt.number + 1)
        log.info("another execution", extra={"execution": name, "instead_of": attempt.execution})
        # Marked first, started second: of several who see it dead, one starts another.
        again = self._saved(moves.restarted(profile, name, self.clock()), profile)
        assert again.attempt is not None  # noqa: S101  # it was restarted
        return self._start(again, again.attempt)

    def _start(self, profile: Profile, attempt: Attempt) -> Profile:
        """Start the execution; one that was started before, unnoticed, is the same one."""
        owner = Owner(profile.id, attempt.generation)
        if not self.media.exists(keys.photo(owner)) and attempt.face is None:
            # Whoever sent it was never told that it was taken in.
            return self._give_up(profile, NEVER_ARRIVED)
        self.workflow.start(attempt.execution, profile.user_id, keys.photo(owner))
        return mark_started(self.records, profile.id, attempt.execution)

    def _give_up(self, profile: Profile, reason: Refusal) -> Profile:
        over = self._saved(moves.given_up(profile, reason, self.clock()), profile)
        self.finishing.try_to_finish(over)
        return over

    def _saved(self, profile: Profile, over: Profile) -> Profile:
        self.records.profiles.save(profile, over=over)
        return profile


def is_due(profile: Profile, now: datetime) -> bool:
    """Has nothing happened for so long that nobody seems to be at work? Pure.

    Later with each execution: one that fails at once would use them up in minutes.
    """
    number = profile.attempt.number if profile.attempt else 1
    waited: timedelta = now - profile.changed_at
    return waited > RESUME_AFTER * (1 << (number - 1))
