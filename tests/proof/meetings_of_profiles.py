"""Processes that meet over a profile or a face: users, executions, sweeps, late functions."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from chalicelib.stories.queues import Step
from tests.proof.schedules import Meetings, meetings
from tests.proof.simulation import ANNA, BEN, NOBODY, Processes, Simulation

PARALLEL: Final = "ParallelProcessing"
THUMBNAIL: Final = "make_thumbnail"
INDEX: Final = "add_face_to_index"
TWO: Final = ("user_a", "user_b")
THREE: Final = (*TWO, "user_c")


def _lost(run: Simulation) -> Simulation:
    """A photo whose execution was stopped a while ago."""
    return run.put(tell=True).abort_executions().wait(71)


def _looked_up(run: Simulation, person: int = ANNA, user_id: str = "user_a") -> Simulation:
    """A photo whose execution comes to the parallel state next."""
    return run.put(person, user_id, tell=True).invoke("detect_face", "check_face_duplicate")


def _replacing(run: Simulation) -> Simulation:
    """A photo counts, and another one comes to the parallel state next."""
    return _looked_up(run.put().settle(), BEN)


def put_again_and_poll(run: Simulation) -> Processes:
    """The function that took the photo in died before it was stored; its user sends it again."""
    run.die_before("s3.PutObject").put(tell=True, tries=1).wait(71)
    return run.meet(lambda: run.put(tell=True), run.ask)


def arrived_twice(run: Simulation) -> Processes:
    run.post_portrait(tell=True).send_event().announce_all()
    return run.meet(Step.INTAKE, Step.INTAKE)


def arrived_and_delete(run: Simulation) -> Processes:
    """Nothing is stored for the photo that counts: only its record could tell of the deletion."""
    run.put().settle().wait(71).post_portrait(BEN, tell=True).announce_all().wait(10)
    return run.meet(Step.INTAKE, run.remove)


def arrived_and_put(run: Simulation) -> Processes:
    run.post_portrait(BEN, tell=True).announce_all().wait(10)
    return run.meet(Step.INTAKE, lambda: run.put(tell=True))


def same_face(
    run: Simulation, *, users: Sequence[str] = TWO, descending: bool = False
) -> Processes:
    """No user had this face when it was looked up."""
    run.backend.faces.descending = descending
    return run.meet(*[_looked_up(run, ANNA, user_id).rest(PARALLEL) for user_id in users])


def same_face_and_one_that_is_there(run: Simulation, *, descending: bool = False) -> Processes:
    """The other user's face is in the collection, and about to count."""
    run.backend.faces.descending = descending
    late = run.put(tell=True).invoke("detect_face").rest("CheckFaceDuplicate")
    _looked_up(run, ANNA, "user_c").invoke(THUMBNAIL, INDEX)
    return run.meet(late, run.rest("PersistMetadata"))


def same_face_and_its_owner_goes(run: Simulation) -> Processes:
    run.put(ANNA, "user_c").settle().put(tell=True).invoke("detect_face")
    return run.meet(run.rest("CheckFaceDuplicate"), lambda: run.remove("user_c"))


def same_face_and_its_owner_takes_another(run: Simulation) -> Processes:
    _looked_up(run.put(ANNA, "user_c").settle(), BEN, "user_c").invoke(THUMBNAIL, INDEX)
    other = run.rest("PersistMetadata")
    run.put(tell=True).invoke("detect_face")
    return run.meet(run.rest("CheckFaceDuplicate"), other)


def _late(run: Simulation, function: str) -> Processes:
    """The other branch has failed for good: no state waits for this function, but it goes on."""
    return run.meet(
        run.invocation_of(function), run.rest("ProcessingFailed"), lambda: run.nap(71).sweep()
    )


def late_index_and_another_execution(run: Simulation) -> Processes:
    """An operator stops the execution; the function that its state has invoked goes on."""
    late = _looked_up(run).invoke(THUMBNAIL).invocation_of(INDEX)
    return run.abort_executions().meet(late, lambda: run.nap(71).ask().deliver_all())


def late_thumbnail_and_deletion(run: Simulation) -> Processes:
    """The function goes on in a later try; by then the photo counts and is deleted."""
    late = _looked_up(run).invoke(INDEX).invocation_of(THUMBNAIL)
    run.wait(41).abort_executions()
    return run.meet(late, lambda: run.nap(30).ask().deliver_all().remove())


