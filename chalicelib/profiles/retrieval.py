"""Retrieval and deletion of profiles."""

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
        """Look up a user's profile, and resume it if its work seems lost.

        Args:
            user_id: As the client sent it.
            execution: The execution that the profile's last photo must have; None: any.

        Raises:
            InvalidRequestError: This cannot be a user's id.
            UnknownProfileError: There is no profile, or its last photo has another execution.
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
        """Delete a profile: its photo, thumbnail and face now, its record later.

        When this returns, no client gets the profile, and its record says what the sweeper must
        still remove. A second call does no harm.

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
        except StorytimeError as error:  # the client gets its answer all the same
            log.warning("not resumed", extra={"reason": error.message})
            return profile


def _unknown() -> UnknownProfileError:
    return UnknownProfileError("This user has no profile: send a photo first.")
