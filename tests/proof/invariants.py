"""What must hold after every run, whatever happened in it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from chalicelib.delivery.messages import Delivery, StoryMessage, about
from chalicelib.delivery.timeouts import RESUME_AFTER
from chalicelib.stories import keys
from chalicelib.stories.moves import Move
from chalicelib.stories.queues import OF_STORIES
from chalicelib.stories.story import Status, Story
from tests.proof.backend import ConsumedQueue
from tests.proof.invariants_of_deletion import broken_by_deletion
from tests.proof.invariants_of_uploads import broken_by_uploads
from tests.proof.pages import audio_of, text_on
from tests.proof.promises import Run, with_following, writes
from tests.proof.simulation import BrokenPromiseError, Simulation
from tests.proof.tape import Request

_PAID = frozenset({"rekognition.DetectText", "polly.SynthesizeSpeech"})
_ENDED = frozenset({Status.READY, Status.FAILED})
_MOVES = {
    Status.RECEIVED: {Status.READ, Status.FAILED, Status.DELETED},
    Status.READ: {Status.READY, Status.FAILED, Status.DELETED},
    Status.READY: {Status.DELETED},
    Status.FAILED: {Status.RECEIVED, Status.READ, Status.READY, Status.DELETED},
    Status.DELETED: set[Status](),
}
"""Written out once more, so that a slip in the code's own table is seen."""
_CLOCKS_DIFFER_BY = timedelta(seconds=5)
_REPEAT_AFTER = timedelta(minutes=1)


def check(simulation: Simulation, *, may_fail: bool = False) -> None:
    """Raise `BrokenPromiseError` with the whole tape unless everything holds.

    Args:
        simulation: A run that has come to rest.
        may_fail: Readable photos may end as failed: something was broken for long.
    """
    run = Run(simulation)
    problems = [
        *_unkept_promises(run, may_fail=may_fail),
        *_repeated_payments(run),
        *_needless_notices(run),
        *_missing_notices(run),
        *_illegal_moves(run),
        *_stories_that_nobody_would_resume(run),
        *_needless_work(run),
        *_strangers(run),
        *_left_behind(run),
        *broken_by_uploads(run, may_fail=may_fail),
        *broken_by_deletion(run),
    ]
    if problems:
        raise BrokenPromiseError("\n".join([*problems, "", str(simulation.tape)]))


def _unkept_promises(run: Run, *, may_fail: bool) -> Iterator[str]:
    kept = {about(story) for story, _ in run.stories}
    for promise in run.promises:
        if promise.life not in kept | run.deleted:
            yield "an acknowledged story is gone"
    for story, shade in run.stories:
        text = text_on(shade)
        if story.status is Status.READY:
            yield from _wrong_content(run, story, text)
        elif story.status is not Status.FAILED:
            yield f"an acknowledged story was left {story.status}"
        elif story.failure is None or not story.failure.reason:
            yield "a story failed without a reason"
        elif text and not may_fail:
            yield f"a readable page failed: {story.failure.reason}"


def _wrong_content(run: Run, story: Story, text: str) -> Iterator[str]:
    if story.text != text:
        yield f"this is another page's text: {story.text!r}"
    if story.page != keys.page(story) or story.audio != keys.audio(story):
        yield "the record names files of another life of this story"
    elif not run.backend.media.exists(keys.page(story)):
        yield "the page image is missing"
    elif run.backend.media.get(keys.audio(story)) != audio_of(text):
        yield "this is another text's audio"


def _repeated_payments(run: Run) -> Iterator[str]:
    """A paid call may be repeated only if a fault hit it, or the storing of what it gave."""
    paid: Counter[tuple[str, str]] = Counter()
    excused: Counter[tuple[str, str]] = Counter()
    for request, following in with_following(run.requests):
        message = request.process.message
        if request.operation in _PAID and request.took_effect and message:
            what = (message.message.id, repr(request.detail))
            paid[what] += 1
            excused[what] += bool(request.fault or (following and following.fault))
    for what, times in paid.items():
        lives = run.lives_of(what[0]) + run.simulation.naps
        if times > lives + excused[what]:
            yield f"paid {times} times for {what[1][:80]}, {excused[what]} excused"


