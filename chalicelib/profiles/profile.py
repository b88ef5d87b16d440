"""The record of a reader's profile. Pure; `moves` has every change that it can undergo.

A photo is tried in an attempt; the photo that counts is the one that an attempt brought all
the way. What either leaves in the collection and the bucket when it is over is written down
as a leftover until it is removed.
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

_USER_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@:+-]{0,127}")
_USER_ID_RULE: Final = (
    "1 to 128 letters, digits and any of . _ @ : + -, the first a letter or a digit"
)


class ProfileStatus(StrEnum):
    PROCESSING = "processing"  # a photo is on its way through the workflow
    READY = "ready"
    REJECTED = "rejected"  # the last photo does not do; the one before it still counts
    FAILED = "failed"  # it was not the photo's fault; the same
    DELETED = "deleted"  # for everybody but whoever removes what is left


class Refusal(msgspec.Struct, frozen=True):
    """Why a photo is not taken: a name for programs, a sentence for people.

    Attributes:
        code: Such as ``sunglasses``.
        message: What is the matter, and what to do.
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
    """A photo that counts.

    Attributes:
        execution: The name of the execution that registered it.
        content_id: SHA-256 of the photo as it was sent.
        sent_at: When it was sent last.
    """

    generation: str
    execution: str
    content_id: str
    sent_at: datetime
    face_id: str
    face: Face
    registered_at: datetime


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A photo on its way through the workflow, or where it got to.

    Attributes:
        generation: Tells this photo's files and face from any other's.
        execution: The name of the workflow's execution that works on it.
        number: Which execution of this attempt that is; a name can be used once in 90 days.
        content_id: SHA-256 of the photo; None until it is read.
        email: Who wants to know if the photo does not do.
        sent_at: When it was sent, or its execution started by hand.
        started_at: When its execution was started; None while that is not known.
        face: The one that was detected.
        indexing: Its face may be in the collection from now on.
        face_id: Its face in the collection.
        refusal: Why it is not taken.
        notice_owed: The person is still to be told of it.
    """

    generation: str
    execution: str
    number: int = 1
    content_id: str | None = None
    email: str | None = None
    sent_at: datetime
    started_at: datetime | None = None
    face: Face | None = None
    indexing: bool = False
    face_id: str | None = None
    refusal: Refusal | None = None
    notice_owed: bool = False


class Leftover(msgspec.Struct, frozen=True, kw_only=True):
    """What is still to be removed of an attempt or a photo.

    Attributes:
        face_id: Its face, if it is known.
        indexing: It has a face in the collection, or may have one that nobody knows of.
        published: People were given links to its files.
        until: Until when somebody may still store something for it.
    """

    face_id: str | None = None
    indexing: bool = False
    published: bool = False
    until: datetime


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A reader's profile, as the table keeps it.

    Attributes:
        id: Derived from the user's id under the deployment's secret.
        version: Grows with each change: a change is only written over the one it is about.
        attempt: The last photo that was sent, unless it is the one that counts.
        photo: The photo that counts.
        leftovers: What is still to be removed, by generation.
        changed_at: When anything last changed.
        unfinished_since: Since when something is still to be done; the sweeper looks for it.
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
    """The id under which a user's profile is kept; unguessable, for it stands in links."""
    return str(uuid.uuid5(namespace, f"profile\n{user_id}"))


def checked_user_id(user_id: str) -> str:
    """A user's id.

    Raises:
        InvalidRequestError: It is not one.
    """
    if not _USER_ID.fullmatch(user_id):
        raise InvalidRequestError(
            f"{user_id[:40]!r} of {len(user_id)} characters cannot be a user's id: it must be "
            f"{_USER_ID_RULE}.",
            code="invalid_user_id",
        )
    return user_id


def face_ids_of(profile: Profile | None) -> set[str]:
    """The faces that a profile knows to be its own in the collection."""
    known = (profile.attempt, profile.photo) if profile else ()
    return {each.face_id for each in known if each and each.face_id}


def was_sent_before_deletion(sent_at: datetime, deleted_at: datetime) -> bool:
    """Was a photo that S3 took sent before the profile was deleted, by clocks that may differ?"""
    return sent_at + CLOCKS_DIFFER_BY < deleted_at


def is_outdated(profile: Profile | None, sent_at: datetime) -> bool:
    """Was another photo sent after that moment, or the profile deleted?"""
    if profile is None:
        return False
    since = (
        profile.attempt and profile.attempt.sent_at,
        profile.photo and profile.photo.sent_at,
        profile.deleted_at,
    )
    return any(moment > sent_at for moment in since if moment)


def latest_execution(profile: Profile) -> str | None:
    """The execution of the last photo that was sent; None: there is no photo."""
    last = profile.attempt or profile.photo
    return last.execution if last else None
