"""Processes that meet over a photo in the intake bucket."""

from typing import Final

from chalicelib.delivery.messages import IntakeMessage
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import FORM_USABLE_FOR
from tests.proof.scenarios_of_stories import deleted
from tests.proof.schedules import meetings
from tests.proof.simulation import Processes, Simulation
from tests.proof.tape import Request

INTAKE = Step.INTAKE


def _taken_in_twice(run: Simulation) -> Processes:
    """S3 announces the last file a second time."""
    return run.send_event().announce_all().meet(INTAKE, INTAKE)


def _arrived(run: Simulation) -> Simulation:
    """The intake queue has the message about a photo."""
    return run.upload_directly().announce_all()


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
        for story_id in {_claimed_by(each) for each in run.tape.requests if _claims(each)}:
            run.delete(story_id)

    return run.meet(late, take_in_and_delete)


def _claimed_by(request: Request) -> str:
    return next(each.id for each in request.detail if isinstance(each, Story))


def _claims(request: Request) -> bool:
    return request.operation == "dynamodb.TransactWriteItems" and request.took_effect


UPLOAD_MEETINGS: Final = (
    *meetings(
        {
            "two events of one object": lambda run: _taken_in_twice(run.upload_directly()),
            "two events of no photo": lambda run: _taken_in_twice(run.upload_directly(None)),
            "two events of one dropped by hand": lambda run: _taken_in_twice(run.drop()),
            "two requests for one photo": lambda run: _arrived(_arrived(run)).meet(INTAKE, INTAKE),
            "an arrived photo and the same uploaded": lambda run: _arrived(run).meet(
                INTAKE, run.upload
            ),
            "a form used again": posted_again,
            "an arrived photo and a deletion": lambda run: _arrived(run.upload().settle()).meet(
                INTAKE, run.delete
            ),
            "an arrived photo and a deletion of unfinished": lambda run: _arrived(
                run.upload()
            ).meet(INTAKE, run.delete),
            "an arrived photo and an eraser": lambda run: _arrived(deleted(run)).meet(
                INTAKE, Step.DELETION
            ),
            "a dropped photo and a deletion": lambda run: (
                run.upload().settle().drop().announce_all().meet(INTAKE, run.delete)
            ),
            "a poll and an intake": lambda run: (
                _arrived(run).wait(61).meet(run.poll_upload, INTAKE)
            ),
            # The form can no longer be used, but it was: the client must not start anew.
            "a late poll and an intake": lambda run: (
                _arrived(run)
                .wait(FORM_USABLE_FOR.total_seconds() + 1)
                .meet(run.poll_upload, INTAKE)
            ),
            "two polls of an upload": lambda run: (
                run.upload_directly().lose_events().wait(61).meet(run.poll_upload, run.poll_upload)
            ),
            "a sweep and an intake": lambda run: _arrived(run).wait(61).meet(run.sweep, INTAKE),
        },
        preemptions=3,
    ),
    *meetings({"a photo taken in twice and a deletion": taken_in_twice_and_deleted}, preemptions=2),
    *meetings(
        {
            "two events of no photo by hand": lambda run: _taken_in_twice(run.drop(None)),
            "an intake and its dead letter": intake_and_dead_letter,
        },
        preemptions=3,
        parks=True,
    ),
)