def _needless_notices(run: Run) -> Iterator[str]:
    """One notice for each end that a story came to, and one more for each fault at telling."""
    requests = run.requests
    published: Counter[str] = Counter()
    excused: Counter[str] = Counter()
    wanted: dict[StoryMessage, bool] = {}
    for request, following in with_following(requests):
        message = request.process.message
        if isinstance(request.result, Story):
            wanted[about(request.result)] = request.result.notify
        if _is_notice(request) and message:
            if not wanted[message.message]:
                yield "a notice that nobody wanted"
            published[message.message.id] += 1
            excused[message.message.id] += bool(request.fault or (following and following.fault))
    ends = Counter(story.id for _, story in _ends(requests))
    # A repeat that failed for an uploader is left to the sweeper, and so to a step.
    left = sum(r.operation == "sns.Publish" for r in requests if _is_broken_repeat(r))
    for story_id, times in published.items():
        if times > ends[story_id] + excused[story_id] + left + run.simulation.naps:
            yield f"{times} notices for {ends[story_id]} ends, {excused[story_id]} excused"
    repeated: dict[str, list[datetime]] = defaultdict(list)
    for request in requests:
        if _is_notice(request) and not request.process.message and not request.fault:
            repeated[repr(request.detail)].append(request.at)
    for moments in repeated.values():
        if any(later - earlier < _REPEAT_AFTER for earlier, later in pairwise(moments)):
            yield "the notice of a ready story was repeated within a minute"


def _missing_notices(run: Run) -> Iterator[str]:
    """After a story came to its end, whoever wanted to know was told."""
    requests = run.requests
    wanted = {promise.life for promise in run.promises if promise.notify}
    last_end = {about(story): number for number, story in _ends(requests)}
    for story, _ in run.stories:
        since = last_end.get(about(story), 0)
        told = {_told_by(r) for r in requests if _tells_of(r, story) and r.number > since}
        # The notice for a finished duplicate is marked first, so that one of many is sent: who
        # dies in between has sent none, and the next minute's upload sends the next.
        excused = story.repeated_at and any(map(_is_broken_repeat, requests))
        if about(story) in wanted and story.status not in told and not excused:
            yield f"nobody was told that a story is {story.status}"


def _is_notice(request: Request) -> bool:
    return request.operation == "sns.Publish" and request.took_effect


def _is_broken_repeat(request: Request) -> bool:
    """Did a fault hit an uploader's repeated notice, or what is written down about it?"""
    if not request.process.kind.startswith(("upload", "intake")) or not request.fault:
        return False
    match request.detail:
        case ("publish", *_):
            return True
        case ("apply", _, Move(changes=changes), *_):
            return "repeated_at" in changes or "notified_of" in changes
    return False


def _tells_of(request: Request, story: Story) -> bool:
    """By its message, or for an uploader who is told at once by the link that it carries."""
    message = request.process.message
    if message:
        return _is_notice(request) and message.message == about(story)
    return _is_notice(request) and str(story.audio) in str(request.detail)


def _told_by(notice: Request) -> Status:
    _, subject, _ = notice.detail
    return Status.READY if "is ready" in str(subject) else Status.FAILED


