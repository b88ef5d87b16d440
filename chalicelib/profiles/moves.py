"""Every change that a profile can undergo. Pure: `Records` stores the changed profile."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from chalicelib.errors import InvalidRequestError
from chalicelib.profiles.faces import Face
from chalicelib.profiles.profile import (
    Attempt,
    Leftover,
    Photo,
    Profile,
    ProfileStatus,
    Refusal,
    owed_to,
)

MAX_WRITER_DURATION: Final = timedelta(seconds=70)
"""Longer than any function runs that stores something for an attempt (a test compares), even if
clocks differ."""

MAX_ADDRESSES: Final = 10
"""How many addresses can be told about one photo."""

_ENDED_WITHOUT_SUCCESS: Final = frozenset({ProfileStatus.REJECTED, ProfileStatus.FAILED})


def attempted(
    profile: Profile | None, profile_id: str, user_id: str, attempt: Attempt, now: datetime
) -> Profile:
    """A new attempt begins; it replaces one that has not ended."""
    if profile is None:
        return Profile(
            id=profile_id,
            user_id=user_id,
            version=1,
            status=ProfileStatus.PROCESSING,
            changed_at=now,
            unfinished_since=now,
            attempt=attempt,
        )
    fields = {"status": ProfileStatus.PROCESSING, "attempt": attempt, "user_id": user_id}
    return _changed(_without_attempt(profile, now), now, fields)


def joined(profile: Profile, email: str | None, now: datetime) -> Profile:
    """The photo of the attempt was sent again, maybe with another e-mail address.

    Raises:
        InvalidRequestError: Enough other addresses were given before.
    """
    attempt = _attempt_of(profile)
    is_over = profile.status in _ENDED_WITHOUT_SUCCESS
    if email is not None and email not in attempt.notices:
        if len(attempt.notices) >= MAX_ADDRESSES:
            raise InvalidRequestError(
                f"{MAX_ADDRESSES} other addresses are told about this photo already: send it "
                "without X-Email.",
                code="too_many_addresses",
            )
        return _attempt_changed(profile, now, notices={**attempt.notices, email: False})
    if attempt.started_at is None and not is_over:  # keeps failover from giving it up now
        return _attempt_changed(profile, now)
    return profile


def returned(profile: Profile, sent_at: datetime, now: datetime) -> Profile:
    """The photo that counts was sent again after another one, so it counts from now on."""
    assert profile.photo is not None  # noqa: S101  # the caller compared it
    photo = msgspec.structs.replace(profile.photo, sent_at=sent_at)
    fields = {"status": ProfileStatus.READY, "attempt": None, "photo": photo}
    return _changed(_without_attempt(profile, now), now, fields)


def started(profile: Profile, now: datetime) -> Profile:
    return _attempt_changed(profile, now, started_at=now)


def restarted(profile: Profile, execution: str, now: datetime) -> Profile:
    """Another execution continues the attempt where its data stops."""
    number = _attempt_of(profile).number + 1
    return _attempt_changed(profile, now, execution=execution, number=number, started_at=None)


def read(profile: Profile, content_id: str, now: datetime) -> Profile:
    """The photo of an execution that was started by hand is read, and its hash is known."""
    return _attempt_changed(profile, now, content_id=content_id)


def detected(profile: Profile, face: Face, now: datetime) -> Profile:
    return _attempt_changed(profile, now, face=face)


def refused(profile: Profile, refusal: Refusal, now: datetime) -> Profile:
    """The photo is refused; the workflow's last task ends the attempt."""
    return _attempt_changed(profile, now, refusal=refusal)


def about_to_index(profile: Profile, now: datetime) -> Profile:
    """The face is about to be added. Without this record, a crash would leave it there forever."""
    return _attempt_changed(profile, now, indexing=True)


def indexed(profile: Profile, face_id: str, now: datetime) -> Profile:
    """The face is in the collection; if an earlier face is recorded, that one counts."""
    if _attempt_of(profile).face_id is not None:
        return profile
    return _attempt_changed(profile, now, indexing=True, face_id=face_id)


