"""What must hold of stories that are not deleted: promises, payments, notices, moves."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta

import msgspec

from chalicelib.delivery.messages import Delivery, StoryMessage, about
from chalicelib.delivery.timeouts import RESUME_AFTER
from chalicelib.speech.voices import default_voice
from chalicelib.stories import keys
from chalicelib.stories.changes import Move
from chalicelib.stories.queues import OF_STORIES
from chalicelib.stories.story import Status, Story, revision_of
from tests.contracts.test_stories import MOVES
from tests.proof.invariants_of_uploads import is_notice_of_upload
from tests.proof.outcome import (
    Outcome,
    published_by,
    shortest_gap,
    with_following,
    writes,
    written,
)
from tests.proof.pages import audio_of, language_on, times_of
from tests.proof.tape import CRASHES, Request

_PAID = frozenset(
    {"rekognition.DetectText", "textract.DetectDocumentText", "polly.SynthesizeSpeech"}
)
_ENDED = frozenset({Status.READY, Status.FAILED})
_RESUMING = frozenset({"poll", "bulk", "sweep"})
_CLOCKS_DIFFER_BY = timedelta(seconds=5)
_REPEAT_AFTER = timedelta(minutes=1)


def _unkept_promises(run: Outcome) -> Iterator[str]:
    """Every acknowledged photo has a story that is ready, or failed for a good reason."""
    kept = {about(story) for story, _ in run.stories}
    for promise in run.promises:
        if promise.life not in kept | run.deleted:
            yield "an acknowledged story is gone"
    for story, shade in run.stories:
        text = run.text_of(story, shade)
        if story.status is Status.READY:
            yield from _wrong_content(run, story, text, language_on(shade))
        elif story.status is not Status.FAILED:
            yield f"an acknowledged story was left {story.status}"
        elif story.failure is None or not story.failure.reason:
            yield "a story failed without a reason"
        elif text and not run.may_fail:
            yield f"a readable page failed: {story.failure.reason}"


def _wrong_content(run: Outcome, story: Story, text: str, language: str) -> Iterator[str]:
    if story.text != text:
        yield f"this is another page's text: {story.text!r}"
    if (story.language, story.voice) != (language, default_voice(language)):
        yield f"the page is spoken by {story.voice} in {story.language}"
    if not story.complete:
        yield "a page that was read whole is said to have more words"
    if story.page != keys.page(story) or story.audio != keys.audio(story):
        yield "the record names files of another life of this story"
    elif not (run.exists(keys.page(story)) and run.exists(keys.page_text(story))):
        yield "the page image or the places of its words are missing"
    elif run.backend.media.get(keys.audio(story)) != audio_of(text, language):
        yield "this is another text's audio"
    elif story.read_along and not run.backend.speaker.cuts_marks_off:
        yield from _wrong_times(run, story, times_of(text, language))


def _wrong_times(run: Outcome, story: Story, times: list[list[int]]) -> Iterator[str]:
    stored = run.backend.media.get(keys.spoken_file(story, "read-along.json"))
    if stored is None or story.spoken is None or story.spoken.timed_words is None:
        yield "a story has no times"
    elif [word[:4] for word in msgspec.json.decode(stored)["words"]] != times:
        yield "these are another text's times"
    elif story.spoken.timed_words != len(times):
        yield "the record counts other words"


def _lost_corrections(run: Outcome) -> Iterator[str]:
    """A correction that was answered is there, or a later one."""
    for each in run.simulation.corrected:
        story = run.alive(about(each.story))
        if each.story.text != each.text:
            yield "a correction was answered with another text"
        if story is None:
            continue
        revisions = revision_of(story), revision_of(each.story)
        if revisions[0] < revisions[1] or (len({*revisions}) == 1 and story.text != each.text):
            yield "an acknowledged correction is lost"
    based_on = Counter(
        (about(request.result), request.detail[2].expect["revision"])
        for request, _ in writes(run.requests)
        if written(request, "revision") and "revision" in request.detail[2].expect
    )
    for (life, revision), times in based_on.items():
        if times > 1:
            yield f"{times} corrections of revision {revision} of {life.id}"


def _unpublished_files(run: Outcome) -> Iterator[str]:
    """At every moment, the files that a story names are there."""
    stored: set[str] = set()
    named: dict[StoryMessage, set[str]] = {}
    for request in run.requests:
        if request.took_effect and request.operation == "s3.PutObject":
            stored.add(request.detail[1])
        if request.took_effect and request.operation == "s3.DeleteObjects":
            stored -= set(request.detail[1])
        if isinstance(request.result, Story) and request.detail[0] in {"lease", "apply"}:
            named[about(request.result)] = published_by(request.result)
        elif request.operation not in {"s3.PutObject", "s3.DeleteObjects"}:
            continue
        for names in named.values():
            if not names <= stored:
                yield f"from request {request.number} on, a story named a file that was not there"
                return


def _old_files(run: Outcome) -> Iterator[str]:
    """A story that is ready has the files of its narration, and none of an older one."""
    for story, _ in run.stories:
        if story.status is not Status.READY or run.simulation.naps:
            continue
        _, public = keys.prefixes(story.id, story.generation)
        stored = run.backend.media.objects
        spoken = {key for key in stored if key.startswith(public) and key.count("/") > 3}
        if spoken != published_by(story):
            yield f"a story has files of its narration that it does not name: {spoken}"


def _repeated_payments(run: Outcome) -> Iterator[str]:
    """A paid call is repeated only if a fault hit it, or its process died before storing it."""
    paid: Counter[tuple[str, str]] = Counter()
    excused: Counter[tuple[str, str]] = Counter()
    following = {request.number: after for request, after in with_following(run.requests)}
    for request in run.requests:
        message = request.process.message
        if request.operation in _PAID and request.took_effect and message:
            what = (message.message.id, f"{request.operation} {request.detail!r}")
            paid[what] += 1
            excused[what] += bool(request.fault) or _is_lost(request, following)
            excused[what] += request.detail[0] == "marks" and run.backend.speaker.cuts_marks_off
    for what, times in paid.items():
        lives = run.lives_of(what[0]) + run.simulation.naps
        if times > lives + excused[what]:
            yield f"paid {times} times for {what[1][:80]}, {excused[what]} excused"


def _is_lost(paid: Request, following: Mapping[int, Request | None]) -> bool:
    """Did the process die before S3 took what it had paid for?"""
    storing = following[paid.number]
    while storing and storing.fault and storing.operation == "s3.PutObject":
        if storing.fault in CRASHES:
            return True
        storing = following[storing.number]
    return False


def _needless_notices(run: Outcome) -> Iterator[str]:
    """One notice for each end of a story, and one more for each fault while it was sent."""
    published: Counter[str] = Counter()
    excused: Counter[str] = Counter()
    wanted: dict[StoryMessage, bool] = {}
    for request, following in with_following(run.requests):
        message = request.process.message
        if isinstance(request.result, Story):
            wanted[about(request.result)] = request.result.notify
        if _is_notice(request) and message:
            if not wanted[message.message]:
                yield "a notice was sent that no client wanted"
            published[message.message.id] += 1
            excused[message.message.id] += bool(request.fault or (following and following.fault))
    ends = Counter(story.id for _, story in _ends(run.requests))
    # A repeat that failed for an uploader is left to the sweeper, and so to a step.
    left = sum(r.operation == "sns.Publish" for r in run.requests if _is_broken_repeat(r))
    for story_id, times in published.items():
        if times > ends[story_id] + excused[story_id] + left + run.simulation.naps:
            yield f"{times} notices for {ends[story_id]} ends, {excused[story_id]} excused"
    repeated = (
        (repr(request.detail), request.at)
        for request in run.requests
        if _is_notice(request) and not request.process.message and not request.fault
    )
    if shortest_gap(repeated) < _REPEAT_AFTER:
        yield "the notice of a ready story was repeated within a minute"


def _missing_notices(run: Outcome) -> Iterator[str]:
    """Each client that wanted a notice got one after the story's last end."""
    wanted = {promise.life for promise in run.promises if promise.notify}
    last_end = {about(story): number for number, story in _ends(run.requests)}
    notices = [request for request in run.requests if _is_notice(request)]
    for story, _ in run.stories:
        since = last_end.get(about(story), 0)
        told = {_told_by(r) for r in notices if _tells_of(r, story) and r.number > since}
        # The repeated notice of a finished duplicate is marked before it is sent, so that one of
        # many is sent. A process that dies in between sends none; the next minute's upload does.
        excused = story.repeated_at and any(map(_is_broken_repeat, run.requests))
        if about(story) in wanted and story.status not in told and not excused:
            yield f"no client was told that a story is {story.status}"


