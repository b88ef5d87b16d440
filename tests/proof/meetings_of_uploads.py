"""Two processes that meet over a photo in the intake_bucket bucket."""

from chalicelib.delivery.messages import IntakeMessage
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import FORM_USABLE_FOR
from tests.proof.meeting import Meeting, Processes
from tests.proof.scenarios import SHADE
from tests.proof.simulation import Simulation
from tests.proof.tape import Request


def _posted(run: Simulation, shade: int | None = SHADE) -> str:
    """A photo of which the intake queue knows; the id of its upload request."""
    permit = run.request_upload()
    run.post(permit, shade)
    run.announce_all()
    return permit.request.id


def _uploaded(run: Simulation) -> str:
    receipt = run.upload(SHADE)
    assert receipt is not None
    return receipt.story.id


def two_events(run: Simulation) -> Processes:
    permit = run.request_upload()
    run.post(permit, SHADE)
    run.events.send(IntakeMessage("intake-bucket", permit.request.key))
    run.announce_all()
    return run.receive_intake(), run.receive_intake()


def two_events_of_no_photo(run: Simulation) -> Processes:
    permit = run.request_upload()
    run.post(permit, None)
    run.events.send(IntakeMessage("intake-bucket", permit.request.key))
    run.announce_all()
    return run.receive_intake(), run.receive_intake()


def two_events_by_hand(run: Simulation) -> Processes:
    run.drop("a page.jpg", SHADE)
    run.events.send(IntakeMessage("intake-bucket", "images/a page.jpg"))
    run.announce_all()
    return run.receive_intake(), run.receive_intake()


def two_events_of_no_photo_by_hand(run: Simulation) -> Processes:
    run.drop("a page.jpg", None)
    run.events.send(IntakeMessage("intake-bucket", "images/a page.jpg"))
    run.announce_all()
    return run.receive_intake(), run.receive_intake()


def two_requests_for_one_photo(run: Simulation) -> Processes:
    _posted(run)
    _posted(run)
    return run.receive_intake(), run.receive_intake()


def staged_and_uploaded(run: Simulation) -> Processes:
    _posted(run)
    return run.receive_intake(), lambda: run.upload(SHADE)


def posted_again(run: Simulation) -> Processes:
    """The form is used again, with another photo, while the first one is taken in."""
    permit = run.request_upload()
    run.post(permit, None)
    run.announce_all()

    def post_again() -> None:
        run.tape.switch()
        run.post(permit, SHADE)
        run.announce_all()

    return run.receive_intake(), post_again


def staged_and_deleted(run: Simulation) -> Processes:
    story_id = _uploaded(run)
    run.settle()
    _posted(run)
    return run.receive_intake(), lambda: run.delete(story_id)


def staged_and_deleted_unfinished(run: Simulation) -> Processes:
    story_id = _uploaded(run)
    _posted(run)
    return run.receive_intake(), lambda: run.delete(story_id)


def staged_and_erased(run: Simulation) -> Processes:
    story_id = _uploaded(run)
    run.settle()
    run.delete(story_id)
    _posted(run)
    return run.receive_intake(), run.receive(Step.DELETION)


def staged_twice_and_deleted(run: Simulation) -> Processes:
    """A second delivery is still at it when the story that the first one made is deleted."""
    permit = run.request_upload()
    run.post(permit, SHADE)
    run.events.send(IntakeMessage("intake-bucket", permit.request.key))
    run.announce_all()
    late = run.receive_intake()

    def take_in_and_delete() -> None:
        run.receive_intake()()
        for life in {_claimed_by(each) for each in run.tape.requests if _claims(each)}:
            run.delete(life)

    return late, take_in_and_delete


def _claimed_by(request: Request) -> str:
    return next(each.id for each in request.detail if isinstance(each, Story))


def _claims(request: Request) -> bool:
    return request.operation == "dynamodb.TransactWriteItems" and request.took_effect


def dropped_and_deleted(run: Simulation) -> Processes:
    story_id = _uploaded(run)
    run.settle()
    run.drop("a page.jpg", SHADE)
    run.announce_all()
    return run.receive_intake(), lambda: run.delete(story_id)


def polled_while_taken_in(run: Simulation) -> Processes:
    upload_id = _posted(run)
    run.clock.advance(61)
    return lambda: run.poll(upload_id), run.receive_intake()


def polled_late_while_taken_in(run: Simulation) -> Processes:
    """The form can no longer be used, but it was: whoever asks must not be told to start anew."""
    upload_id = _posted(run)
    run.clock.advance(FORM_USABLE_FOR.total_seconds() + 1)
    return lambda: run.poll(upload_id), run.receive_intake()


def polled_twice(run: Simulation) -> Processes:
    permit = run.request_upload()
    run.post(permit, SHADE)
    run.lose_events()
    run.clock.advance(61)
    return [lambda: run.poll(permit.request.id)] * 2


def swept_while_taken_in(run: Simulation) -> Processes:
    _posted(run)
    run.clock.advance(61)
    return run.sweep, run.receive_intake()


def given_up_while_taken_in(run: Simulation) -> Processes:
    permit = run.request_upload()
    run.post(permit, SHADE)
    run.announce_all()
    run.backend.intake_dead_letter_queue.send(IntakeMessage("intake-bucket", permit.request.key))
    return run.receive_intake(), run.receive_intake_dead_letter()


UPLOAD_MEETINGS = (
    Meeting("two events of one object", two_events),
    Meeting("two events of no photo", two_events_of_no_photo),
    Meeting("two events of one dropped by hand", two_events_by_hand),
    Meeting("two events of no photo by hand", two_events_of_no_photo_by_hand, parks=True),
    Meeting("two requests for one photo", two_requests_for_one_photo),
    Meeting("a staged photo and the same uploaded", staged_and_uploaded),
    Meeting("a form used again", posted_again),
    Meeting("a staged photo and a deletion", staged_and_deleted),
    Meeting("a staged photo and a deletion of unfinished", staged_and_deleted_unfinished),
    Meeting("a staged photo and an eraser", staged_and_erased),
    Meeting("a photo staged twice and a deletion", staged_twice_and_deleted, preemptions=2),
    Meeting("a dropped photo and a deletion", dropped_and_deleted),
    Meeting("a poll and an intake", polled_while_taken_in),
    Meeting("a late poll and an intake", polled_late_while_taken_in),
    Meeting("two polls of an upload", polled_twice),
    Meeting("a sweep and an intake", swept_while_taken_in),
    Meeting("an intake and its dead letter", given_up_while_taken_in, parks=True),
)
