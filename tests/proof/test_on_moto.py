"""Single faults on the app's own AWS adapters and moto's AWS, where faults happen on the wire."""

from collections.abc import Iterator

import boto3
import pytest

from tests.proof.ledger import PLAYED
from tests.proof.moto_backend import MotoAws, MotoBackend, fast_moto
from tests.proof.scenarios_of_profiles import PROFILE_SCENARIOS
from tests.proof.scenarios_of_stories import ON_MOTO
from tests.proof.schedules import Part, Scenario, every_single_fault
from tests.proof.simulated_aws import Conditions
from tests.proof.tape import Fault

FAMILY = "single faults on moto's AWS, through the app's adapters"


@pytest.fixture
def on_moto() -> Iterator[Conditions]:
    with fast_moto():
        aws = MotoAws(boto3.session.Session("testing", "testing", region_name="us-east-1"))
        yield Conditions(lambda: MotoBackend(aws))


@pytest.mark.prove
@pytest.mark.parametrize("scenario", ON_MOTO, ids=lambda scenario: scenario.name)
def test_one_fault_at_any_request_breaks_no_promise(
    scenario: Scenario, on_moto: Conditions
) -> None:
    PLAYED[FAMILY] += every_single_fault(scenario, conditions=on_moto)


@pytest.mark.prove
def test_one_fault_at_any_request_about_a_profile_photo_breaks_no_promise(
    on_moto: Conditions,
) -> None:
    """Only the faults that the wire has a part in: an error, and an answer that is lost."""
    kinds = (Fault.SERVER_ERROR, Fault.TIMED_OUT)
    PLAYED[FAMILY] += every_single_fault(PROFILE_SCENARIOS[0], kinds, conditions=on_moto)


@pytest.mark.parametrize(
    "scenario", [ON_MOTO[0], PROFILE_SCENARIOS[0]], ids=lambda scenario: scenario.name
)
def test_one_fault_on_the_wire_at_each_request_breaks_no_promise(
    scenario: Scenario, on_moto: Conditions
) -> None:
    kinds = (Fault.SERVER_ERROR, Fault.TIMED_OUT)
    PLAYED[FAMILY] += every_single_fault(scenario, kinds, Part.SLICE, on_moto)
