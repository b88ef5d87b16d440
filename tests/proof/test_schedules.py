"""Whichever request fails, and in whichever order requests are made: no promise is broken.

Each test plays a family of schedules on the real pipeline; `invariants` says what must hold after
each of them. `make test` plays the slice of every family, `make prove` plays every schedule.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.proof.ledger import PLAYED
from tests.proof.meetings_of_profiles import PROFILE_MEETINGS
from tests.proof.meetings_of_stories import STORY_MEETINGS
from tests.proof.rare_ways import RARE_WAYS
from tests.proof.scenarios_of_profiles import PROFILE_SCENARIOS
from tests.proof.scenarios_of_stories import STORY_SCENARIOS
from tests.proof.schedules import (
    Meeting,
    Part,
    Scenario,
    every_fault_in_every_order_of,
    every_order_of,
    every_pair_of_faults,
    every_single_fault,
    play,
)
from tests.proof.simulated_aws import USUAL, Conditions, MemoryBackend
from tests.proof.tape import ALL_KINDS, CRASHES, Fault

SCENARIOS = (*STORY_SCENARIOS, *PROFILE_SCENARIOS)
MEETINGS = (*STORY_MEETINGS, *PROFILE_MEETINGS)
UPLOAD_TO_NOTICE = STORY_SCENARIOS[0]
CRASHED_TWICE = ("finished duplicate", "audio is missing", "failed and sent again")
CRASHING = (
    "one reading message twice",
    "two uploads of a new photo",
    "a dead letter and a step",
    "the same face, the later id lower, and one that is there",
    "a correction and narration",
    "times wanted late",
    # Deletions while others write.
    "narration of a correction and a deletion",
    "a deletion and narration",
    "a deletion and the photo again",
    "a deletion and a claim's photo",
    "an arrived photo and an eraser",
    "an arrived photo and a cancellation",
    "an eraser and the photo again",
    "an eraser and a late step",
    "an eraser and a reader",
    "two erasers of a direct upload",
    "DELETE and the workflow",
)
FORKING_NAMES = {
    "profile photo",
    "a face that is too unclear",
    "replacement",
    "delete a profile meanwhile",
    "execution by hand",
    "thumbnail out of order",
    "index out of order",
}
POSTED = [each for each in PROFILE_SCENARIOS if "posted" in each.name]
FORKING = [each for each in PROFILE_SCENARIOS if each.name in FORKING_NAMES]
TWICE, ABORTING = Conditions(twice=True), Conditions(aborting=True)
BACKWARDS = Conditions(backwards=True)

in_part = pytest.mark.parametrize(
    "part", [Part.SLICE, pytest.param(Part.EVERY, marks=pytest.mark.prove)]
)


def each(kind: str, cases: Iterable[Scenario], *names: str) -> pytest.MarkDecorator:
    """A test for each case, or for those with these names."""
    chosen = [case for case in cases if not names or case.name in names]
    return pytest.mark.parametrize(kind, chosen, ids=lambda case: case.name)


FAMILIES: tuple[tuple[str, Any, Sequence[Fault], Conditions, int], ...] = (
    ("single faults, at every request of every path", SCENARIOS, ALL_KINDS, USUAL, 1),
    ("single faults, with every message delivered twice", STORY_SCENARIOS, ALL_KINDS, TWICE, 8),
    ("crashes with every message about a profile photo delivered twice", POSTED, CRASHES, TWICE, 4),
    ("crashes that end an execution of a profile photo", PROFILE_SCENARIOS, CRASHES, ABORTING, 4),
    ("crashes with the parallel branches the other way round", FORKING, CRASHES, BACKWARDS, 4),
)
"""The scenarios, the faults, the conditions, and which requests meet a fault in the slice."""


@in_part
@pytest.mark.parametrize(
    ("family", "scenario"),
    [
        pytest.param(family, scenario, id=f"{scenario.name}, {family[0]}")
        for family in FAMILIES
        for scenario in family[1]
    ],
)
def test_one_fault_at_any_request_breaks_no_promise(
    family: Any, scenario: Scenario, part: Part
) -> None:
    name, _, kinds, conditions, step = family

    runs = every_single_fault(scenario, kinds, part, conditions, step=step)

    PLAYED[name] += runs
    assert runs > (3 * len(kinds) if part is Part.EVERY else 1)


@in_part
def test_two_faults_between_upload_and_notice_break_no_promise(part: Part) -> None:
    runs = every_pair_of_faults(UPLOAD_TO_NOTICE, ALL_KINDS, part, step=3)

    PLAYED["pairs of faults on the way from upload to notice"] += runs
    assert runs > (4000 if part is Part.EVERY else 100)


@in_part
@each("scenario", STORY_SCENARIOS, *CRASHED_TWICE)
def test_two_crashes_break_no_promise(scenario: Scenario, part: Part) -> None:
    runs = every_pair_of_faults(scenario, CRASHES, part, step=12)

    PLAYED["pairs of crashes on the duplicate, failover and dead-letter paths"] += runs
    assert runs > (1000 if part is Part.EVERY else 30)


@in_part
@each("meeting", MEETINGS)
def test_no_order_of_requests_breaks_a_promise(meeting: Meeting, part: Part) -> None:
    runs = every_order_of(meeting, part)

    PLAYED["orders of requests of processes that meet"] += runs
    assert runs > (30 if part is Part.EVERY else 5)


@in_part
@each("meeting", MEETINGS, *CRASHING)
def test_no_order_with_a_fault_breaks_a_promise(meeting: Meeting, part: Part) -> None:
    kinds = CRASHES if meeting in PROFILE_MEETINGS else ALL_KINDS
    runs = every_fault_in_every_order_of(meeting, kinds, part, step=5)

    PLAYED["orders of requests with a fault among them"] += runs
    assert runs > (200 if part is Part.EVERY else 10)


@pytest.mark.prove
@each("scenario", STORY_SCENARIOS)
@pytest.mark.parametrize("seconds", [-0.02, 0.02])
def test_clocks_that_differ_break_no_promise(scenario: Scenario, seconds: float) -> None:
    def with_clocks_that_differ() -> MemoryBackend:
        backend = MemoryBackend()
        for queue in backend.queues.values():
            queue.clock_ahead = timedelta(seconds=seconds)
        return backend

    play(scenario, conditions=Conditions(with_clocks_that_differ))

    PLAYED["paths with SQS's clock 20 ms ahead or behind"] += 1


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.SERVER_ERROR])
def test_a_request_that_fails_once_is_repeated_within_seconds(fault: Fault) -> None:
    """Neither after the visibility timeout nor when the lease is over."""
    for number in range(1, play(UPLOAD_TO_NOTICE) + 1):
        backend = MemoryBackend()
        started = backend.clock.now

        play(UPLOAD_TO_NOTICE, {number: fault}, Conditions(lambda backend=backend: backend))  # type: ignore[misc]

        assert backend.clock.now - started <= timedelta(seconds=10)


@each("scenario", RARE_WAYS)
def test_a_rare_way_breaks_no_promise(scenario: Scenario) -> None:
    assert play(scenario) > 5