INTERRUPTED_THREE_TIMES: Final[Meetings] = {
    "PUT again and DELETE": lambda run: run.put(tell=True).meet(
        lambda: run.put(tell=True), run.remove
    ),
    "two PUTs of a photo": lambda run: run.meet(*[lambda: run.put(tell=True)] * 2),
    "two PUTs": lambda run: run.meet(lambda: run.put(tell=True), lambda: run.put(BEN, tell=True)),
    "two polls of a profile": lambda run: _lost(run).meet(run.ask, run.ask),
    "PUT again and a poll": put_again_and_poll,
}
INTERRUPTED_TWICE: Final[Meetings] = {
    "PUT and DELETE": lambda run: (
        run.put().settle().meet(lambda: run.put(BEN, tell=True), run.remove)
    ),
    # The photo is replaced while it is on its way.
    "PUT and the workflow": lambda run: run.put(tell=True).meet(
        run.rest(), lambda: run.put(BEN, tell=True)
    ),
    # The same photo, with an address this time, while it is being refused.
    "PUT again and the workflow": lambda run: run.put(NOBODY).meet(
        run.rest(), lambda: run.put(NOBODY, tell=True)
    ),
    # The photo that counts is sent again while another one replaces it.
    "return and the workflow": lambda run: _replacing(run).meet(
        run.rest(PARALLEL), lambda: run.put(tell=True)
    ),
    "DELETE and the workflow": lambda run: run.put(tell=True).meet(run.rest(), run.remove),
    "DELETE and a replacement": lambda run: _replacing(run).meet(run.rest(PARALLEL), run.remove),
    "DELETE and a refusal": lambda run: run.put(NOBODY, tell=True).meet(run.rest(), run.remove),
    "a poll of a profile and a sweep": lambda run: _lost(run).meet(run.ask, run.sweep),
    # Nothing happened for a while, but the execution is only slow.
    "a poll and a slow workflow": lambda run: (
        _looked_up(run).wait(71).meet(run.ask, run.rest(PARALLEL))
    ),
    "a sweep and the workflow": lambda run: (
        _looked_up(run)
        .invoke(INDEX, THUMBNAIL)
        .wait(71)
        .meet(run.sweep, run.rest("PersistMetadata"))
    ),
    "two DELETEs": lambda run: run.put().settle().meet(run.remove, run.remove),
    # The record is about to be removed when its user sends a photo again.
    "PUT and the removal of a record": lambda run: (
        run.put().settle().remove().wait(71).meet(run.sweep, lambda: run.put(tell=True))
    ),
    "two sweeps of leftovers": lambda run: (
        _replacing(run).invoke(INDEX).remove().wait(71).meet(run.sweep, run.sweep)
    ),
    "an arrived photo twice": arrived_twice,
    "an arrived photo and DELETE": arrived_and_delete,
    "an arrived photo and PUT": arrived_and_put,
    "by hand and PUT": lambda run: (
        run.start_by_hand(BEN).wait(1).meet(run.rest(), lambda: run.put(tell=True))
    ),
    "the same face": same_face,
    "the same face, the later id lower": partial(same_face, descending=True),
    "the same face, and one that is there": same_face_and_one_that_is_there,
    "the same face, the later id lower, and one that is there": partial(
        same_face_and_one_that_is_there, descending=True
    ),
    "the same face, and its owner goes": same_face_and_its_owner_goes,
    "the same face, and its owner changes": same_face_and_its_owner_takes_another,
    # Lambda invokes a function again though the first invocation goes on.
    "an index twice": lambda run: (
        _looked_up(run).invoke(THUMBNAIL).meet(run.invocation_of(INDEX), run.rest(PARALLEL))
    ),
    "a registration twice": lambda run: (
        _replacing(run)
        .invoke(THUMBNAIL, INDEX)
        .meet(run.invocation_of("persist_metadata"), run.rest("PersistMetadata"))
    ),
    "a late index and another execution": late_index_and_another_execution,
    "a late thumbnail and DELETE": late_thumbnail_and_deletion,
}
INTERRUPTED_ONCE: Final[Meetings] = {
    "the same face three times": partial(same_face, users=THREE),
    "the same face three times, the later id lower": partial(
        same_face, users=THREE, descending=True
    ),
}
FAILED_IN_THE_END: Final[Meetings] = {
    "a late thumbnail": lambda run: _late(_looked_up(run), THUMBNAIL),
    "a late detection": lambda run: _late(run.put(tell=True), "detect_face"),
}
PROFILE_MEETINGS: Final = (
    *meetings(INTERRUPTED_THREE_TIMES, preemptions=3),
    *meetings(INTERRUPTED_TWICE, preemptions=2),
    *meetings(INTERRUPTED_ONCE, preemptions=1),
    *meetings(FAILED_IN_THE_END, preemptions=1, fails=True),
    *meetings(
        {"a late index": lambda run: _late(_looked_up(run).invoke(THUMBNAIL), INDEX)},
        preemptions=2,
        fails=True,
    ),
)
