"""What must hold of profiles: whose face counts, what users are told, what is left."""

from collections.abc import Iterator

from chalicelib.profiles import keys
from chalicelib.profiles.profile import Attempt, Profile, ProfileStatus
from tests.proof.outcome import Outcome, Save, content_id, files_of, has_failed, owner_of
from tests.proof.simulation import REFUSED_WITH, Wish
from tests.proof.tape import Request

_PAID = frozenset({"rekognition.DetectFaces", "rekognition.IndexFaces"})
_STATUS = ProfileStatus
_AFTER = {
    None: {_STATUS.PROCESSING},
    _STATUS.PROCESSING: set(_STATUS),
    _STATUS.READY: {_STATUS.READY, _STATUS.PROCESSING, _STATUS.DELETED},
    _STATUS.REJECTED: set(_STATUS) - {_STATUS.FAILED},
    _STATUS.FAILED: set(_STATUS) - {_STATUS.REJECTED},
    _STATUS.DELETED: {_STATUS.DELETED, _STATUS.PROCESSING},
}
"""Which status may follow which, written out once more."""
_SUBJECTS = {
    ProfileStatus.REJECTED: "Your profile photo was not accepted",
    ProfileStatus.FAILED: "Your profile photo could not be processed",
}


def _unkept_promises(run: Outcome) -> Iterator[str]:
    """Each user's last wish came true, or the photo is unsuitable and the reason is right."""
    for user_id in run.users:
        profile, wishes = run.profile(user_id), run.last_wishes(user_id)
        if not any(_came_true(run, wish, profile) for wish in wishes):
            status = profile.status if profile else "gone"
            refusal = profile.attempt.refusal if profile and profile.attempt else None
            yield f"what {user_id} wished last came to nothing: {status}, {refusal}"


def _came_true(run: Outcome, wish: Wish, profile: Profile | None) -> bool:
    if wish.content is None or wish.person is None:
        return profile is None
    if profile is None:
        return not wish.granted
    wished = content_id(wish.content)
    refused_with = REFUSED_WITH.get(wish.person)
    if profile.photo is not None and profile.status is ProfileStatus.READY:
        return profile.photo.content_id == wished and refused_with is None
    attempt = profile.attempt
    code = attempt.refusal.code if attempt and attempt.refusal else None
    was_read = attempt is not None and attempt.content_id is not None
    if attempt and was_read and attempt.content_id != wished:
        return False
    if code is None or profile.status is ProfileStatus.FAILED:
        return code is not None and (not wish.granted or (run.may_fail and was_read))
    is_rivals = code == "face_already_exists" and _has_rival(run, wish)
    return profile.status is ProfileStatus.REJECTED and (code == refused_with or is_rivals)


def _has_rival(run: Outcome, wish: Wish) -> bool:
    """Does another user have this face, or did one ask for it and want another one since?"""
    for user_id in set(run.users) - {wish.user_id}:
        profile = run.profile(user_id)
        if profile and profile.photo and run.person_on(profile.photo) == wish.person:
            return True
        asked = [each for each in run.wishes if each.user_id == user_id]
        still = [each.person for each in run.last_wishes(user_id)]
        if wish.person in {each.person for each in asked} and wish.person not in still:
            return True
    return None in {owner for _, owner in run.backend.faces.kept.values()}


def _strange_faces(run: Outcome) -> Iterator[str]:
    """The collection has one face for each photo that counts, and no other."""
    kept = run.backend.faces.kept
    expected = {}
    for profile in run.profiles:
        if profile.photo is not None:
            person = run.person_on(profile.photo)
            expected[profile.photo.face_id] = (person, owner_of(profile))
    for face_id, (person, owner) in kept.items():
        if owner is not None and face_id not in expected:
            yield f"an orphan: a face of person {person}"
    for face_id, whose in expected.items():
        if kept.get(face_id) != whose:
            yield "the face of a photo that counts is not in the collection"


def _copies(run: Outcome) -> Iterator[str]:
    """The CDN was asked to forget a thumbnail after it was removed, and said that it had."""
    for owner in run.owners - run.present_owners:
        forgotten = removed = 0
        for request in run.requests:
            match request.detail:
                case ("delete", [*gone]) if keys.thumbnail(owner) in gone and request.took_effect:
                    removed = removed or request.number
                case ("invalidate", prefix, *_) if prefix == keys.public(owner):
                    forgotten = request.number if request.result is True else forgotten
        if forgotten < removed or not removed:
            yield "the CDN may still have copies of a photo that is gone"


