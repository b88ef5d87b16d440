"""The same on the app's own AWS adapters and moto's AWS, where errors happen on the wire."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from tests.proof.crashes import every_single_fault
from tests.proof.ledger import PLAYED
from tests.proof.moto_backend import MotoAws, MotoBackend
from tests.proof.profile_scenarios import PROFILE_SCENARIOS
from tests.proof.scenarios import ON_MOTO, Scenario
from tests.proof.tape import Fault


@pytest.fixture
def aws() -> Iterator[MotoAws]:
    with mock_aws():
        yield MotoAws(boto3.session.Session("testing", "testing", region_name="us-east-1"))


@pytest.mark.parametrize("scenario", ON_MOTO, ids=lambda scenario: scenario.name)
def test_one_fault_at_any_request_changes_nothing_that_matters(
    scenario: Scenario, aws: MotoAws
) -> None:
    PLAYED["single faults on moto's AWS, through the app's adapters"] += every_single_fault(
        scenario, lambda: MotoBackend(aws)
    )


def test_nor_on_the_way_of_a_profile_photo(aws: MotoAws) -> None:
    """Only what the wire has a part in: a request that fails, and one whose answer is lost."""
    PLAYED["single faults on moto's AWS, through the app's adapters"] += every_single_fault(
        PROFILE_SCENARIOS[0],
        lambda: MotoBackend(aws),
        kinds=(Fault.SERVER_ERROR, Fault.TIMED_OUT),
    )
