"""The record of a reader's profile. Pure; `moves` has every change that it can undergo.

Each photo gets an attempt. When its attempt succeeds, the photo counts: clients see it. An
attempt or photo that is over stays in the record as a leftover, until its files and its face are
removed.
"""

import re
import uuid
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from chalicelib.delivery.timeouts import CLOCKS_DIFFER_BY
from chalicelib.errors import InvalidRequestError
from chalicelib.profiles.faces import Face

USER_ID: Final = r"[A-Za-z0-9][A-Za-z0-9._@:+-]{0,127}"
_USER_ID_RULE: Final = (
    "1 to 128 letters, digits and any of . _ @ : + -, the first a letter or a digit"
)


class ProfileStatus(StrEnum):
    PROCESSING = "processing"  # the workflow works on a photo
    READY = "ready"  # the last photo counts
    REJECTED = "rejected"  # the last photo is unsuitable; a photo before it still counts
    FAILED = "failed"  # the last photo could not be processed; a photo before it still counts
    DELETED = "deleted"  # no client gets it; its leftovers are being removed


class Refusal(msgspec.Struct, frozen=True):
    """Why a photo is not taken.

    Attributes:
        code: Such as ``sunglasses``.
        message: For the person: the reason, and what to do.
        final: The same photo would be refused again.
    """

    code: str
    message: str
    final: bool = True


FACE_ALREADY_EXISTS: Final = Refusal(
    "face_already_exists",
    "This face is registered with another profile already. If that is yours, use it or delete "
    "it first.",
    final=False,
)
NEVER_ARRIVED: Final = Refusal(
    "photo_never_arrived", "The photo did not arrive: send it again.", final=False
)
GIVEN_UP: Final = Refusal(
    "processing_failed",
    "The photo could not be processed; that is not its fault. Send it again later.",
    final=False,
)


class Photo(msgspec.Struct, frozen=True):
    """The photo that clients see.

    Attributes:
        execution: The name of the execution that registered it.
        content_id: SHA-256 of the photo as it was sent.
        sent_at: When it was last sent.
    """

    generation: str
    execution: str
    content_id: str
    sent_at: datetime
    face_id: str
    face: Face
    registered_at: datetime


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """The workflow's work on one photo, and its result so far.

    Attributes:
        generation: Tells this photo's files and face from any other's.
        execution: The name of its last execution.
        number: The number of that execution, from 1. Each needs a new name for 90 days.
        content_id: SHA-256 of the photo; None until it is read.
        sent_at: When it was sent, or its execution started by hand.
        started_at: When its execution was started; None until that is recorded.
        face: The detected face.
        indexing: Its face may be in the collection.
        face_id: The id of its face in the collection.
        refusal: Why the photo is not taken.
        notices: By each e-mail address that was given: is the notice about a photo that is not
            taken sent there? Also true if SES will never send it.
    """

    generation: str
    execution: str
    number: int = 1
    content_id: str | None = None
    sent_at: datetime
    started_at: datetime | None = None
    face: Face | None = None
    indexing: bool = False
    face_id: str | None = None
    refusal: Refusal | None = None
    notices: dict[str, bool] = {}


class Leftover(msgspec.Struct, frozen=True, kw_only=True):
    """Files and a face that are still to be removed, of one generation.

    Attributes:
        face_id: The id of its face, if recorded.
        indexing: A face may be in the collection, even without a recorded id.
        published: Clients got links to its files.
        until: Until when a function may still store files or a face for it.
    """

    face_id: str | None = None
    indexing: bool = False
    published: bool = False
    until: datetime


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A reader's profile, as the table keeps it.

    Attributes:
        id: Derived from the user's id under the deployment's secret.
        version: Grows by one with each change. A write succeeds only over the version it read.
        attempt: The attempt of the last photo; None once that photo counts.
        photo: The photo that clients see.
        leftovers: By generation.
        changed_at: When anything last changed.
        unfinished_since: When the open work began; None when there is none. The sweeper looks
            only at profiles that have it.
        deleted_at: When it was last deleted.
    """

    id: str
    user_id: str
    version: int
    status: ProfileStatus
    changed_at: datetime
    attempt: Attempt | None = None
    photo: Photo | None = None
    leftovers: dict[str, Leftover] = {}
    unfinished_since: datetime | None = None
    deleted_at: datetime | None = None


def profile_id_of(namespace: uuid.UUID, user_id: str) -> str:
    """The id of a user's profile. It stands in links, so it must not be guessable."""
    return str(uuid.uuid5(namespace, f"profile\n{user_id}"))


def checked_user_id(user_id: str) -> str:
    """Check a user's id, and return it.

    Raises:
        InvalidRequestError: It is not one.
    """
    if not re.fullmatch(USER_ID, user_id):
        raise InvalidRequestError(
            f"{user_id[:40]!r} of {len(user_id)} characters cannot be a user's id: it must be "
            f"{_USER_ID_RULE}.",
            code="invalid_user_id",
        )
    return user_id


def face_ids_of(profile: Profile | None) -> set[str]:
    """The ids of the faces in the collection that a profile records as its own."""
    holders = (profile.attempt, profile.photo) if profile else ()
    return {each.face_id for each in holders if each and each.face_id}


def was_sent_before_deletion(sent_at: datetime, deleted_at: datetime) -> bool:
    """Did a photo certainly arrive in S3 before the deletion? The clocks may differ."""
    return sent_at + CLOCKS_DIFFER_BY < deleted_at


def is_outdated(profile: Profile | None, sent_at: datetime) -> bool:
    """After that moment, was another photo sent, or the profile deleted?"""
    if profile is None:
        return False
    since = (
        profile.attempt and profile.attempt.sent_at,
        profile.photo and profile.photo.sent_at,
        profile.deleted_at,
    )
    return any(moment > sent_at for moment in since if moment)


def owed_to(profile: Profile) -> list[str]:
    """The addresses that are still to be told why the last photo is not taken."""
    is_over = profile.status in {ProfileStatus.REJECTED, ProfileStatus.FAILED}
    notices = profile.attempt.notices if profile.attempt and is_over else {}
    return [address for address, is_sent in notices.items() if not is_sent]


def latest_execution(profile: Profile) -> str | None:
    """The execution of the last photo that was sent; None: there is no photo."""
    last = profile.attempt or profile.photo
    return last.execution if last else None