def _illegal_moves(run: Run) -> Iterator[str]:
    """By what each write answered, in the order in which they took effect."""
    status: dict[StoryMessage, Status] = {}
    failed_by: set[str] = set()
    for request, story in writes(run.requests):
        origin = status.get(about(story), Status.RECEIVED)
        status[about(story)] = story.status
        if story.status is not origin and story.status not in _MOVES[origin]:
            yield f"an illegal move was written: {origin} to {story.status}"
        if request.process.message is None:  # somebody sent the photo again
            restarted = story.status not in {origin, Status.DELETED}
            if origin is Status.FAILED and restarted and story.notified_of:
                yield "who sent a photo again would not be told of its next failure"
            continue
        message_id = request.process.message.message_id
        if story.status is Status.FAILED and origin is not Status.FAILED:
            failed_by.add(message_id)
        if origin is Status.FAILED and story.status is not origin and message_id in failed_by:
            yield "a message took back the very failure that it ended in"


def _stories_that_nobody_would_resume(run: Run) -> Iterator[str]:
    """All messages may be lost at any moment: the sweeper must find what is not done."""
    for request, story in writes(run.requests):
        is_done = story.status in _ENDED or story.erased_at is not None
        if not is_done and story.unfinished_since is None:
            yield f"from request {request.number} on, the sweeper did not see an unfinished story"


def _needless_work(run: Run) -> Iterator[str]:
    """Of any number of polls and sweeps, one resumes a story, and then none for a minute."""
    resumed: dict[str, list[datetime]] = defaultdict(list)
    for request in run.requests:
        if request.target in OF_STORIES and request.process.kind in {
            "poll",
            "bulk",
            "sweep",
        }:
            resumed[request.detail[1].id].append(request.at)
    for moments in resumed.values():
        if any(later - earlier <= RESUME_AFTER for earlier, later in pairwise(moments)):
            yield "a story was resumed twice within a minute"


def _strangers(run: Run) -> Iterator[str]:
    """A message of another life of a story is ignored, and a photo has one life at a time."""
    for request in run.requests:
        message, story = request.process.message, request.result
        if not message or not isinstance(story, Story) or request.detail[0] == "find":
            continue
        if about(story) != message.message:
            yield f"a message of {message.message.generation} touched {story.generation}"
        if "dead" in request.process.kind and request.detail[0] == "apply":
            yield from _strays(request, message, story)
    for story_id, count in Counter(life.id for life in run.claimed).items():
        if count > run.lives_of(story_id):
            yield f"one photo has {count} lives"


def _strays(request: Request, letter: Delivery[StoryMessage], story: Story) -> Iterator[str]:
    """A dead letter fails a story only if nothing else happened to it since."""
    if request.detail[2].changes.get("status") is not Status.FAILED:
        return
    if story.enqueued_at and story.enqueued_at - letter.sent_at > _CLOCKS_DIFFER_BY:
        yield "a stray dead letter failed a story that was enqueued since"
    if "reading" in request.process.kind and story.text:
        yield "a stray dead letter failed a story that went on"


def _ends(requests: list[Request]) -> Iterator[tuple[int, Story]]:
    """The request by which a story came to an end, and the story, each time."""
    last: dict[StoryMessage, Status] = {}
    for request, story in writes(requests):
        ended = story.status in _ENDED and last.get(about(story)) is not story.status
        # One that failed again all by itself is no news to those who were told.
        if ended and story.notified_of is not story.status:
            yield request.number, story
        last[about(story)] = story.status


def _left_behind(run: Run) -> Iterator[str]:
    backend = run.backend
    at_work: list[ConsumedQueue[Any]] = [
        *backend.queues.values(),
        *backend.dead_letter_queues.values(),
    ]
    for queue in at_work:
        if queue.next_visible_at() is not None:
            yield "a message was left behind"
    for queue in backend.parked_queues.values():
        if queue.next_visible_at() is not None and not run.simulation.parking:
            yield "a message was parked though nothing was broken for long"
    for story, _ in run.stories:
        if story.unfinished_since is not None:
            yield "a story that has ended is still swept"
        died = any(request.fault for request in run.requests)  # its lease runs out
        if not died and any(
            lease.until > run.simulation.clock.now for lease in story.leases.values()
        ):
            yield "a lease is live though nobody works"