def _unfinished(run: Outcome) -> Iterator[str]:
    for profile in run.profiles:
        if profile.status in {_STATUS.PROCESSING, _STATUS.DELETED}:
            yield f"a profile was left {profile.status}"
        if profile.unfinished_since is not None or profile.leftovers:
            yield "a profile is still swept though nothing is left to do"
        if (profile.status is _STATUS.READY) != (profile.attempt is None):
            yield "a profile is ready and has an attempt, or neither"


def _wrong_answers(run: Outcome) -> Iterator[str]:
    """After an answer, a photo that was taken in is there, and a deleted profile is not."""
    for told in run.simulation.told:
        before = [
            wish
            for wish in run.wishes
            if wish.user_id == told.user_id and wish.key is None and wish.asked < told.asked
        ]
        if not before or any(not wish.granted or wish.ended > told.asked for wish in before):
            continue
        last = max(before, key=lambda wish: wish.asked)
        if any(wish.ended > last.asked for wish in before if wish is not last):
            continue
        later = [w for w in run.wishes if w.user_id == told.user_id and w.asked >= told.asked]
        if last.person is None and told.found is not None and not later:
            yield "a deleted profile was answered"
        if last.person is not None and told.found is None and not later:
            yield "a photo was taken in, and its profile is unknown"


def _illegal_moves(run: Outcome) -> Iterator[str]:
    for save in run.saves:
        yield from _illegal_move(run, save)


def _illegal_move(run: Outcome, save: Save) -> Iterator[str]:
    before, after = save.before, save.after
    if after.status not in _AFTER[before.status if before else None]:
        yield f"an illegal move was written: {before and before.status} to {after.status}"
    owes = bool(_owed(after))
    is_moving = after.status in {ProfileStatus.PROCESSING, ProfileStatus.DELETED}
    if (is_moving or owes or after.leftovers) and after.unfinished_since is None:
        yield f"from request {save.request.number} on, the sweeper did not see what is left to do"
    if before and before.photo and after.photo is None and after.status is not _STATUS.DELETED:
        yield "a photo counts no more though no user deleted it"
    if save.is_registration:
        yield from _bad_registration(run, save)
    if _is_tried_again(save):
        yield "a photo that is known was tried again"


def _bad_registration(run: Outcome, save: Save) -> Iterator[str]:
    attempt = save.before.attempt if save.before else None
    assert save.before is not None
    assert attempt is not None
    if save.before.status is not ProfileStatus.PROCESSING or attempt.refusal is not None:
        yield f"a photo counts that is {save.before.status}, {attempt.refusal}"
    if not save.request.process.kind.endswith(attempt.execution):
        yield "an execution registered another execution's photo"
    stored = {
        request.detail[1]
        for request in run.requests[: save.request.number]
        if request.operation == "s3.PutObject" and request.took_effect
    }
    if not files_of(owner_of(save.after)) <= stored:
        yield "a photo counts whose files are not there yet"


def _is_tried_again(save: Save) -> bool:
    """Does a new attempt begin with a photo whose end is known?"""
    before, after = save.before, save.after
    if before is None or before.status is _STATUS.DELETED or after.attempt is None:
        return False
    old, new = before.attempt, after.attempt
    if new.content_id is None or (old is not None and old.generation == new.generation):
        return False
    if before.photo is not None and before.photo.content_id == new.content_id:
        return True
    is_known = before.status is _STATUS.PROCESSING or (
        before.status is _STATUS.REJECTED and old and old.refusal and old.refusal.final
    )
    return old is not None and old.content_id == new.content_id and bool(is_known)


def _shared_faces(run: Outcome) -> Iterator[str]:
    """At no moment do two profiles count with the same face."""
    holders: dict[str, int] = {}
    for save in run.saves:
        holders.pop(save.after.id, None)
        if save.after.photo is not None:
            person = run.person_on(save.after.photo)
            if person in holders.values():
                yield "two profiles count with the same face"
            holders[save.after.id] = person


def _repeated_payments(run: Outcome) -> Iterator[str]:
    """Looking for a face and adding it are paid once for each attempt.

    They are paid again only if the process that paid met a fault before it stored the result, or
    if a second invocation of the same task runs at the same time.
    """
    attempts = {
        save.after.attempt.execution: (save.after.id, save.after.attempt.generation)
        for save in run.saves
        if save.after.attempt
    }
    paid: dict[tuple[object, str], int] = {}
    for request in run.requests:
        if request.operation in _PAID and request.took_effect:
            _, execution = request.process.kind.split()
            what = (attempts[execution], request.operation)
            paid[what] = paid.get(what, 0) + (not _is_excused(run, request))
    for (_, operation), times in paid.items():
        if times > 1:
            yield f"paid {times} times for {operation}"


