"""Two processes that meet over a profile: whoever sends, deletes, asks, sweeps, or works on it."""

from tests.proof.meeting import Processes
from tests.proof.meetings_of_faces import FACE_MEETINGS
from tests.proof.profile_meeting import (
    UP_TO_PARALLEL,
    ProfileMeeting,
    registered,
    sent,
    to_its_end,
)
from tests.proof.profile_simulation import ANNA, BEN, NOBODY, ProfileSimulation

_A = "a@example.com"


def put_and_delete(run: ProfileSimulation) -> Processes:
    registered(run)
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
    execution = sent(run, "user_a", ANNA)
    return to_its_end(run, execution), lambda: run.put("user_a", BEN, email=_A)


def put_again_and_workflow(run: ProfileSimulation) -> Processes:
    """The same photo, with an address this time, while it is being refused."""
    run.put("user_a", NOBODY)
    execution = run.running()[-1]
    return to_its_end(run, execution), lambda: run.put("user_a", NOBODY, email=_A)


def return_and_workflow(run: ProfileSimulation) -> Processes:
    """The photo that counts is sent again while another one replaces it."""
    registered(run)
    execution = sent(run, "user_a", BEN, *UP_TO_PARALLEL)
    return (
        to_its_end(run, execution, "ParallelProcessing"),
        lambda: run.put("user_a", ANNA, email=_A),
    )


def delete_and_workflow(run: ProfileSimulation) -> Processes:
    execution = sent(run, "user_a", ANNA)
    return to_its_end(run, execution), lambda: run.remove("user_a")


def delete_and_replacement(run: ProfileSimulation) -> Processes:
    registered(run)
    execution = sent(run, "user_a", BEN, *UP_TO_PARALLEL)
    return to_its_end(run, execution, "ParallelProcessing"), lambda: run.remove("user_a")


def delete_and_refusal(run: ProfileSimulation) -> Processes:
    execution = sent(run, "user_a", NOBODY)
    return to_its_end(run, execution), lambda: run.remove("user_a")


def two_polls(run: ProfileSimulation) -> Processes:
    _abandoned(run)
    return [lambda: run.ask("user_a")] * 2


def poll_and_sweep(run: ProfileSimulation) -> Processes:
    _abandoned(run)
    return lambda: run.ask("user_a"), run.sweep


def _abandoned(run: ProfileSimulation) -> None:
    """Its execution is no more, and that was a while ago."""
    sent(run, "user_a", ANNA).status = "ABORTED"
    run.clock.advance(71)


def poll_and_slow_workflow(run: ProfileSimulation) -> Processes:
    """Nothing happened for a while, but the execution is only slow."""
    execution = sent(run, "user_a", ANNA, *UP_TO_PARALLEL)
    run.clock.advance(71)
    return lambda: run.ask("user_a"), to_its_end(run, execution, "ParallelProcessing")


def sweep_and_workflow(run: ProfileSimulation) -> Processes:
    execution = sent(run, "user_a", ANNA, *UP_TO_PARALLEL, "add_face_to_index", "make_thumbnail")
    run.clock.advance(71)
    return run.sweep, to_its_end(run, execution, "PersistMetadata")


def put_again_and_poll(run: ProfileSimulation) -> Processes:
    """Whoever took the photo in died before it was stored; its sender is back after a minute."""
    run.tape.doomed = "s3.PutObject"
    run.put("user_a", ANNA, email=_A, patience=1)
    run.clock.advance(71)
    return lambda: run.put("user_a", ANNA, email=_A), lambda: run.ask("user_a")


def delete_twice(run: ProfileSimulation) -> Processes:
    registered(run)
    return [lambda: run.remove("user_a")] * 2


def put_and_removal(run: ProfileSimulation) -> Processes:
    """The record is about to go when its user is back."""
    registered(run)
    run.remove("user_a")
    run.clock.advance(71)
    return run.sweep, lambda: run.put("user_a", ANNA, email=_A)


def two_sweeps_of_leftovers(run: ProfileSimulation) -> Processes:
    registered(run)
    sent(run, "user_a", BEN, *UP_TO_PARALLEL, "add_face_to_index")
    run.remove("user_a")
    run.clock.advance(71)
    return run.sweep, run.sweep


def staged_twice(run: ProfileSimulation) -> Processes:
    key = run.post("user_a", ANNA, email=_A)
    run.announce(key)
    run.announce_all()
    return run.receive_intake(), run.receive_intake()


def staged_and_delete(run: ProfileSimulation) -> Processes:
    """Nobody stores anything for the photo that counts: only its record could tell of the end."""
    registered(run)
    run.clock.advance(71)
    run.post("user_a", BEN, email=_A)
    run.announce_all()
    run.clock.advance(10)
    return run.receive_intake(), lambda: run.remove("user_a")


def staged_and_put(run: ProfileSimulation) -> Processes:
    run.post("user_a", BEN, email=_A)
    run.announce_all()
    run.clock.advance(10)
    return run.receive_intake(), lambda: run.put("user_a", ANNA, email=_A)


def by_hand_and_put(run: ProfileSimulation) -> Processes:
    execution = run.by_hand("user_a", BEN)
    run.clock.advance(1)
    return to_its_end(run, execution), lambda: run.put("user_a", ANNA, email=_A)


PROFILE_MEETINGS = (
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
    ProfileMeeting("a staged photo twice", staged_twice),
    ProfileMeeting("a staged photo and DELETE", staged_and_delete),
    ProfileMeeting("a staged photo and PUT", staged_and_put),
    ProfileMeeting("by hand and PUT", by_hand_and_put),
    *FACE_MEETINGS,
)
