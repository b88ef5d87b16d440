"""Meetings over a face, and in the parallel state: who is first, and who comes too late."""

from tests.fakes.workflow import Execution
from tests.proof.meeting import Processes
from tests.proof.profile_meeting import (
    UP_TO_PARALLEL,
    ProfileMeeting,
    registered,
    sent,
    to_its_end,
)
from tests.proof.profile_simulation import ANNA, BEN, ProfileSimulation


def _racing(run: ProfileSimulation, *users: str) -> Processes:
    """Nobody had this face when it was looked up."""
    racing = [sent(run, user_id, ANNA, *UP_TO_PARALLEL) for user_id in users]
    return [to_its_end(run, each, "ParallelProcessing") for each in racing]


def same_face(run: ProfileSimulation) -> Processes:
    return _racing(run, "user_a", "user_b")


def same_face_later_id_lower(run: ProfileSimulation) -> Processes:
    run.backend.faces.descending = True
    return same_face(run)


def same_face_three_times_later_id_lower(run: ProfileSimulation) -> Processes:
    run.backend.faces.descending = True
    return same_face_three_times(run)


def same_face_later_id_lower_and_one_that_is_there(run: ProfileSimulation) -> Processes:
    run.backend.faces.descending = True
    return same_face_and_one_that_is_there(run)


def same_face_three_times(run: ProfileSimulation) -> Processes:
    return _racing(run, "user_a", "user_b", "user_c")


def same_face_and_one_that_is_there(run: ProfileSimulation) -> Processes:
    """The third one's is in the collection, and about to count."""
    late = sent(run, "user_a", ANNA, "detect_face")
    ahead = sent(run, "user_c", ANNA, *UP_TO_PARALLEL, "make_thumbnail", "add_face_to_index")
    return (
        to_its_end(run, late, "CheckFaceDuplicate"),
        to_its_end(run, ahead, "PersistMetadata"),
    )


def same_face_and_its_owner_goes(run: ProfileSimulation) -> Processes:
    registered(run, "user_c")
    late = sent(run, "user_a", ANNA, "detect_face")
    return to_its_end(run, late, "CheckFaceDuplicate"), lambda: run.remove("user_c")


def same_face_and_its_owner_takes_another(run: ProfileSimulation) -> Processes:
    registered(run, "user_c")
    other = sent(run, "user_c", BEN, *UP_TO_PARALLEL, "make_thumbnail", "add_face_to_index")
    late = sent(run, "user_a", ANNA, "detect_face")
    return (
        to_its_end(run, late, "CheckFaceDuplicate"),
        to_its_end(run, other, "PersistMetadata"),
    )


def late_thumbnail(run: ProfileSimulation) -> Processes:
    """The other branch has failed for good: nobody waits for this one, but it goes on."""
    execution = sent(run, "user_a", ANNA, *UP_TO_PARALLEL)
    return _late(run, execution, "make_thumbnail")


def late_index(run: ProfileSimulation) -> Processes:
    execution = sent(run, "user_a", ANNA, *UP_TO_PARALLEL, "make_thumbnail")
    return _late(run, execution, "add_face_to_index")


def late_detection(run: ProfileSimulation) -> Processes:
    execution = sent(run, "user_a", ANNA)
    return _late(run, execution, "detect_face")


def _late(run: ProfileSimulation, execution: Execution, function: str) -> Processes:
    def a_minute_later() -> None:
        run.lapse(71)()
        run.sweep()

    return (
        run.invoke(function, execution),
        to_its_end(run, execution, "ProcessingFailed"),
        a_minute_later,
    )


def index_twice(run: ProfileSimulation) -> Processes:
    """Lambda was invoked again though the first invocation goes on."""
    execution = sent(run, "user_a", ANNA, *UP_TO_PARALLEL, "make_thumbnail")
    return (
        run.invoke("add_face_to_index", execution),
        to_its_end(run, execution, "ParallelProcessing"),
    )


def registration_twice(run: ProfileSimulation) -> Processes:
    registered(run)
    execution = sent(run, "user_a", BEN, *UP_TO_PARALLEL, "make_thumbnail", "add_face_to_index")
    return (
        run.invoke("persist_metadata", execution),
        to_its_end(run, execution, "PersistMetadata"),
    )


def late_index_and_another_execution(run: ProfileSimulation) -> Processes:
    """An operator stopped the execution; what its state had begun goes on all the same."""
    execution = sent(run, "user_a", ANNA, *UP_TO_PARALLEL, "make_thumbnail")
    execution.status = "ABORTED"

    def ask_and_work() -> None:
        run.lapse(71)()
        run.ask("user_a")
        run.deliver_all()

    return run.invoke("add_face_to_index", execution), ask_and_work


def late_thumbnail_and_deletion(run: ProfileSimulation) -> Processes:
    """The same, in a later try, and by then the photo counts and is deleted."""
    execution = sent(run, "user_a", ANNA, *UP_TO_PARALLEL, "add_face_to_index")
    run.clock.advance(41)
    execution.status = "ABORTED"

    def ask_work_and_delete() -> None:
        run.lapse(30)()
        run.ask("user_a")
        run.deliver_all()
        run.remove("user_a")

    return run.invoke("make_thumbnail", execution), ask_work_and_delete


FACE_MEETINGS = (
    ProfileMeeting("the same face", same_face),
    ProfileMeeting("the same face, the later id lower", same_face_later_id_lower),
    ProfileMeeting("the same face three times", same_face_three_times, preemptions=1),
    ProfileMeeting(
        "the same face three times, the later id lower",
        same_face_three_times_later_id_lower,
        preemptions=1,
    ),
    ProfileMeeting("the same face, and one that is there", same_face_and_one_that_is_there),
    ProfileMeeting(
        "the same face, the later id lower, and one that is there",
        same_face_later_id_lower_and_one_that_is_there,
    ),
    ProfileMeeting("the same face, and its owner goes", same_face_and_its_owner_goes),
    ProfileMeeting("the same face, and its owner changes", same_face_and_its_owner_takes_another),
    ProfileMeeting("a late thumbnail", late_thumbnail, preemptions=1, fails=True),
    ProfileMeeting("a late index", late_index, fails=True),
    ProfileMeeting("a late detection", late_detection, preemptions=1, fails=True),
    ProfileMeeting("an index twice", index_twice),
    ProfileMeeting("a registration twice", registration_twice),
    ProfileMeeting("a late index and another execution", late_index_and_another_execution),
    ProfileMeeting("a late thumbnail and DELETE", late_thumbnail_and_deletion),
)
