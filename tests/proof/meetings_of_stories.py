"""Processes that meet over a story: uploads, steps, polls, sweeps, dead letters, deletions."""

from datetime import timedelta
from functools import partial
from typing import Final

from chalicelib.delivery.messages import IntakeMessage
from chalicelib.stories.queues import TIME_LIMITS, Step
from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import FORM_USABLE_FOR
from tests.proof.pages import BLANK
from tests.proof.scenarios_of_stories import AGAIN, CORRECTED, DAY, deleted, stuck
from tests.proof.schedules import Meetings, meetings
from tests.proof.simulation import OTHER_SHADE, Processes, Simulation

INTAKE, READING, NARRATION, DELETION = Step.INTAKE, Step.READING, Step.NARRATION, Step.DELETION


def _read(run: Simulation, *, read_along: bool | None = None) -> Simulation:
    """A story's narration and renditions are due."""
    return run.upload(read_along=read_along).deliver(READING)


def _given_up(run: Simulation) -> Simulation:
    """A story's only message is a dead letter."""
    return run.upload().lose_messages().send_dead_letter(READING)


def _arrived(run: Simulation) -> Simulation:
    """The intake queue has the message about a photo."""
    return run.upload_directly().announce_all()


def _claimed(run: Simulation) -> list[str]:
    """The ids for which a story was claimed."""
    claims = [each for each in run.tape.requests if each.detail[0].startswith("claim")]
    return [
        each.id
        for claim in claims
        if claim.took_effect
        for each in claim.detail
        if isinstance(each, Story)
    ]


def old_generation_and_new(run: Simulation) -> Processes:
    """A step still works when its story is deleted and the photo sent again."""
    old = run.upload().receive(READING)
    return run.delete().upload().meet(old, READING)


def taken_in_twice(run: Simulation) -> Processes:
    """S3 announces the last file a second time."""
    return run.send_event().announce_all().meet(INTAKE, INTAKE)


def intake_and_dead_letter(run: Simulation) -> Processes:
    _arrived(run).send_dead_letter(INTAKE, IntakeMessage("intake-bucket", run.sent_key))
    return run.meet(INTAKE, run.receive_dead_letter(INTAKE))


def posted_again(run: Simulation) -> Processes:
    """The form is used again with a photo, while the file that is none is taken in."""

    def post_again() -> None:
        run.tape.switch()
        run.post().announce_all()

    return run.upload_directly(None).announce_all().meet(INTAKE, post_again)


def taken_in_twice_and_deleted(run: Simulation) -> Processes:
    """A second delivery still works when the story that the first one made is deleted."""
    late = run.upload_directly().send_event().announce_all().receive(INTAKE)

    def take_in_and_delete() -> None:
        run.receive(INTAKE)()
        for story_id in dict.fromkeys(_claimed(run)):
            run.delete(story_id)

    return run.meet(late, take_in_and_delete)


def erased_when_the_lease_ends(milliseconds: int, run: Simulation) -> Processes:
    """A reader writes until its time limit; the eraser looks so long before it."""
    run.timed = True
    began = run.upload().clock.now

    def delete_and_erase() -> None:
        run.delete()
        run.tape.switch()
        run.clock.now = began + TIME_LIMITS[READING] - timedelta(milliseconds=milliseconds)
        run.deliver(DELETION)

    return run.meet(READING, delete_and_erase)


def two_erasers(run: Simulation) -> Processes:
    deleted(run).send(DELETION)
    return run.meet(DELETION, DELETION)


def deleted_once_claimed(run: Simulation) -> Processes:
    """The first upload died after its claim; the next one stores the photo."""
    return run.abandon().meet(run.upload, lambda: run.delete(_claimed(run)[0]))


def deleted_while_two_photos_come(run: Simulation) -> Processes:
    """One upload is slow: the other one's story is made, deleted and erased meanwhile."""
    return run.abandon().meet(
        run.upload, run.upload, lambda: run.deliver_all().delete(_claimed(run)[0]).deliver_all()
    )


def eraser_and_late_step(run: Simulation) -> Processes:
    late = run.upload().receive(READING)
    return run.delete().meet(late, DELETION)


