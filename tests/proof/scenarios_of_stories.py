"""What people and AWS do with stories; the harness lets every request of it fail.

A new scenario is one line here. After it, the run comes to rest by itself.
"""

from functools import partial
from typing import Final

from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.delivery.timeouts import GIVE_UP_AFTER
from chalicelib.errors import ExpiredError
from chalicelib.stories.queues import OF_STORIES, Step
from chalicelib.stories.story import Status, Story
from chalicelib.stories.upload_request import FORM_USABLE_FOR, PHOTO_KEPT_FOR
from tests.fakes.queues import MAX_RECEIVES
from tests.proof.pages import BLANK, DENSE, LONG, text_on
from tests.proof.schedules import Scenarios, scenarios
from tests.proof.simulation import OTHER_SHADE, THIRD_SHADE, Simulation

DAY: Final = GIVE_UP_AFTER.total_seconds()
CORRECTED: Final = "Dies ist eine Seite, und sie ist hell."
AGAIN: Final = "Dies ist noch eine Seite."
LONGER: Final = text_on(LONG).replace("carried", "found", 1)
"""One of its two requests to Polly stays the same."""
_MAX_MESSAGES: Final = 6
"""One of the upload, perhaps another one because it died, and the first few resumes, until one
message is given up before the next one is sent."""


def stuck(run: Simulation) -> Simulation:
    """A story is due: its messages were lost a minute ago."""
    return run.upload().lose_messages().wait(61)


def deleted(run: Simulation) -> Simulation:
    """A ready story is deleted, and not erased yet."""
    return run.upload().settle().delete()


def correction_given_up(run: Simulation) -> Simulation:
    """Polly is back when a corrected story has failed."""
    run.upload().settle().break_engines(voice=True).correct(CORRECTED)
    return run.settle().mend()


def dies_before_the_notice(run: Simulation) -> Simulation:
    return run.die_before("sns.Publish").deliver_all().lose_messages()


def broken_for_good(run: Simulation) -> None:
    """A client polls as told. The story must end, and not be read more and more."""
    run.break_engines(reader=True).upload()
    for _ in range(40):
        run.wait(61).deliver_all().poll()
    answers = [each.found for each in run.answered if isinstance(each.found, Story)]
    run.require(
        holds=answers[-1].status is Status.FAILED,
        otherwise="a story that cannot be read does not fail",
    )
    attempts = [r for r in run.tape.requests if r.operation == "rekognition.DetectText"]
    run.require(
        holds=len(attempts) <= MAX_RECEIVES * _MAX_MESSAGES,
        otherwise=f"{len(attempts)} attempts at a page that cannot be read",
    )


def throttled_for_long(step: Step, operation: str, run: Simulation) -> None:
    """A bulk load: one page is throttled for more deliveries than SQS allows a message."""
    run.throttle(step.value, operation).upload()
    if step is not Step.READING:
        run.deliver(Step.READING)
    for _ in range(MAX_RECEIVES + 1):
        run.deliver(step).wait(120)  # longer than any retry of these
    run.mend()


def messages_come_late(run: Simulation) -> None:
    """Narration's message comes before reading's; every message comes when the story is done."""
    run.upload().send(Step.NARRATION).deliver(Step.NARRATION).settle()
    _send_all(run, about(run.story))


def another_generation(run: Simulation) -> None:
    """A story is deleted during its work and sent again: the old messages mean nothing."""
    old = about(run.upload().story)
    run.deliver_next().delete().upload()
    _send_all(run, old)


def _send_all(run: Simulation, life: StoryMessage) -> None:
    for step in OF_STORIES:
        run.send(step, life)
    for step in OF_STORIES:
        run.send_dead_letter(step, life)


def repeated_events(run: Simulation) -> None:
    """S3 announces twice, and the second photo before the first one."""
    first, second = (each.request.key for each in run.request_upload().request_upload().permits)
    run.post(OTHER_SHADE).lose_events().post(permit=run.permits[0])
    for key in (second, first, first, second):
        run.send_event(key)
    run.settle().send_event(first)


def intake_given_up(run: Simulation) -> None:
    """A photo that cannot be taken in for long is given up, then redriven."""
    run.upload_directly().fail("intake", "s3.PutObject")
    for _ in range(8):
        run.deliver_all().wait(61)
    run.mend().poll_upload().redrive(Step.INTAKE)


def deleted_during(step: Step, run: Simulation) -> None:
    """The step's message is received before the deletion, and handled after it."""
    run.upload()
    if step is not Step.READING:
        run.deliver(Step.READING)
    work = run.receive_if_any(step)
    run.delete()
    work()


def delete_direct_upload(run: Simulation) -> None:
    """Two uploads led to the story: their records are kept as long as its tombstone."""
    run.upload_directly().upload_directly().settle().poll(run.permits[0].request.id)
    if isinstance(run.answer, Story):
        run.delete(run.answer.id)
    run.settle().poll_upload()


