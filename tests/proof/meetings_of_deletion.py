"""Processes that meet over a story that is deleted."""

from datetime import timedelta
from functools import partial
from typing import Final

from chalicelib.stories.queues import TIME_LIMITS, Step
from tests.proof.scenarios_of_stories import deleted, stuck
from tests.proof.schedules import meetings
from tests.proof.simulation import Processes, Simulation

READING, DELETION = Step.READING, Step.DELETION


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
    return run.abandon().meet(run.upload, lambda: run.delete(_claimed(run)))


def deleted_while_two_photos_come(run: Simulation) -> Processes:
    """One upload is slow: the other one's story is made, deleted and erased meanwhile."""
    return run.abandon().meet(
        run.upload, run.upload, lambda: run.deliver_all().delete(_claimed(run)).deliver_all()
    )


def _claimed(run: Simulation) -> str:
    return str(next(each.detail[1].id for each in run.tape.requests if each.detail[0] == "claim"))


def eraser_and_late_step(run: Simulation) -> Processes:
    late = run.upload().receive(READING)
    return run.delete().meet(late, DELETION)


DELETION_MEETINGS: Final = (
    *meetings(
        {
            "a deletion and reading": lambda run: run.upload().meet(READING, run.delete),
            "a deletion and narration": lambda run: (
                run.upload().deliver(READING).meet(Step.NARRATION, run.delete)
            ),
            "a deletion and renditions": lambda run: (
                run.upload().deliver(READING).meet(Step.RENDITIONS, run.delete)
            ),
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
        },
        preemptions=3,
    ),
    *meetings(
        {
            # The eraser comes at once, and finds that a reader still works.
            "an eraser and a reader": lambda run: run.upload().meet(
                READING, lambda: run.delete().deliver(DELETION)
            ),
            **{
                f"an eraser {each} ms before a lease ends": partial(
                    erased_when_the_lease_ends, each
                )
                for each in (3, 4, 5, 6)
            },
            # Longer than a Lambda may run: a late writer removes the files that it just stored.
            "a reader wakes too late": lambda run: run.upload().meet(
                READING, lambda: run.delete().nap().deliver_all()
            ),
            "a renderer wakes too late": lambda run: (
                run.upload()
                .deliver(READING)
                .meet(Step.RENDITIONS, lambda: run.delete().nap().deliver_all())
            ),
            "a deletion and two photos": deleted_while_two_photos_come,
            "two erasers of a direct upload": lambda run: two_erasers(
                run.upload_directly().settle()
            ),
        },
        preemptions=2,
    ),
    *meetings(
        {
            "a dead letter and a deletion": lambda run: (
                run.upload()
                .lose_messages()
                .send_dead_letter(READING)
                .meet(run.receive_dead_letter(READING), run.delete)
            )
        },
        preemptions=3,
        parks=True,
    ),
)