INTERRUPTED_THREE_TIMES: Final[Meetings] = {
    # SQS delivers a message again before its first delivery is done.
    "one reading message twice": lambda run: run.upload().meet(
        run.receive(READING), run.receive_again(READING)
    ),
    "one narration message twice": lambda run: _read(run).meet(
        run.receive(NARRATION), run.receive_again(NARRATION)
    ),
    "two reading messages": lambda run: run.upload().send(READING).meet(READING, READING),
    "two narration messages": lambda run: (
        _read(run, read_along=False).send(NARRATION).meet(NARRATION, NARRATION)
    ),
    "a late reading and narration": lambda run: (
        _read(run, read_along=False).send(READING).meet(READING, NARRATION)
    ),
    "two uploads of a new photo": lambda run: run.meet(run.upload, run.upload),
    "an upload again and reading": lambda run: (
        run.upload().lose_messages().send(READING).meet(run.upload, READING)
    ),
    "a notice wanted late": lambda run: (
        run.upload(notify=False, read_along=False).deliver_next().meet(run.upload, NARRATION)
    ),
    "a notice of a failure wanted late": lambda run: run.upload(BLANK, notify=False).meet(
        lambda: run.upload(BLANK), READING
    ),
    "two polls": lambda run: stuck(run).meet(run.poll, run.poll),
    # The message was only slow: its step begins while a poll resumes the story.
    "a poll and a late step": lambda run: run.upload().wait(61).meet(run.poll, READING),
    # While the notice of its failure is sent.
    "a blank photo again": lambda run: run.upload(BLANK).meet(lambda: run.upload(BLANK), READING),
    "a finished photo twice": lambda run: run.upload().settle().meet(run.upload, run.upload),
    "two corrections": lambda run: (
        run.upload().settle().meet(lambda: run.correct(CORRECTED, 1), lambda: run.correct(AGAIN, 1))
    ),
    # Its status does not change, so that only its revision tells the one from the other.
    "two corrections of a correction": lambda run: (
        run.upload()
        .settle()
        .correct(CORRECTED)
        .meet(lambda: run.correct(AGAIN, 2), lambda: run.correct(CORRECTED + AGAIN, 2))
    ),
    "two corrections of whatever it is": lambda run: (
        run.upload().settle().meet(lambda: run.correct(CORRECTED), lambda: run.correct(AGAIN))
    ),
    "a correction and a deletion": lambda run: (
        run.upload().settle().meet(lambda: run.correct(CORRECTED), run.delete)
    ),
    "a correction and a poll": lambda run: (
        run.upload()
        .settle()
        .correct(CORRECTED)
        .lose_messages()
        .wait(61)
        .meet(run.poll, lambda: run.correct(AGAIN))
    ),
    "times and a correction": lambda run: (
        run.upload(read_along=False)
        .settle()
        .meet(lambda: run.correct(CORRECTED), lambda: run.upload(read_along=True))
    ),
    "an old generation and a new one": old_generation_and_new,
    "deleted and sent again meanwhile": lambda run: run.upload().meet(
        READING, lambda: run.delete().upload()
    ),
    "two events of one object": lambda run: taken_in_twice(run.upload_directly()),
    "two events of no photo": lambda run: taken_in_twice(run.upload_directly(None)),
    "two events of one dropped by hand": lambda run: taken_in_twice(run.drop()),
    "two requests for one photo": lambda run: _arrived(_arrived(run)).meet(INTAKE, INTAKE),
    "an arrived photo and the same uploaded": lambda run: _arrived(run).meet(INTAKE, run.upload),
    "a form used again": posted_again,
    "an arrived photo and a deletion": lambda run: _arrived(run.upload().settle()).meet(
        INTAKE, run.delete
    ),
    "an arrived photo and a deletion of unfinished": lambda run: _arrived(run.upload()).meet(
        INTAKE, run.delete
    ),
    "an arrived photo and an eraser": lambda run: _arrived(deleted(run)).meet(INTAKE, DELETION),
    "a dropped photo and a deletion": lambda run: (
        run.upload().settle().drop().announce_all().meet(INTAKE, run.delete)
    ),
    "an arrived photo and a cancellation": lambda run: _arrived(run).meet(INTAKE, run.cancel),
    # The photo has a story already; the upload that is cancelled is not its own.
    "a known photo and a cancellation": lambda run: _arrived(run.upload().settle()).meet(
        INTAKE, run.cancel
    ),
    "no photo and a cancellation": lambda run: (
        run.upload_directly(None).announce_all().meet(INTAKE, run.cancel)
    ),
    "a poll and an intake": lambda run: _arrived(run).wait(61).meet(run.poll_upload, INTAKE),
    # The form can no longer be used, but it was: the client must not start anew.
    "a late poll and an intake": lambda run: (
        _arrived(run).wait(FORM_USABLE_FOR.total_seconds() + 1).meet(run.poll_upload, INTAKE)
    ),
    "two polls of an upload": lambda run: (
        run.upload_directly().lose_events().wait(61).meet(run.poll_upload, run.poll_upload)
    ),
    "a sweep and an intake": lambda run: _arrived(run).wait(61).meet(run.sweep, INTAKE),
    "a deletion and reading": lambda run: run.upload().meet(READING, run.delete),
    "a deletion and narration": lambda run: _read(run).meet(NARRATION, run.delete),
    "a deletion and renditions": lambda run: _read(run).meet(Step.RENDITIONS, run.delete),
    "a deletion and the photo again": lambda run: (
        run.upload().settle().meet(run.upload, run.delete)
    ),
    "a deletion and a claim's photo": deleted_once_claimed,
    "two deletions": lambda run: run.upload().settle().meet(run.delete, run.delete),
    "a deletion and a poll": lambda run: stuck(run).meet(run.delete, run.poll),
    "an eraser and a sweep": lambda run: deleted(run).wait(61).meet(DELETION, run.sweep),
    "an eraser and the photo again": lambda run: deleted(run).meet(DELETION, run.upload),
    "two erasers": two_erasers,
    "an eraser and a late step": eraser_and_late_step,
}
INTERRUPTED_TWICE: Final[Meetings] = {
    "two sweeps": lambda run: (
        run.upload().upload(OTHER_SHADE).lose_messages().wait(61).meet(run.sweep, run.sweep)
    ),
    "a correction and narration": lambda run: (
        run.upload().settle().correct(CORRECTED).meet(NARRATION, lambda: run.correct(AGAIN))
    ),
    "a correction and the first narration": lambda run: _read(run).meet(
        NARRATION, lambda: run.correct(CORRECTED)
    ),
    "narration of a correction and a deletion": lambda run: (
        run.upload().settle().correct(CORRECTED).meet(NARRATION, run.delete)
    ),
    "times wanted late": lambda run: (
        run.upload(read_along=False)
        .deliver(READING)
        .meet(NARRATION, lambda: run.upload(read_along=True))
    ),
    # Longer than a Lambda may run. A worker that goes on all the same writes nothing.
    "a reading lease runs out": lambda run: (
        run.upload().send(READING).meet(READING, run.nap, READING)
    ),
    "a narration lease runs out": lambda run: (
        _read(run).send(NARRATION).meet(NARRATION, run.nap, NARRATION)
    ),
    # A worker that was held up goes on when the whole story is done.
    "a worker wakes too late": lambda run: (
        run.upload().send(READING).meet(READING, run.nap, run.deliver_all)
    ),
    "three uploads of a new photo": lambda run: run.meet(run.upload, run.upload, run.upload),
    "a poll, a sweep and an upload": lambda run: stuck(run).meet(run.poll, run.sweep, run.upload),
    "a photo taken in twice and a deletion": taken_in_twice_and_deleted,
    # The eraser comes at once, and finds that a reader still works.
    "an eraser and a reader": lambda run: run.upload().meet(
        READING, lambda: run.delete().deliver(DELETION)
    ),
    **{
        f"an eraser {each} ms before a lease ends": partial(erased_when_the_lease_ends, each)
        for each in (3, 4, 5, 6)
    },
    # Longer than a Lambda may run: a late writer removes the files that it just stored.
    "a reader wakes too late": lambda run: run.upload().meet(
        READING, lambda: run.delete().nap().deliver_all()
    ),
    "a renderer wakes too late": lambda run: _read(run).meet(
        Step.RENDITIONS, lambda: run.delete().nap().deliver_all()
    ),
    "a deletion and two photos": deleted_while_two_photos_come,
    "two erasers of a direct upload": lambda run: two_erasers(run.upload_directly().settle()),
}
PARKED_IN_THE_END: Final[Meetings] = {
    # A stray dead letter meets the delivery that is about to succeed.
    "a dead letter and a step": lambda run: (
        run.upload().send_dead_letter(READING).meet(READING, run.receive_dead_letter(READING))
    ),
    "a dead letter and the photo again": lambda run: (
        _given_up(run).wait(61).meet(run.upload, run.receive_dead_letter(READING))
    ),
    # A correction was given up, just when the next one comes.
    "a dead letter and a correction": lambda run: (
        run.upload()
        .settle()
        .correct(CORRECTED)
        .lose_messages()
        .send_dead_letter(NARRATION)
        .meet(run.receive_dead_letter(NARRATION), lambda: run.correct(AGAIN))
    ),
    # A claim without a photo is given up after a day, just when the photo comes.
    "a lost photo given up and sent again": lambda run: (
        run.abandon()
        .wait(DAY + 1)
        .sweep()
        .meet(lambda: run.upload().deliver_next(), run.receive_dead_letter(READING))
    ),
    "a failed photo twice": lambda run: _given_up(run).deliver_all().meet(run.upload, run.upload),
    "two events of no photo by hand": lambda run: taken_in_twice(run.drop(None)),
    "an intake and its dead letter": intake_and_dead_letter,
    "a dead letter and a deletion": lambda run: _given_up(run).meet(
        run.receive_dead_letter(READING), run.delete
    ),
}
FAILED_IN_THE_END: Final[Meetings] = {
    "a dead letter and a poll": lambda run: (
        _given_up(run).wait(61).meet(run.poll, run.receive_dead_letter(READING))
    ),
    "two dead letters": lambda run: (
        _given_up(run)
        .send_dead_letter(READING)
        .meet(run.receive_dead_letter(READING), run.receive_dead_letter(READING))
    ),
}
STORY_MEETINGS: Final = (
    *meetings(INTERRUPTED_THREE_TIMES, preemptions=3),
    *meetings(INTERRUPTED_TWICE, preemptions=2),
    *meetings(PARKED_IN_THE_END, preemptions=3, parks=True),
    *meetings(FAILED_IN_THE_END, preemptions=3, parks=True, fails=True),
)
