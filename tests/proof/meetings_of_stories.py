"""Processes that meet over one story: uploads, steps, polls, sweeps, dead letters."""

from typing import Final

from chalicelib.stories.queues import Step
from tests.proof.pages import BLANK
from tests.proof.scenarios_of_stories import DAY, stuck
from tests.proof.schedules import meetings
from tests.proof.simulation import OTHER_SHADE, Processes, Simulation

READING, NARRATION = Step.READING, Step.NARRATION


def old_generation_and_new(run: Simulation) -> Processes:
    """A step still works when its story is deleted and the photo sent again."""
    old = run.upload().receive(READING)
    return run.delete().upload().meet(old, READING)


def _given_up(run: Simulation) -> Simulation:
    """A story's only message is a dead letter."""
    return run.upload().lose_messages().send_dead_letter(READING)


STORY_MEETINGS: Final = (
    *meetings(
        {
            # SQS delivers a message again before its first delivery is done.
            "one reading message twice": lambda run: run.upload().meet(
                run.receive(READING), run.receive_again(READING)
            ),
            "one narration message twice": lambda run: (
                run.upload()
                .deliver_next()
                .meet(run.receive(NARRATION), run.receive_again(NARRATION))
            ),
            "two reading messages": lambda run: run.upload().send(READING).meet(READING, READING),
            "two narration messages": lambda run: (
                run.upload().deliver_next().send(NARRATION).meet(NARRATION, NARRATION)
            ),
            "a late reading and narration": lambda run: (
                run.upload().deliver_next().send(READING).meet(READING, NARRATION)
            ),
            "two uploads of a new photo": lambda run: run.meet(run.upload, run.upload),
            "an upload again and reading": lambda run: (
                run.upload().lose_messages().send(READING).meet(run.upload, READING)
            ),
            "a notice wanted late": lambda run: (
                run.upload(notify=False).deliver_next().meet(run.upload, NARRATION)
            ),
            "a notice of a failure wanted late": lambda run: run.upload(BLANK, notify=False).meet(
                lambda: run.upload(BLANK), READING
            ),
            "two polls": lambda run: stuck(run).meet(run.poll, run.poll),
            "two sweeps": lambda run: (
                run.upload().upload(OTHER_SHADE).lose_messages().wait(61).meet(run.sweep, run.sweep)
            ),
            # The message was only slow: its step begins while a poll resumes the story.
            "a poll and a late step": lambda run: run.upload().wait(61).meet(run.poll, READING),
            # While the notice of its failure is sent.
            "a blank photo again": lambda run: run.upload(BLANK).meet(
                lambda: run.upload(BLANK), READING
            ),
            "a finished photo twice": lambda run: (
                run.upload().settle().meet(run.upload, run.upload)
            ),
            "an old generation and a new one": old_generation_and_new,
            "deleted and sent again meanwhile": lambda run: run.upload().meet(
                READING, lambda: run.delete().upload()
            ),
        },
        preemptions=3,
    ),
    *meetings(
        {
            # Longer than a Lambda may run. A worker that goes on all the same writes nothing.
            "a reading lease runs out": lambda run: (
                run.upload().send(READING).meet(READING, run.nap, READING)
            ),
            "a narration lease runs out": lambda run: (
                run.upload().deliver_next().send(NARRATION).meet(NARRATION, run.nap, NARRATION)
            ),
            # A worker that was held up goes on when the whole story is done.
            "a worker wakes too late": lambda run: (
                run.upload().send(READING).meet(READING, run.nap, run.deliver_all)
            ),
            "three uploads of a new photo": lambda run: run.meet(
                run.upload, run.upload, run.upload
            ),
            "a poll, a sweep and an upload": lambda run: stuck(run).meet(
                run.poll, run.sweep, run.upload
            ),
        },
        preemptions=2,
    ),
    *meetings(
        {
            # A stray dead letter meets the delivery that is about to succeed.
            "a dead letter and a step": lambda run: (
                run.upload()
                .send_dead_letter(READING)
                .meet(READING, run.receive_dead_letter(READING))
            ),
            "a dead letter and the photo again": lambda run: (
                _given_up(run).wait(61).meet(run.upload, run.receive_dead_letter(READING))
            ),
            # A claim without a photo is given up after a day, just when the photo comes.
            "a lost photo given up and sent again": lambda run: (
                run.abandon()
                .wait(DAY + 1)
                .sweep()
                .meet(lambda: run.upload().deliver_next(), run.receive_dead_letter(READING))
            ),
            "a failed photo twice": lambda run: (
                _given_up(run).deliver_all().meet(run.upload, run.upload)
            ),
        },
        preemptions=3,
        parks=True,
    ),
    *meetings(
        {
            "a dead letter and a poll": lambda run: (
                _given_up(run).wait(61).meet(run.poll, run.receive_dead_letter(READING))
            ),
            "two dead letters": lambda run: (
                _given_up(run)
                .send_dead_letter(READING)
                .meet(run.receive_dead_letter(READING), run.receive_dead_letter(READING))
            ),
        },
        preemptions=3,
        parks=True,
        fails=True,
    ),
)
