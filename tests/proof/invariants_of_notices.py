"""What must hold of e-mails about profile photos: who wanted to know was told, and the truth."""

from collections import Counter
from collections.abc import Iterator

from chalicelib.profiles.profile import Profile, ProfileStatus
from tests.proof.profile_run import ProfileRun, is_over

_SUBJECTS = {
    ProfileStatus.REJECTED: "Your profile photo was not accepted",
    ProfileStatus.FAILED: "Your profile photo could not be processed",
}


def broken_by_notices(run: ProfileRun) -> Iterator[str]:
    sent = Counter(run.backend.mailer.sent)
    told_of = [save.after for save in run.saves if is_over(save.after)]
    for notice in sent:
        if not any(_is_true(notice, profile) for profile in told_of):
            yield f"somebody was told what is not so: {notice[1]}"
    for profile in run.profiles:
        yield from _untold(run, profile)
    yield from _needless(run, sent)


def _untold(run: ProfileRun, profile: Profile) -> Iterator[str]:
    attempt = profile.attempt
    if not is_over(profile) or attempt is None:
        return
    if attempt.notice_owed:
        yield "somebody is still to be told"
    addresses = {
        wish.email for wish in run.last_wishes(profile.user_id) if wish.email and wish.granted
    }
    if addresses and attempt.email is None:
        yield "nobody knows whom to tell"
    if attempt.email and attempt.email not in run.backend.mailer.refused:
        told = [notice for notice in run.backend.mailer.sent if _is_true(notice, profile)]
        if not told:
            yield f"nobody was told that a photo is {profile.status}"


def _is_true(notice: tuple[str, str, str], profile: Profile) -> bool:
    to, subject, body = notice
    attempt = profile.attempt
    if attempt is None or attempt.refusal is None or not is_over(profile):
        return False
    present = "present photo stays" if profile.photo else "no photo yet"
    return (
        to == attempt.email
        and subject == _SUBJECTS[profile.status]
        and attempt.refusal.message in body
        and profile.user_id in body
        and present in body
    )


def _needless(run: ProfileRun, sent: Counter[tuple[str, str, str]]) -> Iterator[str]:
    """One for each end that an attempt came to, and one more for each fault at telling of it."""
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
    if sent.total() > ends + excused + run.simulation.naps:
        yield f"{sent.total()} notices for {ends} ends, {excused} excused"