def direct_upload_polled(run: Simulation) -> None:
    run.upload_directly().lose_events().wait(61)
    run.poll_upload().poll_upload().settle().poll_upload()


def direct_upload_forgotten(run: Simulation) -> None:
    """The sweeper does not run until S3 removes the photo."""
    kept = PHOTO_KEPT_FOR.total_seconds()
    run.upload_directly().lose_events().wait(kept + 61).expire_arrivals().poll_upload()


def delete_ready(run: Simulation) -> None:
    deleted(run).poll().settle().poll().bulk(run.story.id).list_all()


def two_deletions_at_a_busy_cdn(run: Simulation) -> None:
    """One invalidation is for both."""
    first = run.upload().settle().story.id
    run.upload(OTHER_SHADE).settle().busy_cdn(2).delete().delete(first)


def deletion_redriven(run: Simulation) -> None:
    """The bucket cannot be emptied for long; the id has another life by then."""
    run.upload().settle().fail("deletion", "s3.ListObjectsV2").delete()
    run.upload().settle().mend().redrive(Step.DELETION)


def late_event_after_deletion(run: Simulation) -> None:
    """The story of a photo that was dropped by hand stays deleted."""
    run.drop().lose_events().upload().wait(10).delete().settle().poll().expect(Status.DELETED)


def renditions_redriven(run: Simulation) -> None:
    """No story waits for its renditions."""
    run.fail("renditions", "s3.GetObject").upload().settle().mend().poll().expect(Status.READY)
    run.redrive(Step.RENDITIONS)


def bulk_of_several(run: Simulation) -> None:
    """One is ready, one due, one deleted, one upload waits in the bucket, one is unknown."""
    ready = run.upload().settle().story.id
    due = run.upload(OTHER_SHADE).story.id
    deleted = run.upload(BLANK).story.id
    run.delete().upload_directly(THIRD_SHADE).lose_messages().wait(61)
    unknown = "00000000-0000-4000-8000-000000000000"
    run.bulk(ready, due, deleted, run.upload_id, unknown).list_all()


def never_used(run: Simulation) -> None:
    # The last poll is repeated because the one before it may meet a fault.
    run.request_upload().poll_upload().wait(FORM_USABLE_FOR.total_seconds() + 1)
    run.poll_upload().poll_upload().upload().settle()
    run.require(
        holds=any(isinstance(each.found, ExpiredError | None) for each in run.answered[-2:]),
        otherwise="an upload request that was never used does not expire",
    )


