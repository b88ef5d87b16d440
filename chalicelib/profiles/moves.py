"""Every change that a profile can undergo. Pure: what is changed, never how it is stored."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from chalicelib.profiles.faces import Face
from chalicelib.profiles.profile import Attempt, Leftover, Photo, Profile, ProfileStatus, Refusal

MAX_WRITER_DURATION: Final = timedelta(seconds=70)
"""No function that stores anything for an attempt runs for longer (a test compares), by
whatever clock."""

_DONE_WITH: Final = frozenset({ProfileStatus.REJECTED, ProfileStatus.FAILED})


def attempted(
    profile: Profile | None, profile_id: str, user_id: str, attempt: Attempt, now: datetime
) -> Profile:
    """Another photo is tried; one that was still on its way is not, from now on."""
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
    """The photo that is tried was sent again; whoever sends it may want to be told."""
    attempt = _attempt_of(profile)
    is_over = profile.status in _DONE_WITH
    if email is not None and attempt.email != email:
        return _attempt_changed(profile, now, email=email, notice_owed=is_over)
    if attempt.started_at is None and not is_over:  # or it would be given up meanwhile
        return _attempt_changed(profile, now)
    return profile


def returned(profile: Profile, sent_at: datetime, now: datetime) -> Profile:
    """The photo that counts was sent again after another one: it is what the person wants."""
    assert profile.photo is not None  # noqa: S101  # it was sent again
    photo = msgspec.structs.replace(profile.photo, sent_at=sent_at)
    fields = {"status": ProfileStatus.READY, "attempt": None, "photo": photo}
    return _changed(_without_attempt(profile, now), now, fields)


def started(profile: Profile, now: datetime) -> Profile:
    """The execution that works on the attempt is started."""
    return _attempt_changed(profile, now, started_at=now)


def restarted(profile: Profile, execution: str, now: datetime) -> Profile:
    """Another execution is to work on the attempt, from where its data stops."""
    number = _attempt_of(profile).number + 1
    return _attempt_changed(profile, now, execution=execution, number=number, started_at=None)


def read(profile: Profile, content_id: str, now: datetime) -> Profile:
    """It is known what the photo is that somebody had the workflow started with."""
    return _attempt_changed(profile, now, content_id=content_id)


def detected(profile: Profile, face: Face, now: datetime) -> Profile:
    return _attempt_changed(profile, now, face=face)


def refused(profile: Profile, refusal: Refusal, now: datetime) -> Profile:
    """The photo is not taken; the workflow is still to say so and to clean up."""
    return _attempt_changed(profile, now, refusal=refusal)


def about_to_index(profile: Profile, now: datetime) -> Profile:
    """Written before the face is put into the collection, or a crash would leave it there."""
    return _attempt_changed(profile, now, indexing=True)


def indexed(profile: Profile, face_id: str, now: datetime) -> Profile:
    """Its face is in the collection; of several that were added at once, the first one counts."""
    if _attempt_of(profile).face_id is not None:
        return profile
    return _attempt_changed(profile, now, indexing=True, face_id=face_id)


def registered(profile: Profile, now: datetime) -> Profile:
    """The attempt's photo is the one that counts; the one before is to be removed."""
    attempt = _attempt_of(profile)
    assert attempt.face and attempt.face_id and attempt.content_id  # noqa: S101, PT018  # the states before saw to it
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
    """The attempt is over, and whoever asked for it is to be told why."""
    attempt = _attempt_of(profile)
    over = msgspec.structs.replace(attempt, refusal=refusal, notice_owed=attempt.email is not None)
    left = _left_by_attempt(profile, now)
    fields = {"status": status, "attempt": over, "leftovers": profile.leftovers | left}
    return _changed(profile, now, fields)


def given_up(profile: Profile, reason: Refusal, now: datetime) -> Profile:
    """Nothing more is tried; if the photo was refused before, then that is the reason."""
    refusal = _attempt_of(profile).refusal
    if refusal is not None:
        return ended(profile, ProfileStatus.REJECTED, refusal, now)
    return ended(profile, ProfileStatus.FAILED, reason, now)


def notified(profile: Profile, now: datetime) -> Profile:
    """The person was told, or cannot be."""
    return _attempt_changed(profile, now, notice_owed=False)


def deleted(profile: Profile, now: datetime) -> Profile:
    """Nobody gets it from now on, and everything is to be removed."""
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
    """Nothing is left of that attempt or photo."""
    left = {name: left for name, left in profile.leftovers.items() if name != generation}
    return _changed(profile, now, {"leftovers": left})


def _without_attempt(profile: Profile, now: datetime) -> Profile:
    left = _left_by_attempt(profile, now)
    return msgspec.structs.replace(profile, leftovers=profile.leftovers | left)


def _left_by_attempt(profile: Profile, now: datetime) -> dict[str, Leftover]:
    attempt = profile.attempt
    if attempt is None or profile.status is not ProfileStatus.PROCESSING:
        return {}  # there is none, or what it left was written down when it ended
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
    assert profile.attempt is not None  # noqa: S101  # whoever calls has looked
    return profile.attempt


def _attempt_changed(profile: Profile, now: datetime, **fields: Any) -> Profile:
    attempt = msgspec.structs.replace(_attempt_of(profile), **fields)
    return _changed(profile, now, {"attempt": attempt})


def _changed(profile: Profile, now: datetime, fields: dict[str, Any]) -> Profile:
    after = msgspec.structs.replace(profile, version=profile.version + 1, changed_at=now, **fields)
    since = (profile.unfinished_since or now) if is_unfinished(after) else None
    return msgspec.structs.replace(after, unfinished_since=since)


def is_unfinished(profile: Profile) -> bool:
    """Is anything still to be done for it, if only to remove or to tell something?"""
    on_its_way = profile.status in {ProfileStatus.PROCESSING, ProfileStatus.DELETED}
    owes_notice = profile.attempt is not None and profile.attempt.notice_owed
    return on_its_way or owes_notice or bool(profile.leftovers)