def _is_notice(request: Request) -> bool:
    is_ours = request.operation == "sns.Publish" and not is_notice_of_upload(request)
    return is_ours and request.took_effect


def _is_broken_repeat(request: Request) -> bool:
    """Did a fault hit an uploader's repeated notice, or the write that marks it?"""
    if not request.fault or not request.process.kind.startswith(("upload", "intake")):
        return False
    match request.detail:
        case ("publish", *_):
            return True
        case ("apply", _, Move(changes=changes), *_):
            return "repeated_at" in changes or "notified_of" in changes
    return False


def _tells_of(notice: Request, story: Story) -> bool:
    """By its message, or for an uploader that is told at once by the link in it."""
    message = notice.process.message
    if message:
        return message.message == about(story)
    narration = str(story.audio).removeprefix(keys.PUBLIC).rpartition("/")[0]
    _, _, body = notice.detail
    return f"#story={narration}\n" in str(body)


def _told_by(notice: Request) -> Status:
    _, subject, _ = notice.detail
    return Status.READY if "is ready" in str(subject) else Status.FAILED


def _illegal_moves(run: Outcome) -> Iterator[str]:
    """Compares the results of all writes in the order in which they took effect."""
    status: dict[StoryMessage, Status] = {}
    failed_by: set[str] = set()
    for request, story in writes(run.requests):
        origin = status.get(about(story), Status.RECEIVED)
        status[about(story)] = story.status
        if story.status is not origin and story.status not in MOVES[origin]:
            yield f"an illegal move was written: {origin} to {story.status}"
        if request.process.message is None:  # a client sent the photo again
            restarted = story.status not in {origin, Status.DELETED}
            if origin is Status.FAILED and restarted and story.notified_of:
                yield "a client that sent a photo again would not be told of its next failure"
            continue
        message_id = request.process.message.message_id
        if story.status is Status.FAILED and origin is not Status.FAILED:
            failed_by.add(message_id)
        if origin is Status.FAILED and story.status is not origin and message_id in failed_by:
            yield "a message took back the very failure that it ended in"


