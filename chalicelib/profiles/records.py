"""Profiles as they are looked up and changed: look, decide, write over what was looked at."""

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
"""Hardly two ever write the same profile at a time."""


class CurrentAttempt(msgspec.Struct, frozen=True):
    """An attempt that is worked on, and the profile that it is for."""

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
        """Change a profile as `decide` says, which may be asked again; returns it as it then is.

        Raises:
            ProfileChangedError: Others changed it again and again.
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
        raise ProfileChangedError(f"profile {profile_id} is changed by others all the time")

    def current_attempt(self, task: Task) -> CurrentAttempt:
        """The attempt that a task is about.

        Raises:
            SupersededError, PhotoDoesNotMeetRequirementError, FaceAlreadyExistsError: As
                `execution.attempt_of`.
        """
        return _current(self.find(task.sent.user_id), task)

    def apply(self, task: Task, move: Callable[[Profile, datetime], Profile]) -> Profile:
        """Change the profile that a task is about, as long as its attempt is wanted.

        Raises:
            SupersededError, PhotoDoesNotMeetRequirementError, FaceAlreadyExistsError: It is not.
        """

        def decide(before: Profile | None) -> Profile:
            return move(_current(before, task).profile, self.clock())

        return self.change(profile_id_of(self.namespace, task.sent.user_id), decide)

    def refuse(self, task: Task, refusal: Refusal) -> RejectedError:
        """Write down why a photo is not taken, and return the error that says so."""
        self.apply(task, lambda profile, now: refused(profile, refusal, now))
        return error_of(refusal)


def _current(profile: Profile | None, task: Task) -> CurrentAttempt:
    attempt = attempt_of(profile, task.execution)
    assert profile is not None  # noqa: S101  # or there was no attempt
    return CurrentAttempt(profile, attempt)
