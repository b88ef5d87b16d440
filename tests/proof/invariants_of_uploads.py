"""What must hold of photos that clients put into the intake bucket."""

from collections.abc import Iterator

from chalicelib.delivery.messages import IntakeMessage, StoryMessage
from chalicelib.delivery.timeouts import RESUME_AFTER
from chalicelib.errors import ExpiredError
from chalicelib.stories.upload_request import UploadRequest, UploadStatus
from tests.proof.outcome import Outcome, shortest_gap
from tests.proof.simulation import Posted
from tests.proof.tape import Request


def _requests_without_an_end(run: Outcome) -> Iterator[str]:
    """Every upload request is fulfilled, fails with a reason, or expires."""
    asked = [each.detail[1] for each in run.requests if each.target == "upload"]
    for upload_id in {each.id for each in asked if isinstance(each, UploadRequest)}:
        request = run.backend.upload_requests.find(upload_id)
        if request is None:  # it was never stored, and no client got its form
            continue
        if request.status is UploadStatus.FULFILLED:
            yield from _badly_fulfilled(run, request)
        elif request.expires_at is None:
            yield f"an upload request is {request.status} for ever"
        if request.status is UploadStatus.FAILED and not request.reason:
            yield "an upload request failed without a reason"
        if request.status is UploadStatus.CANCELLED and (request.name or request.story_id):
            yield "a cancelled upload still tells of its photo"
    cancelled = {each.id for each in run.uploads if each.status is UploadStatus.CANCELLED}
    if not cancelled >= set(run.simulation.cancelled):
        yield "a cancellation was answered, and the upload went on"
    if not cancelled <= run.asked_to_cancel:
        yield "an upload was cancelled that no client cancelled"


def _badly_fulfilled(run: Outcome, request: UploadRequest) -> Iterator[str]:
    life = StoryMessage(str(request.story_id), str(request.generation))
    posted = [each for each in run.simulation.posted if each.upload_id == request.id]
    if request.story_id not in {run.id_of(each) for each in posted}:
        yield "an upload request was fulfilled by another photo's story"
    if life not in run.claimed:
        yield "an upload request was fulfilled by a story that never was"
    if run.alive(life) and request.expires_at is not None:
        yield "an upload request will be forgotten though its story is there"
    if not run.alive(life):
        if life not in run.deleted:
            yield "an upload request was fulfilled by a story that is gone"
        if request.expires_at is None and life not in run.parked_deletions:
            yield "an upload request is kept for ever though its story was deleted"
        if request.name and life not in run.parked_deletions:
            yield "an upload request still names the photo of a deleted story"


def _lost_photos(run: Outcome) -> Iterator[str]:
    """Every file that S3 took has a story, or a client is told why not."""
    for posted in run.simulation.posted:
        if posted.key in run.simulation.vanished:
            continue
        if posted.upload_id:
            yield from _lost_post(run, posted)
        elif posted.shade is None:
            yield from _lost_reject(run, posted)
        elif not run.may_fail:
            yield from _lost_drop(run, posted)


def _lost_post(run: Outcome, posted: Posted) -> Iterator[str]:
    sent = [each for each in run.simulation.posted if each.key == posted.key]
    request = run.backend.upload_requests.find(posted.upload_id or "")
    if request is None:
        yield "the request of an acknowledged photo is gone"
    elif request.status is UploadStatus.REQUESTED:
        yield "a photo was posted, and its request does not know of it"
    elif request.status is UploadStatus.FAILED and sent[-1].shade is not None and not run.may_fail:
        yield f"the request of a readable photo failed: {request.reason}"
    elif request.status is UploadStatus.FULFILLED and all(each.shade is None for each in sent):
        yield "a file that is no photo has a story"


def _lost_reject(run: Outcome, posted: Posted) -> Iterator[str]:
    told = [
        each.detail[1]
        for each in run.requests
        if (each.operation, each.target) == ("sqs.SendMessage", "intake-parked")
        and each.took_effect
    ]
    told = [
        each for each in told if isinstance(each, IntakeMessage) and each.key.endswith(posted.key)
    ]
    if not told or not all(each.reason for each in told):
        yield "a file that is no photo was rejected without a reason"
    elif not {each.key for each in told} & run.simulation.vanished and all(
        run.backend.intake_bucket.head(each.key) is None for each in told
    ):
        yield "a file that is no photo was removed"


def _lost_drop(run: Outcome, posted: Posted) -> Iterator[str]:
    story_id = run.id_of(posted)
    has_story = any(
        run.alive(promise.life) for promise in run.promises if promise.life.id == story_id
    )
    # S3 gives the time of an arrival in whole seconds.
    deleted_since = any(
        each.at >= posted.at
        for each in run.requests
        if each.process.kind == "delete" and getattr(each.result, "id", None) == story_id
    )
    if not has_story and not deleted_since:
        yield "a photo was put into the bucket, and has no story"


def _wrong_answers(run: Outcome) -> Iterator[str]:
    """A client that posted a photo is not told that it did not come."""
    for answer in run.simulation.answered:
        mine = [each for each in answer.posted if each.upload_id == answer.asked_for]
        is_over = any(each.key in run.simulation.vanished for each in mine)
        if answer.asked_for in answer.cancelled:
            if answer.found is not None and not _is_cancellation(answer.found):
                yield "a client that cancelled an upload gets another answer than that"
        elif _is_cancellation(answer.found):
            if answer.asked_for not in run.asked_to_cancel:
                yield "an upload is said to be cancelled, but no client cancelled it"
        elif isinstance(answer.found, ExpiredError) and mine and not is_over:
            yield "a photo that was posted is said not to have come in time"


def _is_cancellation(found: object) -> bool:
    return isinstance(found, ExpiredError) and found.code == "cancelled"


def _untold_failures(run: Outcome) -> Iterator[str]:
    """Each sender who wants a notice is told once why an upload failed.

    A fault while it is sent excuses another one, and so does a second delivery at the same time.
    """
    failed = [
        each for each in run.uploads if each.status is UploadStatus.FAILED or each.notified_at
    ]
    if any(each.notify != bool(each.notified_at) for each in failed):
        yield "a sender who wants a notice has none about a failed upload, or another one has"
    wanted = sum(each.notify for each in failed)
    told = [each for each in run.requests if is_notice_of_upload(each) and each.took_effect]
    excused = sum(_is_excused(run, each) for each in told)
    if not wanted <= len(told) <= wanted + excused:
        yield f"{len(told)} notices about {wanted} failed uploads, {excused} excused"


def is_notice_of_upload(request: Request) -> bool:
    return request.operation == "sns.Publish" and "could not be taken in" in str(request.detail)


def _is_excused(run: Outcome, notice: Request) -> bool:
    own = [each for each in run.requests if each.process is notice.process]
    if any(each.fault for each in own if each.number >= notice.number):
        return True
    meanwhile = run.requests[own[0].number : own[-1].number]
    return any(each.process is not notice.process for each in meanwhile)


def _needless_messages(run: Outcome) -> Iterator[str]:
    """Of any number of polls, one resumes an upload, and then none for a minute."""
    resumed = (
        (request.detail[1].key, request.at)
        for request in run.requests
        if (request.operation, request.target) == ("sqs.SendMessage", "intake")
        and request.process.kind in {"poll", "bulk"}
    )
    if shortest_gap(resumed) <= RESUME_AFTER:
        yield "an upload was resumed twice within a minute"


ALL = (
    _requests_without_an_end,
    _lost_photos,
    _wrong_answers,
    _untold_failures,
    _needless_messages,
)
