"""What the workflow tells each of its tasks, and whether that is still wanted. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

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

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class SentPhoto(msgspec.Struct, frozen=True):
    """An execution's input: whose photo lies where."""

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
        InvalidRequestError: The execution's input is not what it must be.
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
    """The attempt that an execution works on, as long as it is wanted.

    Raises:
        SupersededError: There is another one by now, or none.
        PhotoDoesNotMeetRequirementError, FaceAlreadyExistsError: It is refused.
    """
    attempt = profile.attempt if profile else None
    is_on_its_way = profile is not None and profile.status is ProfileStatus.PROCESSING
    if attempt is None or not is_on_its_way or attempt.execution != execution:
        raise SupersededError(f"execution {execution} is not wanted any more")
    if attempt.refusal is not None:
        raise error_of(attempt.refusal)
    return attempt


def error_of(refusal: Refusal) -> RejectedError:
    """A refusal as the error whose name the state machine knows."""
    if refusal.code == FACE_ALREADY_EXISTS.code:
        return FaceAlreadyExistsError(refusal.message, code=refusal.code)
    return PhotoDoesNotMeetRequirementError(refusal.message, code=refusal.code)


def run_task(run: Callable[[Task], dict[str, Any]], event: Mapping[str, Any]) -> dict[str, Any]:
    """Run one task of the workflow.

    An exception ends the task. The state machine knows errors by the names of their classes.
    """
    task = task_of(event)
    with telemetry.bound(execution=task.execution):
        return run(task)
