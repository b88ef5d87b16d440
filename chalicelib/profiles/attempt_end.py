"""The workflow's last task for a photo that is not taken: records the end, and cleans up."""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec

from chalicelib.errors import SupersededError
from chalicelib.profiles import moves
from chalicelib.profiles.clean_up import CleanUp
from chalicelib.profiles.execution import Task
from chalicelib.profiles.executions import is_our_name
from chalicelib.profiles.profile import (
    GIVEN_UP,
    Profile,
    ProfileStatus,
    Refusal,
    is_outdated,
    latest_execution,
    profile_id_of,
)
from chalicelib.profiles.records import Records
from chalicelib.telemetry import PROFILE_PHOTOS_FAILED, PROFILE_PHOTOS_REJECTED, Meter

log = logging.getLogger(__name__)


class AttemptEnd(msgspec.Struct, frozen=True):
    records: Records
    clean_up: CleanUp
    meter: Meter
    clock: Callable[[], datetime]

    def run(self, task: Task) -> str:
        """End an attempt without success, and send the notice; returns the reason for people.

        The status becomes "rejected" if the photo was refused, else "failed".

        Raises:
            SupersededError: A newer photo replaced this one, or this one counts.
        """
        ends_here = False

        def decide(before: Profile | None) -> Profile:
            nonlocal ends_here
            attempt = before.attempt if before else None
            if before is None or attempt is None or attempt.execution != task.execution:
                raise SupersededError(f"a newer photo replaced that of execution {task.execution}")
            ends_here = before.status is ProfileStatus.PROCESSING
            if not ends_here:
                return before  # an earlier try of this task did it
            return moves.given_up(before, GIVEN_UP, self.clock())

        profile_id = profile_id_of(self.records.namespace, task.sent.user_id)
        if is_unrecorded_manual_run(self.records.profiles.find(profile_id), profile_id, task):
            log.error("an execution that was started by hand failed in its first task")
            self.meter.record(PROFILE_PHOTOS_FAILED)
            return GIVEN_UP.message
        profile = self.records.change(profile_id, decide)
        log.info("attempt ended", extra={"status": profile.status.value})
        if ends_here:
            count_unsuccessful_attempt(self.meter, profile)
        self.clean_up.finish(profile)
        return refusal_of(profile).message


def refusal_of(profile: Profile) -> Refusal:
    """Return why the photo of an attempt that ended is not taken. Pure."""
    refusal = profile.attempt.refusal if profile.attempt else None
    assert refusal is not None  # noqa: S101  # each end without success has a reason
    return refusal


def count_unsuccessful_attempt(meter: Meter, profile: Profile) -> None:
    if profile.status is ProfileStatus.REJECTED:
        meter.record(PROFILE_PHOTOS_REJECTED, dimension=refusal_of(profile).code)
    else:
        meter.record(PROFILE_PHOTOS_FAILED)


def is_unrecorded_manual_run(profile: Profile | None, profile_id: str, task: Task) -> bool:
    """Was it started by hand, and did its first task fail before it wrote the attempt? Pure."""
    last = latest_execution(profile) if profile else None
    by_hand = not is_our_name(task.execution, profile_id)
    return by_hand and last != task.execution and not is_outdated(profile, task.started_at)
