"""Two or three processes that meet over one story: uploads, steps, polls, sweeps, dead letters."""

from typing import Any

from chalicelib.delivery.messages import about
from chalicelib.delivery.timeouts import GIVE_UP_AFTER
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Story
from tests.proof.meeting import Meeting, Processes
from tests.proof.meetings_of_deletion import DELETION_MEETINGS
from tests.proof.meetings_of_uploads import UPLOAD_MEETINGS
from tests.proof.pages import BLANK
from tests.proof.scenarios import OTHER_SHADE, SHADE
from tests.proof.simulation import Simulation


def _uploaded(run: Simulation, **fields: Any) -> Story:
    receipt = run.upload(SHADE, **fields)
    assert receipt is not None
    return receipt.story


def one_message_twice(run: Simulation) -> Processes:
    _uploaded(run)
    return _received_twice(run, Step.READING)


def one_narration_twice(run: Simulation) -> Processes:
    _uploaded(run)
    run.deliver_next()
    return _received_twice(run, Step.NARRATION)


def _received_twice(run: Simulation, step: Step) -> Processes:
    """SQS delivers a message again before its first delivery is done."""
    first = run.receive(step)
    run.make_visible(step)
    return first, run.receive(step)


def two_messages(run: Simulation) -> Processes:
    run.backend.queues[Step.READING].send(about(_uploaded(run)))
    return run.receive(Step.READING), run.receive(Step.READING)


