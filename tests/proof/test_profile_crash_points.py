"""Whatever dies, fails or goes unanswered on the way of a profile photo, in every state.

No face, thumbnail or record is left that belongs to nobody, nobody's photo is lost, and nothing
is paid twice: `invariants_of_profiles.check_profiles` says what must hold.
"""

from dataclasses import replace

import pytest

from tests.proof.crashes import every_single_fault
from tests.proof.ledger import PLAYED
from tests.proof.profile_scenarios import PROFILE_SCENARIOS, ProfileScenario
from tests.proof.tape import Fault

CRASHES = (Fault.DIES_BEFORE, Fault.DIES_AFTER)
KINDS = (*CRASHES, Fault.THROTTLED, Fault.TIMED_OUT)
"""In memory, a throttling is what a 500 is."""

WITH_BRANCHES = {
    "profile photo",
    "a face that is too unclear",
    "replacement",
    "delete a profile meanwhile",
    "execution by hand",
    "thumbnail out of order",
    "index out of order",
}

by_name = pytest.mark.parametrize("scenario", PROFILE_SCENARIOS, ids=lambda scenario: scenario.name)


@by_name
def test_one_fault_at_any_request_changes_nothing_that_matters(scenario: ProfileScenario) -> None:
    runs = every_single_fault(scenario, kinds=KINDS)

    PLAYED["single faults, at every request of every state of a profile photo"] += runs
    assert runs > 20 * len(KINDS)


@by_name
def test_nor_does_a_crash_that_takes_its_execution_with_it(scenario: ProfileScenario) -> None:
    runs = every_single_fault(replace(scenario, aborting=True), kinds=CRASHES)

    PLAYED["crashes that end an execution of a profile photo"] += runs
    assert runs > 20 * len(CRASHES)


@pytest.mark.parametrize(
    "scenario", [each for each in PROFILE_SCENARIOS if "posted" in each.name], ids=lambda s: s.name
)
def test_it_holds_when_every_message_is_delivered_twice_as_well(scenario: ProfileScenario) -> None:
    runs = every_single_fault(scenario, twice=True, kinds=CRASHES)

    PLAYED["crashes with every message about a profile photo delivered twice"] += runs
    assert runs > 20 * len(CRASHES)


@pytest.mark.parametrize(
    "scenario",
    [each for each in PROFILE_SCENARIOS if each.name in WITH_BRANCHES],
    ids=lambda scenario: scenario.name,
)
def test_it_holds_with_the_branches_the_other_way_round(scenario: ProfileScenario) -> None:
    runs = every_single_fault(replace(scenario, backwards=True), kinds=CRASHES)

    PLAYED["crashes with the parallel branches the other way round"] += runs
    assert runs > 20 * len(CRASHES)
