"""A task's event from the state machine, and the attempt that it works on. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec

from chalicelib import telemetry
from chalicelib.errors import (
    FaceAlreadyExistsError,
    InvalidRequestError,
    PhotoDoesNotMeetRequirementError,
    RejectedError,
    SupersededError,
)
from chalicelib.profiles.profile import (
    FACE_ALREADY_EXISTS,
    Attempt,
    Profile,
    ProfileStatus,
    Refusal,
    checked_user_id,
)

Result = TypeVar("Result")

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class SentPhoto(msgspec.Struct, frozen=True):
    """An execution's input: the user, and where the photo is in S3."""

    user_id: str = msgspec.field(name="userId")
    bucket: _Text = msgspec.field(name="s3Bucket")
    key: _Text = msgspec.field(name="s3Key")


class Task(msgspec.Struct, frozen=True):
    """One task of one execution of the workflow.

    Attributes:
        execution: The execution's name.
        started_at: When it was started.
        sent: Its input.
    """

    execution: _Text
    started_at: datetime = msgspec.field(name="startedAt")
    sent: SentPhoto = msgspec.field(name="input")


def task_of(event: Mapping[str, Any]) -> Task:
    """Read a task's event.

    Raises:
        InvalidRequestError: The execution's input is invalid.
    """
    try:
        task = msgspec.convert(event, type=Task)
    except msgspec.ValidationError as error:
        raise InvalidRequestError(
            'The input must be like {"userId": "user_a", "s3Bucket": "photos", "s3Key": "me.jpg"} '
            f"({error})."
        ) from error
    checked_user_id(task.sent.user_id)
    return task


def attempt_of(profile: Profile | None, execution: str) -> Attempt:
    """The attempt that an execution works on.

    Raises:
        SupersededError: The profile has another attempt by now, or none.
        PhotoDoesNotMeetRequirementError, FaceAlreadyExistsError: Its photo is refused.
    """
    attempt = profile.attempt if profile else None
    is_processing = profile is not None and profile.status is ProfileStatus.PROCESSING
    if attempt is None or not is_processing or attempt.execution != execution:
        raise SupersededError(f"a newer photo replaced that of execution {execution}")
    if attempt.refusal is not None:
        raise error_of(attempt.refusal)
    return attempt


def error_of(refusal: Refusal) -> RejectedError:
    """A refusal as the error whose name the state machine knows."""
    if refusal.code == FACE_ALREADY_EXISTS.code:
        return FaceAlreadyExistsError(refusal.message, code=refusal.code)
    return PhotoDoesNotMeetRequirementError(refusal.message, code=refusal.code)


def run_task(run: Callable[[Task], Result], event: Mapping[str, Any]) -> Result:
    """Run one task of the workflow.

    An exception ends the task. The state machine knows errors by the names of their classes.
    """
    task = task_of(event)
    with telemetry.bound(execution=task.execution):
        return run(task)
