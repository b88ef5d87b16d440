"""What must hold of e-mails about profile photos: each is true, none is missing or needless."""

from collections.abc import Iterator

from chalicelib.profiles.profile import Profile, ProfileStatus
from tests.proof.outcome import Outcome, has_failed

_SUBJECTS = {
    ProfileStatus.REJECTED: "Your profile photo was not accepted",
    ProfileStatus.FAILED: "Your profile photo could not be processed",
}


def _untrue(run: Outcome) -> Iterator[str]:
    told_of = [save.after for save in run.saves if has_failed(save.after)]
    for notice in set(run.backend.mailer.sent):
        if not any(_is_true(notice, profile) for profile in told_of):
            yield f"a user was told what is not so: {notice[1]}"


def _missing(run: Outcome) -> Iterator[str]:
    """A user who gave an address was told how the last attempt ended."""
    for profile in run.profiles:
        attempt = profile.attempt
        if not has_failed(profile) or attempt is None:
            continue
        if attempt.notice_owed:
            yield "a user is still to be told"
        wishes = run.last_wishes(profile.user_id)
        if attempt.email is None and any(wish.email and wish.granted for wish in wishes):
            yield "the address of a user who is to be told is lost"
        is_reachable = attempt.email and attempt.email not in run.backend.mailer.refused
        was_told = any(_is_true(notice, profile) for notice in run.backend.mailer.sent)
        if is_reachable and not was_told:
            yield f"a user was not told that a photo is {profile.status}"


def _is_true(notice: tuple[str, str, str], profile: Profile) -> bool:
    to, subject, body = notice
    attempt = profile.attempt
    if attempt is None or attempt.refusal is None or not has_failed(profile):
        return False
    present = "present photo stays" if profile.photo else "no photo yet"
    return (
        to == attempt.email
        and subject == _SUBJECTS[profile.status]
        and attempt.refusal.message in body
        and profile.user_id in body
        and present in body
    )


def _needless(run: Outcome) -> Iterator[str]:
    """One e-mail for each end of an attempt, and one more for each fault while it was sent."""
    ends = 0
    for save in run.saves:
        now, attempt = save.before, save.after.attempt
        owed_before = now is not None and now.attempt is not None and now.attempt.notice_owed
        ends += bool(attempt and attempt.notice_owed and not owed_before)
    excused = 0
    for request in run.requests:
        if request.operation == "sesv2.SendEmail" and request.took_effect:
            rest = run.requests[request.number - 1 :]
            excused += any(each.fault for each in rest if each.process is request.process)
    sent = len(run.backend.mailer.sent)
    if sent > ends + excused + run.simulation.naps:
        yield f"{sent} notices for {ends} ends, {excused} excused"


ALL = (_untrue, _missing, _needless)