def two_narrations(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.deliver_next()
    run.backend.queues[Step.NARRATION].send(about(story))
    return run.receive(Step.NARRATION), run.receive(Step.NARRATION)


def lease_runs_out(run: Simulation) -> Processes:
    """Longer than a Lambda may run: were it to go on all the same, it would write nothing."""
    run.backend.queues[Step.READING].send(about(_uploaded(run)))
    return run.receive(Step.READING), run.nap, run.receive(Step.READING)


def narration_lease_runs_out(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.deliver_next()
    run.backend.queues[Step.NARRATION].send(about(story))
    return run.receive(Step.NARRATION), run.nap, run.receive(Step.NARRATION)


def lease_runs_out_for_good(run: Simulation) -> Processes:
    """A worker that was held up wakes when the whole story is done."""
    run.backend.queues[Step.READING].send(about(_uploaded(run)))
    return run.receive(Step.READING), run.nap, run.deliver_all


def late_reading_and_narration(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.deliver_next()
    run.backend.queues[Step.READING].send(about(story))
    return run.receive(Step.READING), run.receive(Step.NARRATION)


def two_uploads(run: Simulation) -> Processes:
    return lambda: run.upload(SHADE), lambda: run.upload(SHADE)


def three_uploads(run: Simulation) -> Processes:
    return [lambda: run.upload(SHADE)] * 3


def upload_and_its_own_reading(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.lose_messages()
    run.backend.queues[Step.READING].send(about(story))
    return lambda: run.upload(SHADE), run.receive(Step.READING)


def second_upload_of_a_blank_page_wants_a_notice(run: Simulation) -> Processes:
    run.upload(BLANK, notify=False)
    return lambda: run.upload(BLANK), run.receive(Step.READING)


def second_upload_wants_a_notice(run: Simulation) -> Processes:
    _uploaded(run, notify=False)
    run.deliver_next()
    return lambda: run.upload(SHADE), run.receive(Step.NARRATION)


def two_polls(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.lose_messages()
    run.clock.advance(61)
    return [lambda: run.poll(story.id)] * 2


def poll_sweep_and_upload(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.lose_messages()
    run.clock.advance(61)
    return lambda: run.poll(story.id), run.sweep, lambda: run.upload(SHADE)


def two_sweeps(run: Simulation) -> Processes:
    _uploaded(run)
    run.upload(OTHER_SHADE)
    run.lose_messages()
    run.clock.advance(61)
    return run.sweep, run.sweep


def poll_and_late_stage(run: Simulation) -> Processes:
    """The message was only slow: its step begins while a poll resumes the story."""
    story = _uploaded(run)
    run.clock.advance(61)
    return lambda: run.poll(story.id), run.receive(Step.READING)


def dead_letter_and_stage(run: Simulation) -> Processes:
    """A stray dead letter meets the delivery that is about to succeed."""
    story = _uploaded(run)
    run.backend.dead_letter_queues[Step.READING].send(about(story))
    return run.receive(Step.READING), run.receive_dead_letter(Step.READING)


def dead_letter_and_poll(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.lose_messages()
    run.backend.dead_letter_queues[Step.READING].send(about(story))
    run.clock.advance(61)
    return lambda: run.poll(story.id), run.receive_dead_letter(Step.READING)


def two_dead_letters(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.lose_messages()
    for _ in range(2):
        run.backend.dead_letter_queues[Step.READING].send(about(story))
    return run.receive_dead_letter(Step.READING), run.receive_dead_letter(Step.READING)


def burial_and_photo_sent_again(run: Simulation) -> Processes:
    """A claim without a photo is given up after a day, in the moment when the photo comes."""
    run.abandon(SHADE)
    run.clock.advance(GIVE_UP_AFTER.total_seconds() + 1)
    run.sweep()

    def upload_and_deliver() -> None:
        run.upload(SHADE)
        run.deliver_next()

    return upload_and_deliver, run.receive_dead_letter(Step.READING)


def dead_letter_and_photo_sent_again(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.lose_messages()
    run.backend.dead_letter_queues[Step.READING].send(about(story))
    run.clock.advance(61)
    return lambda: run.upload(SHADE), run.receive_dead_letter(Step.READING)


def blank_photo_sent_again_while_people_are_told(run: Simulation) -> Processes:
    run.upload(BLANK)
    return lambda: run.upload(BLANK), run.receive(Step.READING)


def failed_photo_sent_twice(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.lose_messages()
    run.backend.dead_letter_queues[Step.READING].send(about(story))
    run.deliver_all()
    return [lambda: run.upload(SHADE)] * 2


def finished_photo_sent_twice(run: Simulation) -> Processes:
    _uploaded(run)
    run.settle()
    return [lambda: run.upload(SHADE)] * 2


def old_generation_and_new(run: Simulation) -> Processes:
    """A step is still at work when its story is deleted and the photo sent again."""
    story = _uploaded(run)
    old = run.receive(Step.READING)
    run.delete(story.id)
    _uploaded(run)
    return old, run.receive(Step.READING)


def deleted_and_sent_again_meanwhile(run: Simulation) -> Processes:
    story = _uploaded(run)
    old = run.receive(Step.READING)

    def delete_and_send_again() -> None:
        run.delete(story.id)
        run.upload(SHADE)

    return old, delete_and_send_again


MEETINGS = (
    Meeting("one reading message twice", one_message_twice),
    Meeting("one narration message twice", one_narration_twice),
    Meeting("two reading messages", two_messages),
    Meeting("two narration messages", two_narrations),
    Meeting("a reading lease runs out", lease_runs_out, preemptions=2),
    Meeting("a narration lease runs out", narration_lease_runs_out, preemptions=2),
    Meeting("a worker wakes too late", lease_runs_out_for_good, preemptions=2),
    Meeting("a late reading and narration", late_reading_and_narration),
    Meeting("two uploads of a new photo", two_uploads),
    Meeting("three uploads of a new photo", three_uploads, preemptions=2),
    Meeting("an upload again and reading", upload_and_its_own_reading),
    Meeting("a notice wanted late", second_upload_wants_a_notice),
    Meeting("a notice of a failure wanted late", second_upload_of_a_blank_page_wants_a_notice),
    Meeting("two polls", two_polls),
    Meeting("a poll, a sweep and an upload", poll_sweep_and_upload, preemptions=2),
    Meeting("two sweeps", two_sweeps),
    Meeting("a poll and a late step", poll_and_late_stage),
    Meeting("a dead letter and a step", dead_letter_and_stage, parks=True),
    Meeting("a dead letter and a poll", dead_letter_and_poll, parks=True, fails=True),
    Meeting("two dead letters", two_dead_letters, parks=True, fails=True),
    Meeting("a dead letter and the photo again", dead_letter_and_photo_sent_again, parks=True),
    Meeting("a blank photo again", blank_photo_sent_again_while_people_are_told),
    Meeting("a burial and the photo again", burial_and_photo_sent_again, parks=True),
    Meeting("a failed photo twice", failed_photo_sent_twice, parks=True),
    Meeting("a finished photo twice", finished_photo_sent_twice),
    Meeting("an old generation and a new one", old_generation_and_new),
    Meeting("deleted and sent again meanwhile", deleted_and_sent_again_meanwhile),
    *UPLOAD_MEETINGS,
    *DELETION_MEETINGS,
)
