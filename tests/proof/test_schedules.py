"""Whatever request fails and in whatever order requests are made: nothing is lost or paid twice.

Each test plays a family of schedules on the real pipeline; `invariants` says what must hold after
each of them. `make test` plays the slice of every family, `make prove` plays every schedule.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest

from local.resources.names import INTAKE_BUCKET
from tests.infrastructure import calls
from tests.proof.ledger import PLAYED
from tests.proof.meetings_of_deletion import DELETION_MEETINGS
from tests.proof.meetings_of_profiles import PROFILE_MEETINGS
from tests.proof.meetings_of_stories import STORY_MEETINGS
from tests.proof.meetings_of_uploads import UPLOAD_MEETINGS
from tests.proof.memory_backend import MemoryBackend
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
from tests.proof.simulated_aws import Conditions
from tests.proof.tape import ALL_KINDS, CRASHES, Fault

SCENARIOS = (*STORY_SCENARIOS, *PROFILE_SCENARIOS)
MEETINGS = (*STORY_MEETINGS, *UPLOAD_MEETINGS, *DELETION_MEETINGS, *PROFILE_MEETINGS)
UPLOAD_TO_NOTICE = STORY_SCENARIOS[0]
CRASHED_TWICE = ("finished duplicate", "audio is missing", "failed and sent again")
CRASHING = (
    "one reading message twice",
    "two uploads of a new photo",
    "a dead letter and a step",
    "the same face, the later id lower, and one that is there",
)
WITH_BRANCHES = (
    "profile photo",
    "a face that is too unclear",
    "replacement",
    "delete a profile meanwhile",
    "execution by hand",
    "thumbnail out of order",
    "index out of order",
)

in_part = pytest.mark.parametrize(
    "part", [Part.SLICE, pytest.param(Part.EVERY, marks=pytest.mark.prove)]
)


def each(
    kind: str, cases: Iterable[Scenario], only: Callable[[str], bool] = lambda _name: True
) -> pytest.MarkDecorator:
    chosen = [case for case in cases if only(case.name)]
    return pytest.mark.parametrize(kind, chosen, ids=lambda case: case.name)


@in_part
@each("scenario", SCENARIOS)
def test_one_fault_at_any_request_breaks_no_promise(scenario: Scenario, part: Part) -> None:
    runs = every_single_fault(scenario, part=part)

    PLAYED["single faults, at every request of every path"] += runs
    assert runs > 3 * len(ALL_KINDS if part is Part.EVERY else "1")


@in_part
@each("scenario", STORY_SCENARIOS)
def test_one_fault_breaks_no_promise_when_every_message_is_delivered_twice(
    scenario: Scenario, part: Part
) -> None:
    PLAYED["single faults, with every message delivered twice"] += every_single_fault(
        scenario, ALL_KINDS, part, Conditions(twice=True), step=8
    )


@in_part
@each("scenario", PROFILE_SCENARIOS, lambda name: "posted" in name)
def test_one_crash_breaks_no_promise_when_every_message_about_a_profile_is_delivered_twice(
    scenario: Scenario, part: Part
) -> None:
    PLAYED["crashes with every message about a profile photo delivered twice"] += (
        every_single_fault(scenario, CRASHES, part, Conditions(twice=True), step=4)
    )


@in_part
@each("scenario", PROFILE_SCENARIOS)
def test_one_crash_that_ends_its_execution_breaks_no_promise(
    scenario: Scenario, part: Part
) -> None:
    PLAYED["crashes that end an execution of a profile photo"] += every_single_fault(
        scenario, CRASHES, part, Conditions(aborting=True), step=4
    )


@in_part
@each("scenario", PROFILE_SCENARIOS, WITH_BRANCHES.__contains__)
def test_one_crash_breaks_no_promise_when_the_last_branch_runs_first(
    scenario: Scenario, part: Part
) -> None:
    PLAYED["crashes with the parallel branches the other way round"] += every_single_fault(
        scenario, CRASHES, part, Conditions(backwards=True), step=4
    )


@in_part
def test_two_faults_between_upload_and_notice_break_no_promise(part: Part) -> None:
    runs = every_pair_of_faults(UPLOAD_TO_NOTICE, ALL_KINDS, part, step=3)

    PLAYED["pairs of faults on the way from upload to notice"] += runs
    assert runs > (4000 if part is Part.EVERY else 100)


@in_part
@each("scenario", STORY_SCENARIOS, CRASHED_TWICE.__contains__)
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
@each("meeting", MEETINGS, CRASHING.__contains__)
def test_no_order_with_a_fault_breaks_a_promise(meeting: Meeting, part: Part) -> None:
    kinds = CRASHES if meeting in PROFILE_MEETINGS else ALL_KINDS
    runs = every_fault_in_every_order_of(meeting, kinds, part, step=5)

    PLAYED["orders of requests with a fault among them"] += runs
    assert runs > (300 if part is Part.EVERY else 10)


@pytest.mark.prove
@each("scenario", STORY_SCENARIOS)
@pytest.mark.parametrize("seconds", [-0.02, 0.02])
def test_clocks_that_differ_break_no_promise(scenario: Scenario, seconds: float) -> None:
    play(scenario, conditions=Conditions(lambda: MemoryBackend(clock_ahead=seconds)))

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


def test_the_calls_of_rare_ways_are_seen() -> None:
    for scenario in RARE_WAYS:
        play(scenario)

    seen = calls.contents()
    assert f"s3.DeleteObject:if-match {INTAKE_BUCKET}/rejected/images/*" in seen["take_in_staged"]
    assert f"s3.DeleteObject:if-match {INTAKE_BUCKET}/images/*" in seen["erase"]
    assert "sqs.SendMessage storytime-local-narration-dead" in seen["sweep"]
    assert "s3.DeleteObjects storytime-local-media/public/{id}/*" in seen["give_up_narration"]
    assert "rekognition.SearchFacesByImage storytime-local-faces" in seen["refuse_photo"]
