"""Whatever request dies, fails or goes unanswered: nothing is lost, nothing is paid twice.

Every run is one schedule of faults over one scenario, played to rest on the real pipeline;
`invariants.check` says what must hold then. A failing run prints all its requests.
"""

from datetime import timedelta

import pytest

from tests.proof.crashes import every_pair_of_faults, every_single_fault, play
from tests.proof.ledger import PLAYED
from tests.proof.memory_backend import MemoryBackend
from tests.proof.scenarios import SCENARIOS, Scenario
from tests.proof.tape import Fault

CRASHES = {Fault.DIES_BEFORE, Fault.DIES_AFTER}
CRASHED_TWICE = [
    scenario
    for scenario in SCENARIOS
    if scenario.name in {"finished duplicate", "audio is missing", "failed and sent again"}
]

by_name = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


@by_name
def test_one_fault_at_any_request_changes_nothing_that_matters(scenario: Scenario) -> None:
    runs = every_single_fault(scenario)

    PLAYED["single faults, at every request of every path"] += runs
    assert runs > 3 * len(Fault)


@by_name
def test_it_holds_when_every_message_is_delivered_twice_as_well(scenario: Scenario) -> None:
    runs = every_single_fault(scenario, twice=True)

    PLAYED["single faults, with every message delivered twice"] += runs
    assert runs > 3 * len(Fault)


def test_two_faults_on_the_way_to_the_notice_change_nothing_that_matters() -> None:
    runs = every_pair_of_faults(SCENARIOS[0], list(Fault))

    PLAYED["pairs of faults on the way from upload to notice"] += runs
    assert runs > 4000


@pytest.mark.parametrize("scenario", CRASHED_TWICE, ids=lambda scenario: scenario.name)
def test_two_crashes_on_other_paths_change_nothing_that_matters(scenario: Scenario) -> None:
    runs = every_pair_of_faults(scenario, CRASHES)

    PLAYED["pairs of crashes on the duplicate, failover and dead-letter paths"] += runs
    assert runs > 1000


@by_name
@pytest.mark.parametrize("seconds", [-0.02, 0.02])
def test_clocks_that_differ_change_nothing_that_matters(scenario: Scenario, seconds: float) -> None:
    play(scenario, {}, lambda: MemoryBackend(clock_ahead=seconds))

    PLAYED["paths with SQS's clock 20 ms ahead or behind"] += 1


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.SERVER_ERROR])
def test_what_fails_once_is_repeated_within_seconds(fault: Fault) -> None:
    """Not after the visibility timeout, and not when the lease is over."""
    backend = MemoryBackend()
    started = backend.clock.now
    for number in range(1, play(SCENARIOS[0], {}) + 1):
        backend = MemoryBackend()

        play(SCENARIOS[0], {number: fault}, lambda backend=backend: backend)  # type: ignore[misc]

        assert backend.clock.now - started <= timedelta(seconds=10)
