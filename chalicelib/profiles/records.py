"""Reads and changes profiles; a write succeeds only over the version that was read."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from chalicelib.errors import ProfileChangedError, RejectedError
from chalicelib.profiles.execution import Task, attempt_of, error_of
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.moves import refused
from chalicelib.profiles.ports import Profiles
from chalicelib.profiles.profile import Attempt, Profile, Refusal, profile_id_of

_MAX_TRIES: Final = 5
"""Two functions seldom write the same profile at one time."""


class CurrentAttempt(msgspec.Struct, frozen=True):
    """The attempt that a task works on, and its profile."""

    profile: Profile
    attempt: Attempt

    @property
    def owner(self) -> Owner:
        return Owner(self.profile.id, self.attempt.generation)


class Records(msgspec.Struct, frozen=True):
    profiles: Profiles
    namespace: uuid.UUID
    clock: Callable[[], datetime]

    def find(self, user_id: str) -> Profile | None:
        return self.profiles.find(profile_id_of(self.namespace, user_id))

    def change(self, profile_id: str, decide: Callable[[Profile | None], Profile]) -> Profile:
        """Replace a profile by what `decide` returns for it; returns the stored profile.

        Calls `decide` again when another function changed the profile meanwhile.

        Raises:
            ProfileChangedError: That happened again and again.
        """
        for _ in range(_MAX_TRIES):
            before = self.profiles.find(profile_id)
            after = decide(before)
            if after is before:
                return after
            try:
                self.profiles.save(after, over=before)
            except ProfileChangedError:
                continue
            return after
        raise ProfileChangedError(f"profile {profile_id} changed {_MAX_TRIES} times meanwhile")

    def current_attempt(self, task: Task) -> CurrentAttempt:
        """The attempt that a task works on.

        Raises:
            SupersededError, PhotoDoesNotMeetRequirementError, FaceAlreadyExistsError: As
                `execution.attempt_of` does.
        """
        return _current(self.find(task.sent.user_id), task)

    def apply(self, task: Task, move: Callable[[Profile, datetime], Profile]) -> Profile:
        """Write a move to the profile of a task, if the task's attempt is the current one.

        Raises:
            SupersededError, PhotoDoesNotMeetRequirementError, FaceAlreadyExistsError: As
                `execution.attempt_of` does.
        """

        def decide(before: Profile | None) -> Profile:
            return move(_current(before, task).profile, self.clock())

        return self.change(profile_id_of(self.namespace, task.sent.user_id), decide)

    def refuse(self, task: Task, refusal: Refusal) -> RejectedError:
        """Record why a photo is not taken, and return the error to raise."""
        self.apply(task, lambda profile, now: refused(profile, refusal, now))
        return error_of(refusal)


def _current(profile: Profile | None, task: Task) -> CurrentAttempt:
    attempt = attempt_of(profile, task.execution)
    assert profile is not None  # noqa: S101  # an attempt has a profile
    return CurrentAttempt(profile, attempt)