def _unseen_by_the_sweeper(run: Outcome) -> Iterator[str]:
    """All messages may be lost at any moment: the sweeper finds every unfinished story."""
    for request, story in writes(run.requests):
        is_done = story.status in _ENDED or story.erased_at is not None
        if not is_done and story.unfinished_since is None:
            yield f"from request {request.number} on, the sweeper did not see an unfinished story"


def _needless_work(run: Outcome) -> Iterator[str]:
    """Of any number of polls and sweeps, one resumes a story, and then none for a minute."""
    resumed = (
        (request.detail[1].id, request.at)
        for request in run.requests
        if request.process.kind in _RESUMING and request.target in OF_STORIES
    )
    if shortest_gap(resumed) <= RESUME_AFTER:
        yield "a story was resumed twice within a minute"


def _wrong_lives(run: Outcome) -> Iterator[str]:
    """A message of another life of a story is ignored, and a photo has one life at a time."""
    for request in run.requests:
        message, story = request.process.message, request.result
        if not message or not isinstance(story, Story) or request.detail[0] == "find":
            continue
        if about(story) != message.message:
            yield f"a message of {message.message.generation} touched {story.generation}"
        if "dead" in request.process.kind and request.detail[0] == "apply":
            yield from _stray_dead_letters(request, message, story)
    for story_id, count in Counter(life.id for life in run.claimed).items():
        if count > run.lives_of(story_id):
            yield f"one photo has {count} lives"


def _stray_dead_letters(
    request: Request, letter: Delivery[StoryMessage], story: Story
) -> Iterator[str]:
    """A dead letter fails a story only if nothing else happened to it since."""
    if request.detail[2].changes.get("status") is not Status.FAILED:
        return
    if story.enqueued_at and story.enqueued_at - letter.sent_at > _CLOCKS_DIFFER_BY:
        yield "a stray dead letter failed a story that was enqueued since"
    if "reading" in request.process.kind and story.text:
        yield "a stray dead letter failed a story that went on"


def _ends(requests: list[Request]) -> Iterator[tuple[int, Story]]:
    """The number of each request that ended a story, and the story after it."""
    last: dict[StoryMessage, Status] = {}
    for request, story in writes(requests):
        ended = story.status in _ENDED and last.get(about(story)) is not story.status
        # A story that fails again by itself is no news to a client that was told.
        if ended and story.notified_of is not story.status:
            yield request.number, story
        last[about(story)] = story.status


def _unfinished(run: Outcome) -> Iterator[str]:
    any_died = any(request.fault for request in run.requests)  # then a lease runs out
    for story, _ in run.stories:
        if story.unfinished_since is not None:
            yield "a story that has ended is still swept"
        if not any_died and any(
            lease.until > run.simulation.clock.now for lease in story.leases.values()
        ):
            yield "a lease is live though no process works"


ALL = (
    _unkept_promises,
    _lost_corrections,
    _unpublished_files,
    _old_files,
    _repeated_payments,
    _needless_notices,
    _missing_notices,
    _illegal_moves,
    _unseen_by_the_sweeper,
    _needless_work,
    _wrong_lives,
    _unfinished,
)