def _is_excused(run: Outcome, payment: Request) -> bool:
    own = [each for each in run.requests if each.process is payment.process]
    if any(each.fault for each in own if each.number >= payment.number):
        return True
    meanwhile = run.requests[own[0].number : own[-1].number]
    return any(
        each.process is not payment.process and each.process.kind == payment.process.kind
        for each in meanwhile
    )


def _taken_over(run: Outcome) -> Iterator[str]:
    """No execution that still works is replaced by another one."""
    executions = run.backend.workflow.executions
    for name, execution in executions.items():
        attempt, _, number = name.rpartition("-")
        following = f"{attempt}-{int(number) + 1}" if number.isdecimal() else None
        if execution.path[-1:] == ["Superseded"] and following in executions:
            yield "an execution was replaced that was still working"


def _untrue_notices(run: Outcome) -> Iterator[str]:
    told_of = [save.after for save in run.saves if has_failed(save.after)]
    for notice in set(run.backend.mailer.sent):
        if not any(_is_true(notice, profile) for profile in told_of):
            yield f"a user was told what is not so: {notice[1]}"


def _missing_notices(run: Outcome) -> Iterator[str]:
    """Each address that was given was told how the last attempt ended."""
    for profile in run.profiles:
        attempt = profile.attempt
        if not has_failed(profile) or attempt is None:
            continue
        if _owed(profile):
            yield "a user is still to be told"
        if not _addresses_given(run, profile.user_id, attempt) <= attempt.notices.keys():
            yield "the address of a user who is to be told is lost"
        told = {each[0] for each in run.backend.mailer.sent if _is_true(each, profile)}
        if attempt.notices.keys() - run.backend.mailer.refused - told:
            yield f"a user was not told that a photo is {profile.status}"


def _addresses_given(run: Outcome, user_id: str, attempt: Attempt) -> set[str]:
    """The addresses that came with the last photo, also when it was sent again."""
    began = next(
        save.request.number
        for save in run.saves
        if save.after.attempt and save.after.attempt.generation == attempt.generation
    )
    again = [
        wish
        for wish in run.wishes
        if wish.user_id == user_id and wish.ended >= began
        if content_id(wish.content or b"") == attempt.content_id
    ]
    wishes = [*run.last_wishes(user_id), *again]
    return {wish.email for wish in wishes if wish.email and wish.granted}


def _owed(profile: Profile | None) -> set[tuple[str, str]]:
    """The notices that are still to be sent, by the photo's generation and the address."""
    if profile is None or profile.attempt is None or not has_failed(profile):
        return set()
    attempt = profile.attempt
    return {(attempt.generation, to) for to, is_sent in attempt.notices.items() if not is_sent}


def _is_true(notice: tuple[str, str, str], profile: Profile) -> bool:
    to, subject, body = notice
    attempt = profile.attempt
    if attempt is None or attempt.refusal is None or not has_failed(profile):
        return False
    present = "present photo stays" if profile.photo else "no photo yet"
    return (
        to in attempt.notices
        and subject == _SUBJECTS[profile.status]
        and attempt.refusal.message in body
        and profile.user_id in body
        and present in body
    )


def _needless_notices(run: Outcome) -> Iterator[str]:
    """One e-mail to each address for each end of an attempt, and one more for each fault in it."""
    ends = 0
    for save in run.saves:
        ends += len(_owed(save.after) - _owed(save.before))
    excused = 0
    for request in run.requests:
        if request.operation == "sesv2.SendEmail" and request.took_effect:
            rest = run.requests[request.number - 1 :]
            excused += any(each.fault for each in rest if each.process is request.process)
    sent = len(run.backend.mailer.sent)
    if sent > ends + excused + run.simulation.naps:
        yield f"{sent} notices for {ends} ends, {excused} excused"


ALL = (
    _unkept_promises,
    _strange_faces,
    _copies,
    _unfinished,
    _wrong_answers,
    _illegal_moves,
    _shared_faces,
    _repeated_payments,
    _taken_over,
    _untrue_notices,
    _missing_notices,
    _needless_notices,
)