def registered(profile: Profile, now: datetime) -> Profile:
    """The attempt's photo counts from now on; the photo before becomes a leftover."""
    attempt = _attempt_of(profile)
    assert attempt.face and attempt.face_id and attempt.content_id  # noqa: S101, PT018  # the tasks before stored them
    photo = Photo(
        generation=attempt.generation,
        execution=attempt.execution,
        content_id=attempt.content_id,
        sent_at=attempt.sent_at,
        face_id=attempt.face_id,
        face=attempt.face,
        registered_at=now,
    )
    fields = {
        "status": ProfileStatus.READY,
        "attempt": None,
        "photo": photo,
        "leftovers": profile.leftovers | _left_by_photo(profile),
    }
    return _changed(profile, now, fields)


def ended(profile: Profile, status: ProfileStatus, refusal: Refusal, now: datetime) -> Profile:
    """The attempt ended without success; a notice is owed to each address that was given."""
    over = msgspec.structs.replace(_attempt_of(profile), refusal=refusal)
    left = _left_by_attempt(profile, now)
    fields = {"status": status, "attempt": over, "leftovers": profile.leftovers | left}
    return _changed(profile, now, fields)


def given_up(profile: Profile, reason: Refusal, now: datetime) -> Profile:
    """The attempt ended: as rejected if its photo was refused before, else as failed."""
    refusal = _attempt_of(profile).refusal
    if refusal is not None:
        return ended(profile, ProfileStatus.REJECTED, refusal, now)
    return ended(profile, ProfileStatus.FAILED, reason, now)


def notified(profile: Profile, address: str, now: datetime) -> Profile:
    """The notice to this address is sent, or cannot be sent."""
    notices = {**_attempt_of(profile).notices, address: True}
    return _attempt_changed(profile, now, notices=notices)


def deleted(profile: Profile, now: datetime) -> Profile:
    """No client gets the profile from now on; all its files and faces become leftovers."""
    without = _without_attempt(profile, now)
    fields = {
        "status": ProfileStatus.DELETED,
        "attempt": None,
        "photo": None,
        "leftovers": without.leftovers | _left_by_photo(profile),
        "deleted_at": now,
    }
    return _changed(without, now, fields)


def discarded(profile: Profile, generation: str, now: datetime) -> Profile:
    """The leftover of this generation is removed."""
    left = {name: left for name, left in profile.leftovers.items() if name != generation}
    return _changed(profile, now, {"leftovers": left})


def _without_attempt(profile: Profile, now: datetime) -> Profile:
    left = _left_by_attempt(profile, now)
    return msgspec.structs.replace(profile, leftovers=profile.leftovers | left)


def _left_by_attempt(profile: Profile, now: datetime) -> dict[str, Leftover]:
    attempt = profile.attempt
    if attempt is None or profile.status is not ProfileStatus.PROCESSING:
        return {}  # there is none, or its leftover was recorded when it ended
    left = Leftover(
        face_id=attempt.face_id, indexing=attempt.indexing, until=now + MAX_WRITER_DURATION
    )
    return {attempt.generation: left}


def _left_by_photo(profile: Profile) -> dict[str, Leftover]:
    photo = profile.photo
    if photo is None:
        return {}
    left = Leftover(
        face_id=photo.face_id,
        indexing=True,
        published=True,
        until=photo.registered_at + MAX_WRITER_DURATION,
    )
    return {photo.generation: left}


def _attempt_of(profile: Profile) -> Attempt:
    assert profile.attempt is not None  # noqa: S101  # the caller checked that
    return profile.attempt


def _attempt_changed(profile: Profile, now: datetime, **fields: Any) -> Profile:
    attempt = msgspec.structs.replace(_attempt_of(profile), **fields)
    return _changed(profile, now, {"attempt": attempt})


def _changed(profile: Profile, now: datetime, fields: dict[str, Any]) -> Profile:
    after = msgspec.structs.replace(profile, version=profile.version + 1, changed_at=now, **fields)
    since = (profile.unfinished_since or now) if is_unfinished(after) else None
    return msgspec.structs.replace(after, unfinished_since=since)


def is_unfinished(profile: Profile) -> bool:
    """Is there work left: an attempt, a removal or a notice?"""
    has_work = profile.status in {ProfileStatus.PROCESSING, ProfileStatus.DELETED}
    return has_work or bool(owed_to(profile) or profile.leftovers)
