"""What a profile is, and taking it away from everybody."""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec

from chalicelib import telemetry
from chalicelib.errors import StorytimeError, UnknownProfileError
from chalicelib.profiles import moves
from chalicelib.profiles.clean_up import CleanUp
from chalicelib.profiles.executions import are_of_one_attempt
from chalicelib.profiles.failover import ProfileFailover
from chalicelib.profiles.profile import (
    Profile,
    ProfileStatus,
    checked_user_id,
    latest_execution,
    profile_id_of,
)
from chalicelib.profiles.records import Records

log = logging.getLogger(__name__)


class ProfileRetrieval(msgspec.Struct, frozen=True):
    records: Records
    failover: ProfileFailover
    clean_up: CleanUp
    clock: Callable[[], datetime]

    def retrieve(self, user_id: str, execution: str | None = None) -> Profile:
        """The profile of a user; if nobody seems to work on its photo any more, somebody will.

        Args:
            user_id: As it was sent.
            execution: Only if its last photo had this one.

        Raises:
            InvalidRequestError: This cannot be a user's id.
            UnknownProfileError: There is none, or its last photo had another execution.
        """
        found = self.records.find(checked_user_id(user_id))
        profile = self._resumed(found) if found else None
        if profile is None or profile.status is ProfileStatus.DELETED:
            raise _unknown()
        latest = latest_execution(profile) or ""
        if execution is not None and not are_of_one_attempt(execution, latest):
            raise UnknownProfileError(
                "This is not the execution of the profile's last photo: another photo was sent "
                "since, or there is none of this name.",
                code="unknown_execution",
            )
        return profile

    def delete(self, user_id: str) -> Profile:
        """Remove a profile: its photo, its thumbnail, its face and, in a while, its record.

        When this returns, nobody gets it any more, and whatever is not gone yet is written
        down for the sweeper. Doing it again does no harm.

        Raises:
            InvalidRequestError: This cannot be a user's id.
            UnknownProfileError: There is no such profile.
            TransientError: AWS kept failing; nothing is deleted.
        """
        checked_user_id(user_id)

        def decide(before: Profile | None) -> Profile:
            if before is None:
                raise _unknown()
            if before.status is ProfileStatus.DELETED:
                return before
            return moves.deleted(before, self.clock())

        profile_id = profile_id_of(self.records.namespace, user_id)
        with telemetry.bound(profile_id=profile_id, step="profile deletion"):
            profile = self.records.change(profile_id, decide)
            log.info("deleted")
            self.clean_up.begin(profile)
            return profile

    def _resumed(self, profile: Profile) -> Profile:
        try:
            return self.failover.resume(profile)
        except StorytimeError as error:  # who asks gets an answer all the same
            log.warning("not resumed", extra={"reason": error.message})
            return profile


def _unknown() -> UnknownProfileError:
    return UnknownProfileError("This user has no profile: send a photo first.")
