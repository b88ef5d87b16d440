"""Two or three processes that meet over a profile, or over a face."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.profiles.parts import ProfileParts
from tests.proof.backend import Backend
from tests.proof.invariants_of_profiles import check_profiles
from tests.proof.meeting import Processes, Rest
from tests.proof.profile_simulation import ANNA, BEN, NOBODY, ProfileSimulation
from tests.proof.tape import Tape
from tests.states_language import Execution

_A = "a@example.com"
_UP_TO_PARALLEL = ("detect_face", "check_face_duplicate")


@dataclass(frozen=True)
class ProfileMeeting:
    """A situation, and the processes that meet in it; as `meeting.Meeting`."""

    name: str
    arrange: Callable[[ProfileSimulation], Processes]
    preemptions: int = 2
    fails: bool = False
    parts: Callable[..., ProfileParts] = ProfileParts

    def begin(self, backend: Backend, tape: Tape) -> tuple[Processes, Rest]:
        simulation = ProfileSimulation(backend, tape, parts=self.parts)

        def rest() -> None:
            simulation.settle()
            check_profiles(simulation, may_fail=self.fails)

        return self.arrange(simulation), rest


def _sent(
    run: ProfileSimulation, user_id: str, person: int, *done: str, shot: int = 0
) -> Execution:
    """A photo on its way, of which these functions have done their part."""
    run.put(user_id, person, shot=shot, email=f"{user_id[-1]}@example.com")
    execution = run.running()[-1]
    for function in done:
        run.invoke(function, execution)()
    return execution


def _registered(run: ProfileSimulation, user_id: str = "user_a", person: int = ANNA) -> None:
    run.put(user_id, person)
    run.settle()


def _to_its_end(
    run: ProfileSimulation, execution: Execution, since: str = "FaceDetection"
) -> Callable[[], None]:
    return lambda: run.run(execution, since)


def _racing(run: ProfileSimulation, *users: str) -> Processes:
    """Nobody had this face when it was looked up."""
    racing = [_sent(run, user_id, ANNA, *_UP_TO_PARALLEL) for user_id in users]
    return [_to_its_end(run, each, "ParallelProcessing") for each in racing]


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
    late = _sent(run, "user_a", ANNA, "detect_face")
    ahead = _sent(run, "user_c", ANNA, *_UP_TO_PARALLEL, "make_thumbnail", "add_face_to_index")
    return (
        _to_its_end(run, late, "CheckFaceDuplicate"),
        _to_its_end(run, ahead, "PersistMetadata"),
    )


def same_face_and_its_owner_goes(run: ProfileSimulation) -> Processes:
    _registered(run, "user_c")
    late = _sent(run, "user_a", ANNA, "detect_face")
    return _to_its_end(run, late, "CheckFaceDuplicate"), lambda: run.remove("user_c")


def same_face_and_its_owner_takes_another(run: ProfileSimulation) -> Processes:
    _registered(run, "user_c")
    other = _sent(run, "user_c", BEN, *_UP_TO_PARALLEL, "make_thumbnail", "add_face_to_index")
    late = _sent(run, "user_a", ANNA, "detect_face")
    return (
        _to_its_end(run, late, "CheckFaceDuplicate"),
        _to_its_end(run, other, "PersistMetadata"),
    )


def put_and_delete(run: ProfileSimulation) -> Processes:
    _registered(run)
    return lambda: run.put("user_a", BEN, email=_A), lambda: run.remove("user_a")


def first_put_and_delete(run: ProfileSimulation) -> Processes:
    run.put("user_a", ANNA, email=_A)
    return lambda: run.put("user_a", ANNA, email=_A), lambda: run.remove("user_a")


def two_puts(run: ProfileSimulation) -> Processes:
    return [lambda: run.put("user_a", ANNA, email=_A)] * 2


def two_puts_of_different_photos(run: ProfileSimulation) -> Processes:
    return (
        lambda: run.put("user_a", ANNA, email=_A),
        lambda: run.put("user_a", BEN, email=_A),
    )


def put_and_workflow(run: ProfileSimulation) -> Processes:
    """The photo is replaced while it is on its way."""
    execution = _sent(run, "user_a", ANNA)
    return _to_its_end(run, execution), lambda: run.put("user_a", BEN, email=_A)


def put_again_and_workflow(run: ProfileSimulation) -> Processes:
    """The same photo, with an address this time, while it is being refused."""
    run.put("user_a", NOBODY)
    execution = run.running()[-1]
    return _to_its_end(run, execution), lambda: run.put("user_a", NOBODY, email=_A)


def return_and_workflow(run: ProfileSimulation) -> Processes:
    """The photo that counts is sent again while another one replaces it."""
    _registered(run)
    execution = _sent(run, "user_a", BEN, *_UP_TO_PARALLEL)
    return (
        _to_its_end(run, execution, "ParallelProcessing"),
        lambda: run.put("user_a", ANNA, email=_A),
    )


def delete_and_workflow(run: ProfileSimulation) -> Processes:
    execution = _sent(run, "user_a", ANNA)
    return _to_its_end(run, execution), lambda: run.remove("user_a")


def delete_and_replacement(run: ProfileSimulation) -> Processes:
    _registered(run)
    execution = _sent(run, "user_a", BEN, *_UP_TO_PARALLEL)
    return _to_its_end(run, execution, "ParallelProcessing"), lambda: run.remove("user_a")


def delete_and_refusal(run: ProfileSimulation) -> Processes:
    execution = _sent(run, "user_a", NOBODY)
    return _to_its_end(run, execution), lambda: run.remove("user_a")


def two_polls(run: ProfileSimulation) -> Processes:
    _abandoned(run)
    return [lambda: run.ask("user_a")] * 2


def poll_and_sweep(run: ProfileSimulation) -> Processes:
    _abandoned(run)
    return lambda: run.ask("user_a"), run.sweep


def _abandoned(run: ProfileSimulation) -> None:
    """Its execution is no more, and that was a while ago."""
    _sent(run, "user_a", ANNA).status = "ABORTED"
    run.clock.advance(61)


def poll_and_slow_workflow(run: ProfileSimulation) -> Processes:
    """Nothing happened for a while, but the execution is only slow."""
    execution = _sent(run, "user_a", ANNA, *_UP_TO_PARALLEL)
    run.clock.advance(61)
    return lambda: run.ask("user_a"), _to_its_end(run, execution, "ParallelProcessing")


def sweep_and_workflow(run: ProfileSimulation) -> Processes:
    execution = _sent(run, "user_a", ANNA, *_UP_TO_PARALLEL, "add_face_to_index", "make_thumbnail")
    run.clock.advance(61)
    return run.sweep, _to_its_end(run, execution, "PersistMetadata")


def put_again_and_poll(run: ProfileSimulation) -> Processes:
    """Whoever took the photo in died before it was stored; its sender is back after a minute."""
    run.tape.doomed = "s3.PutObject"
    run.put("user_a", ANNA, email=_A, patience=1)
    run.clock.advance(61)
    return lambda: run.put("user_a", ANNA, email=_A), lambda: run.ask("user_a")


def delete_twice(run: ProfileSimulation) -> Processes:
    _registered(run)
    return [lambda: run.remove("user_a")] * 2


def put_and_removal(run: ProfileSimulation) -> Processes:
    """The record is about to go when its user is back."""
    _registered(run)
    run.remove("user_a")
    run.clock.advance(61)
    return run.sweep, lambda: run.put("user_a", ANNA, email=_A)


def two_sweeps_of_leftovers(run: ProfileSimulation) -> Processes:
    _registered(run)
    _sent(run, "user_a", BEN, *_UP_TO_PARALLEL, "add_face_to_index")
    run.remove("user_a")
    run.clock.advance(61)
    return run.sweep, run.sweep


def late_thumbnail(run: ProfileSimulation) -> Processes:
    """The other branch has failed for good: nobody waits for this one, but it goes on."""
    execution = _sent(run, "user_a", ANNA, *_UP_TO_PARALLEL)
    return _late(run, execution, "make_thumbnail")


def late_index(run: ProfileSimulation) -> Processes:
    execution = _sent(run, "user_a", ANNA, *_UP_TO_PARALLEL, "make_thumbnail")
    return _late(run, execution, "add_face_to_index")


def late_detection(run: ProfileSimulation) -> Processes:
    execution = _sent(run, "user_a", ANNA)
    return _late(run, execution, "detect_face")


def _late(run: ProfileSimulation, execution: Execution, function: str) -> Processes:
    def a_minute_later() -> None:
        run.lapse(61)()
        run.sweep()

    return (
        run.invoke(function, execution),
        _to_its_end(run, execution, "ProcessingFailed"),
        a_minute_later,
    )


def index_twice(run: ProfileSimulation) -> Processes:
    """Lambda was invoked again though the first invocation goes on."""
    execution = _sent(run, "user_a", ANNA, *_UP_TO_PARALLEL, "make_thumbnail")
    return (
        run.invoke("add_face_to_index", execution),
        _to_its_end(run, execution, "ParallelProcessing"),
    )


def registration_twice(run: ProfileSimulation) -> Processes:
    _registered(run)
    execution = _sent(run, "user_a", BEN, *_UP_TO_PARALLEL, "make_thumbnail", "add_face_to_index")
    return (
        run.invoke("persist_metadata", execution),
        _to_its_end(run, execution, "PersistMetadata"),
    )


def late_index_and_another_execution(run: ProfileSimulation) -> Processes:
    """An operator stopped the execution; what its state had begun goes on all the same."""
    execution = _sent(run, "user_a", ANNA, *_UP_TO_PARALLEL, "make_thumbnail")
    execution.status = "ABORTED"

    def ask_and_work() -> None:
        run.lapse(61)()
        run.ask("user_a")
        run.deliver_all()

    return run.invoke("add_face_to_index", execution), ask_and_work


def late_thumbnail_and_deletion(run: ProfileSimulation) -> Processes:
    """The same, in a later try, and by then the photo counts and is deleted."""
    execution = _sent(run, "user_a", ANNA, *_UP_TO_PARALLEL, "add_face_to_index")
    run.clock.advance(40)
    execution.status = "ABORTED"

    def ask_work_and_delete() -> None:
        run.lapse(30)()
        run.ask("user_a")
        run.deliver_all()
        run.remove("user_a")

    return run.invoke("make_thumbnail", execution), ask_work_and_delete


def staged_twice(run: ProfileSimulation) -> Processes:
    key = run.post("user_a", ANNA, email=_A)
    run.announce(key)
    run.announce_all()
    return run.receive_staged(), run.receive_staged()


def staged_and_delete(run: ProfileSimulation) -> Processes:
    _registered(run)
    run.post("user_a", BEN, email=_A)
    run.announce_all()
    run.clock.advance(10)
    return run.receive_staged(), lambda: run.remove("user_a")


def staged_and_put(run: ProfileSimulation) -> Processes:
    run.post("user_a", BEN, email=_A)
    run.announce_all()
    run.clock.advance(10)
    return run.receive_staged(), lambda: run.put("user_a", ANNA, email=_A)


def by_hand_and_put(run: ProfileSimulation) -> Processes:
    execution = run.by_hand("user_a", BEN)
    run.clock.advance(1)
    return _to_its_end(run, execution), lambda: run.put("user_a", ANNA, email=_A)


PROFILE_MEETINGS = (
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
    ProfileMeeting("PUT and DELETE", put_and_delete),
    ProfileMeeting("PUT again and DELETE", first_put_and_delete, preemptions=3),
    ProfileMeeting("two PUTs of a photo", two_puts, preemptions=3),
    ProfileMeeting("two PUTs", two_puts_of_different_photos, preemptions=3),
    ProfileMeeting("PUT and the workflow", put_and_workflow),
    ProfileMeeting("PUT again and the workflow", put_again_and_workflow),
    ProfileMeeting("return and the workflow", return_and_workflow),
    ProfileMeeting("DELETE and the workflow", delete_and_workflow),
    ProfileMeeting("DELETE and a replacement", delete_and_replacement),
    ProfileMeeting("DELETE and a refusal", delete_and_refusal),
    ProfileMeeting("two polls of a profile", two_polls, preemptions=3),
    ProfileMeeting("a poll of a profile and a sweep", poll_and_sweep),
    ProfileMeeting("a poll and a slow workflow", poll_and_slow_workflow),
    ProfileMeeting("a sweep and the workflow", sweep_and_workflow),
    ProfileMeeting("PUT again and a poll", put_again_and_poll, preemptions=3),
    ProfileMeeting("two DELETEs", delete_twice),
    ProfileMeeting("PUT and the removal of a record", put_and_removal),
    ProfileMeeting("two sweeps of leftovers", two_sweeps_of_leftovers),
    ProfileMeeting("a late thumbnail", late_thumbnail, preemptions=1, fails=True),
    ProfileMeeting("a late index", late_index, fails=True),
    ProfileMeeting("a late detection", late_detection, preemptions=1, fails=True),
    ProfileMeeting("an index twice", index_twice),
    ProfileMeeting("a registration twice", registration_twice),
    ProfileMeeting("a late index and another execution", late_index_and_another_execution),
    ProfileMeeting("a late thumbnail and DELETE", late_thumbnail_and_deletion),
    ProfileMeeting("a staged photo twice", staged_twice),
    ProfileMeeting("a staged photo and DELETE", staged_and_delete),
    ProfileMeeting("a staged photo and PUT", staged_and_put),
    ProfileMeeting("by hand and PUT", by_hand_and_put),
)
