"""What must hold of photos that their senders put into the intake_bucket bucket themselves."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from chalicelib.delivery.messages import IntakeMessage, StoryMessage
from chalicelib.delivery.timeouts import RESUME_AFTER
from chalicelib.errors import ExpiredError
from chalicelib.stories import keys
from chalicelib.stories.upload_request import UploadRequest, UploadStatus
from tests.proof.promises import Run
from tests.proof.simulation import Posted


def broken_by_uploads(run: Run, *, may_fail: bool) -> Iterator[str]:
    yield from _requests_without_an_end(run)
    yield from _lost_photos(run, may_fail=may_fail)
    yield from _wrong_answers(run)
    yield from _left_in_intake_bucket(run)
    yield from _needless_messages(run)


def _requests_without_an_end(run: Run) -> Iterator[str]:
    """Fulfilled, failed with a reason, or forgotten in time."""
    asked = [each.detail[1] for each in run.requests if each.target == "upload"]
    for upload_id in {each.id for each in asked if isinstance(each, UploadRequest)}:
        request = run.backend.upload_requests.find(upload_id)
        if request is None:  # it was never stored, and nobody was given its form
            continue
        if request.status is UploadStatus.FULFILLED:
            yield from _badly_fulfilled(run, request)
        elif request.expires_at is None:
            yield f"an upload request is {request.status} for ever"
        if request.status is UploadStatus.FAILED and not request.reason:
            yield "an upload request failed without a reason"


def _badly_fulfilled(run: Run, request: UploadRequest) -> Iterator[str]:
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


def _lost_photos(run: Run, *, may_fail: bool) -> Iterator[str]:
    """Whatever S3 took has a story, or somebody is told why not."""
    for posted in run.simulation.posted:
        if posted.key in run.simulation.vanished:
            continue
        if posted.upload_id:
            yield from _lost_post(run, posted, may_fail=may_fail)
        elif posted.shade is None:
            yield from _lost_reject(run, posted)
        elif not may_fail:
            yield from _lost_drop(run, posted)


def _lost_post(run: Run, posted: Posted, *, may_fail: bool) -> Iterator[str]:
    sent = [each for each in run.simulation.posted if each.key == posted.key]
    request = run.backend.upload_requests.find(posted.upload_id or "")
    if request is None:
        yield "the request of an acknowledged photo is gone"
    elif request.status is UploadStatus.REQUESTED:
        yield "a photo was posted, and its request never heard of it"
    elif request.status is UploadStatus.FAILED and sent[-1].shade is not None and not may_fail:
        yield f"the request of a readable photo failed: {request.reason}"
    elif request.status is UploadStatus.FULFILLED and all(each.shade is None for each in sent):
        yield "something that is no photo has a story"


def _lost_reject(run: Run, posted: Posted) -> Iterator[str]:
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
        yield "something that is no photo was put aside without a word"
    elif not {each.key for each in told} & run.simulation.vanished and all(
        run.backend.intake_bucket.head(each.key) is None for each in told
    ):
        yield "something that is no photo was thrown away"


def _lost_drop(run: Run, posted: Posted) -> Iterator[str]:
    story_id = run.id_of(posted)
    has_story = any(
        run.alive(promise.life) for promise in run.promises if promise.life.id == story_id
    )
    # S3 tells when something came in whole seconds.
    deleted_since = any(
        each.at >= posted.at
        for each in run.requests
        if each.process.kind == "delete" and getattr(each.result, "id", None) == story_id
    )
    if not has_story and not deleted_since:
        yield "a photo was put into the bucket, and has no story"


def _wrong_answers(run: Run) -> Iterator[str]:
    """Nobody who posted a photo is told that it did not come."""
    for answer in run.simulation.answered:
        mine = [each for each in answer.posted if each.upload_id == answer.asked_for]
        is_over = any(each.key in run.simulation.vanished for each in mine)
        if isinstance(answer.found, ExpiredError) and mine and not is_over:
            yield "a photo that was posted is said not to have come in time"


def _left_in_intake_bucket(run: Run) -> Iterator[str]:
    if run.backend.intake_bucket.waiting(keys.ARRIVALS).arrivals:
        yield "a staged object was left behind"


def _needless_messages(run: Run) -> Iterator[str]:
    """Of any number of polls, one resumes an upload, and then none for a minute."""
    resumed: dict[str, list[datetime]] = defaultdict(list)
    for request in run.requests:
        is_sent = (request.operation, request.target) == ("sqs.SendMessage", "intake")
        if is_sent and request.process.kind in {"poll", "bulk"}:
            resumed[request.detail[1].key].append(request.at)
    for moments in resumed.values():
        if any(later - earlier <= RESUME_AFTER for earlier, later in pairwise(moments)):
            yield "an upload was resumed twice within a minute"