SCENARIOS: Final[Scenarios] = {
    "upload to notice": lambda run: run.upload(),
    # Two detections and two narrations, each of which is stored when it is paid.
    "upside-down page, long text": lambda run: run.upload(LONG, upside_down=True),
    # DetectText returns its first hundred words, Textract all of them.
    "dense page": lambda run: run.upload(DENSE),
    "blank page": lambda run: run.upload(BLANK),
    "no notice wanted": lambda run: run.upload(notify=False),
    "finished duplicate": lambda run: run.upload().settle().upload(),
    "unfinished duplicate": lambda run: stuck(run.upload(notify=False)).upload(),
    "polls resume": lambda run: stuck(run).poll().poll(),
    "audio is missing": lambda run: run.upload().deliver_next().lose_messages().wait(61).poll(),
    "sweeper resumes": lambda run: run.upload().upload(OTHER_SHADE).lose_messages(),
    "reading given up and redriven": lambda run: (
        run.break_engines(reader=True).upload().settle().mend().redrive(Step.READING)
    ),
    "narration given up and redriven": lambda run: (
        run.break_engines(voice=True).upload().settle().mend().redrive(Step.NARRATION)
    ),
    "reading throttled for long": partial(
        throttled_for_long, Step.READING, "rekognition.DetectText"
    ),
    "narration throttled for long": partial(
        throttled_for_long, Step.NARRATION, "polly.SynthesizeSpeech"
    ),
    "a correction": lambda run: run.upload().settle().correct(CORRECTED),
    "a correction of a correction": lambda run: (
        run.upload().settle().correct(CORRECTED).deliver_next().correct(AGAIN, 2).poll()
    ),
    "a correction lost": lambda run: run.upload().settle().correct(CORRECTED).lose_messages(),
    "a correction of a long text": lambda run: run.upload(LONG).settle().correct(LONGER),
    "a correction of an unfinished story": lambda run: (
        run.upload().correct(CORRECTED).deliver_next().correct(CORRECTED).settle().correct(AGAIN, 1)
    ),
    "delete a corrected story": lambda run: run.upload().settle().correct(CORRECTED).delete(),
    "no times wanted": lambda run: run.upload(read_along=False),
    "times wanted later": lambda run: run.upload(read_along=False).settle().upload(read_along=True),
    "marks cut off": lambda run: run.cut_marks_off().upload(),
    "photo arrived late": lambda run: run.abandon().wait(61).sweep().upload(),
    "direct upload": lambda run: run.upload_directly().settle().poll_upload(),
    "direct upload of a finished photo": lambda run: run.upload().settle().upload_directly(),
    "direct upload of an unfinished photo": lambda run: run.upload(notify=False).upload_directly(),
    # S3's event is lost; a client that asks has the photo taken in.
    "direct upload polled": direct_upload_polled,
    "direct upload swept": lambda run: (
        run.upload_directly().upload_directly(OTHER_SHADE).lose_events()
    ),
    "direct upload of no photo": lambda run: run.upload_directly(None).settle().poll_upload(),
    "direct upload of no photo, no notice": lambda run: run.request_upload(notify=False).post(None),
    "direct upload cancelled": lambda run: (
        run.request_upload().cancel().post().settle().poll_upload()
    ),
    "direct upload cancelled when it came": lambda run: (
        run.upload_directly().cancel().lose_events().settle().cancel().poll_upload()
    ),
    "failed upload cancelled": lambda run: (
        run.upload_directly(None).settle().cancel().poll_upload()
    ),
    # First a file that is no photo, then a photo with the same form.
    "direct upload mended": lambda run: run.request_upload().post(None).settle().post(),
    "direct upload forgotten": direct_upload_forgotten,
    "repeated events": repeated_events,
    "dropped by hand": lambda run: run.drop(),
    "an event about nothing": lambda run: run.send_event("images/gone.jpg").upload(),
    "delete a ready story": delete_ready,
    "delete a new story": lambda run: run.upload().delete(),
    "delete a failed story": lambda run: run.upload(BLANK).settle().delete(),
    "delete while reading": partial(deleted_during, Step.READING),
    "delete while narrating": partial(deleted_during, Step.NARRATION),
    "delete while rendering": partial(deleted_during, Step.RENDITIONS),
    "delete twice": lambda run: deleted(run).delete().wait(61).delete().settle().delete(),
    # While its files are being removed, and the CDN takes its time.
    "delete and upload again": lambda run: (
        deleted(run.slow_cdn(2)).deliver_next().upload().settle().poll()
    ),
    "delete and upload much later": lambda run: deleted(run).settle().upload().settle().poll(),
    "delete a direct upload": delete_direct_upload,
    "delete and post again": lambda run: deleted(run).upload_directly(),
    "a late event after a deletion": late_event_after_deletion,
    "a deletion lost": lambda run: deleted(run).lose_messages(),
    "a slow CDN": lambda run: deleted(run.slow_cdn(3)),
    "a busy CDN": lambda run: deleted(run.busy_cdn(2).slow_cdn(2)),
    "a busy CDN, two stories": two_deletions_at_a_busy_cdn,
    # The first life's files are gone; the second one's must not be taken for them.
    "a busy CDN, and the photo again": lambda run: (
        deleted(run.busy_cdn(1)).deliver_next().upload().settle().delete()
    ),
    "renditions given up and redriven": renditions_redriven,
    "bulk of several": bulk_of_several,
    "an upload request never used": never_used,
    # The upload that replaces the record is the last process that knows of the old files.
    "a lost deletion, and the photo again": lambda run: deleted(run).lose_messages().upload(),
}
PARKED_IN_THE_END: Final[Scenarios] = {
    # Sent again, it is another story: the claim of the first attempt stays alone.
    "always a new story": lambda run: run.upload().upload(deduplicate=False),
    "failed and sent again": lambda run: (
        run.break_engines(reader=True).upload().settle().mend().upload()
    ),
    # The process dies before it can send the notice, and its message is lost.
    "a failure without a notice": lambda run: dies_before_the_notice(run.upload(BLANK)),
    # A claim without a photo has failed.
    "a loss without a notice": lambda run: dies_before_the_notice(
        run.abandon().wait(DAY + 1).sweep()
    ),
    # A claim without a photo fails after a day, and the next upload mends it.
    "photo never arrived": lambda run: run.abandon().settle().upload(),
    "messages come late": messages_come_late,
    "another generation": another_generation,
    # The old narration is still heard.
    "a correction given up and redriven": lambda run: correction_given_up(run).redrive(
        Step.NARRATION
    ),
    "a correction given up and corrected": lambda run: correction_given_up(run).correct(AGAIN),
    "dropped, no photo": lambda run: run.drop(None),
    "dropped, no photo, and redriven": lambda run: run.drop(None).settle().redrive(Step.INTAKE),
    "intake given up and redriven": intake_given_up,
    "deletion given up and redriven": deletion_redriven,
}
FAILED_IN_THE_END: Final[Scenarios] = {
    "broken for good, and polled": broken_for_good,
    # The client is told each time.
    "failing twice": lambda run: run.break_engines(reader=True).upload().settle().upload(),
}
STORY_SCENARIOS: Final = (
    *scenarios(SCENARIOS),
    *scenarios(PARKED_IN_THE_END, parks=True),
    *scenarios(FAILED_IN_THE_END, parks=True, fails=True),
)
