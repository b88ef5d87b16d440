"""Two or three processes that meet over a story that is deleted."""

from collections.abc import Callable
from datetime import timedelta

from chalicelib.delivery.messages import about
from chalicelib.stories.queues import TIME_LIMITS, Step
from chalicelib.stories.story import Story
from tests.proof.meeting import Meeting, Processes
from tests.proof.scenarios import SHADE
from tests.proof.simulation import Simulation


def _uploaded(run: Simulation) -> Story:
    receipt = run.upload(SHADE)
    assert receipt is not None
    return receipt.story


def _deleted(run: Simulation) -> Story:
    """A story that was ready, and is to be erased."""
    story = _uploaded(run)
    run.settle()
    run.delete(story.id)
    return story


def deleted_while_read(run: Simulation) -> Processes:
    story = _uploaded(run)
    return run.receive(Step.READING), lambda: run.delete(story.id)


def deleted_while_narrated(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.deliver(Step.READING)
    return run.receive(Step.NARRATION), lambda: run.delete(story.id)


def deleted_while_rendered(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.deliver(Step.READING)
    return run.receive(Step.RENDITIONS), lambda: run.delete(story.id)


def erased_while_read(run: Simulation) -> Processes:
    """The eraser comes at once, and finds that somebody is still at work."""
    story = _uploaded(run)

    def delete_and_erase() -> None:
        run.delete(story.id)
        run.deliver(Step.DELETION)

    return run.receive(Step.READING), delete_and_erase


def erased_when_the_lease_ends(milliseconds: int) -> Callable[[Simulation], Processes]:
    """A reader writes until its time is up; the eraser looks just then."""

    def arrange(run: Simulation) -> Processes:
        run.timed = True
        story = _uploaded(run)

        def delete_and_erase() -> None:
            run.delete(story.id)
            run.tape.switch()
            run.clock.now = began + TIME_LIMITS[Step.READING] - timedelta(milliseconds=milliseconds)
            run.deliver(Step.DELETION)

        began = run.clock.now
        return run.receive(Step.READING), delete_and_erase

    return arrange


def worker_wakes_when_all_is_erased(run: Simulation) -> Processes:
    """Longer than a Lambda may run: what it still stores, it takes along."""
    story = _uploaded(run)

    def delete_and_erase() -> None:
        run.delete(story.id)
        run.nap()
        run.deliver_all()

    return run.receive(Step.READING), delete_and_erase


def renderer_wakes_when_all_is_erased(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.deliver(Step.READING)

    def delete_and_erase() -> None:
        run.delete(story.id)
        run.nap()
        run.deliver_all()

    return run.receive(Step.RENDITIONS), delete_and_erase


def deleted_while_sent_again(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.settle()
    return lambda: run.upload(SHADE), lambda: run.delete(story.id)


def deleted_while_its_photo_comes(run: Simulation) -> Processes:
    """A claim whose first upload died: the next one stores the photo."""
    return lambda: run.upload(SHADE), lambda: run.delete(_abandoned(run))


def _abandoned(run: Simulation) -> str:
    return str(next(each.detail[1].id for each in run.tape.requests if each.detail[0] == "claim"))


def deleted_while_its_photo_comes_again(run: Simulation) -> Processes:
    run.abandon(SHADE)
    return deleted_while_its_photo_comes(run)


def deleted_while_two_photos_come(run: Simulation) -> Processes:
    """One is slow: the other's story is made, deleted and erased meanwhile."""
    run.abandon(SHADE)

    def finish_delete_and_erase() -> None:
        run.deliver_all()
        run.delete(_abandoned(run))
        run.deliver_all()

    return lambda: run.upload(SHADE), lambda: run.upload(SHADE), finish_delete_and_erase


def deleted_twice(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.settle()
    return [lambda: run.delete(story.id)] * 2


def deleted_and_polled(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.lose_messages()
    run.clock.advance(61)
    return lambda: run.delete(story.id), lambda: run.poll(story.id)


def deleted_and_swept(run: Simulation) -> Processes:
    story = _deleted(run)
    run.clock.advance(61)
    assert story
    return run.receive(Step.DELETION), run.sweep


def erased_while_sent_again(run: Simulation) -> Processes:
    _deleted(run)
    return run.receive(Step.DELETION), lambda: run.upload(SHADE)


def two_erasers(run: Simulation) -> Processes:
    story = _deleted(run)
    run.backend.queues[Step.DELETION].send(about(story))
    return run.receive(Step.DELETION), run.receive(Step.DELETION)


def two_erasers_of_a_direct_upload(run: Simulation) -> Processes:
    permit = run.request_upload()
    run.post(permit, SHADE)
    run.settle()
    return two_erasers(run)


def eraser_and_late_stage(run: Simulation) -> Processes:
    story = _uploaded(run)
    late = run.receive(Step.READING)
    run.delete(story.id)
    return late, run.receive(Step.DELETION)


def given_up_while_deleted(run: Simulation) -> Processes:
    story = _uploaded(run)
    run.lose_messages()
    run.backend.dead_letter_queues[Step.READING].send(about(story))
    return run.receive_dead_letter(Step.READING), lambda: run.delete(story.id)


DELETION_MEETINGS = (
    Meeting("a deletion and reading", deleted_while_read),
    Meeting("a deletion and narration", deleted_while_narrated),
    Meeting("a deletion and renditions", deleted_while_rendered),
    Meeting("an eraser and a reader", erased_while_read, preemptions=2),
    *(
        Meeting(f"an eraser {each} ms before a lease ends", erased_when_the_lease_ends(each), 2)
        for each in (3, 4, 5, 6)
    ),
    Meeting("a reader wakes too late", worker_wakes_when_all_is_erased, preemptions=2),
    Meeting("a renderer wakes too late", renderer_wakes_when_all_is_erased, preemptions=2),
    Meeting("a deletion and the photo again", deleted_while_sent_again),
    Meeting("a deletion and a claim's photo", deleted_while_its_photo_comes_again),
    Meeting("a deletion and two photos", deleted_while_two_photos_come, preemptions=2),
    Meeting("two deletions", deleted_twice),
    Meeting("a deletion and a poll", deleted_and_polled),
    Meeting("an eraser and a sweep", deleted_and_swept),
    Meeting("an eraser and the photo again", erased_while_sent_again),
    Meeting("two erasers", two_erasers),
    Meeting("two erasers of a direct upload", two_erasers_of_a_direct_upload, preemptions=2),
    Meeting("an eraser and a late step", eraser_and_late_stage),
    Meeting("a dead letter and a deletion", given_up_while_deleted, parks=True),
)
