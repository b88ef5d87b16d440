"""Scenarios in which a function makes requests that it makes in no other one.

They are played without faults, so that it is seen what each function's role must allow.
"""

import uuid
from collections.abc import Callable
from typing import Final

from chalicelib.delivery.messages import about
from chalicelib.profiles import keys as profile_keys
from chalicelib.profiles.moves import MAX_WRITER_DURATION
from chalicelib.stories import keys
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import MAX_BYTES
from tests.proof.pages import page
from tests.proof.scenarios_of_stories import DAY
from tests.proof.schedules import Scenarios, scenarios
from tests.proof.simulation import ANNA, BEN, NOBODY, OTHER_SHADE, SHADE, Simulation, picture

_UNTIL_WRITERS_ARE_GONE: Final = MAX_WRITER_DURATION.total_seconds() + 1


def dead_letters_of_a_deleted_story(run: Simulation) -> None:
    """A worker died and left files of each kind."""
    for step, shade in ((Step.READING, SHADE), (Step.NARRATION, OTHER_SHADE)):
        life = about(run.upload(shade).story)
        run.deliver(Step.READING).delete().settle()
        for prefix in keys.prefixes(life.id, life.generation):
            run.backend.media.put(f"{prefix}late", b"late", "image/jpeg")
        run.send_dead_letter(step, life).settle()


def deleted_while_dropped_by_hand(run: Simulation) -> None:
    """The story is there when the photo is claimed, and deleted when it is to go on."""
    run.upload().deliver(Step.READING).lose_messages().wait(61)
    run.drop(name="again.jpg").announce_all()
    _after_requests(run, 2, run.delete)  # the photo is got, and its id claimed
    run.receive(Step.INTAKE)()


def deleted_while_sent_again(run: Simulation) -> None:
    """An upload is slow: another one's story is made and deleted before it stores its photo."""
    run.abandon()
    _after_requests(run, 2, lambda: run.upload().deliver_all().delete())
    run.upload()


def _after_requests(run: Simulation, count: int, action: Callable[[], object]) -> None:
    """Do this before the request that follows so many others."""
    count += len(run.tape.requests)

    def act_once() -> None:
        if len(run.tape.requests) == count:
            run.tape.switch = lambda: None
            action()

    run.tape.switch = act_once


def deleted_before_it_left_the_intake_bucket(run: Simulation) -> None:
    run.upload_directly().announce_all().die_before("s3.DeleteObject").receive(Step.INTAKE)()
    run.poll_upload()
    assert isinstance(run.answer, Story)
    run.delete(run.answer.id)


def rejected_mended_and_redriven(run: Simulation) -> None:
    """An operator replaces a rejected file by a photo."""
    run.drop(None, "page.jpg").settle()
    run.posted.clear()  # the rejected file is gone, and no client misses it
    run.backend.intake_bucket.post(keys.rejected(f"{keys.ARRIVALS}page.jpg"), page(SHADE))
    run.redrive(Step.INTAKE)


def _replaced(run: Simulation) -> Simulation:
    """The photo before has left files that are removed when its writers are gone."""
    run.put().deliver_all().put(shot=1).deliver_all()
    return run.wait(_UNTIL_WRITERS_ARE_GONE)


def failed_after_a_replacement(run: Simulation) -> None:
    _replaced(run).fail("add_face_to_index", "rekognition.SearchFacesByImage").put(BEN, tell=True)


def posted_again_when_its_execution_is_lost(run: Simulation) -> None:
    """The intake starts another execution, and a day later gives the photo up."""
    _replaced(run).put(BEN)
    for seconds in (_UNTIL_WRITERS_ARE_GONE, DAY):
        run.invoke("detect_face", "check_face_duplicate", "make_thumbnail").abort_executions()
        run.wait(seconds).post_portrait(BEN).announce_all().receive(Step.INTAKE)()


def too_large_mended_and_redriven(run: Simulation) -> None:
    key = profile_keys.arrival("user_a", uuid.UUID(int=0), "image/png")
    run.backend.intake_bucket.post(key, bytes(MAX_BYTES + 1))
    run.send_event(key).deliver_all()
    run.backend.intake_bucket.post(keys.rejected(key), picture(ANNA))
    run.wish(ANNA, picture(ANNA), key=key)
    run.redrive(Step.INTAKE)


SCENARIOS: Final[Scenarios] = {
    "deleted while dropped by hand": deleted_while_dropped_by_hand,
    "deleted while sent again": deleted_while_sent_again,
    "deleted while it waits": deleted_before_it_left_the_intake_bucket,
    "refused after a replacement": lambda run: _replaced(run).put(NOBODY, tell=True),
    "too large, mended and redriven": too_large_mended_and_redriven,
}
PARKED_IN_THE_END: Final[Scenarios] = {
    "dead letters of a deleted story": dead_letters_of_a_deleted_story,
    "narration failed, dropped by hand": lambda run: (
        run.break_engines(voice=True).upload().settle().mend().drop(name="again.jpg")
    ),
    "rejected, mended and redriven": rejected_mended_and_redriven,
}
FAILED_IN_THE_END: Final[Scenarios] = {
    "narration lost for a day": lambda run: (
        run.upload().deliver(Step.READING).lose_messages().wait(DAY + 1).sweep()
    ),
    "failed after a replacement": failed_after_a_replacement,
    "posted again": posted_again_when_its_execution_is_lost,
}
RARE_WAYS: Final = (
    *scenarios(SCENARIOS),
    *scenarios(PARKED_IN_THE_END, parks=True),
    *scenarios(FAILED_IN_THE_END, parks=True, fails=True),
)
