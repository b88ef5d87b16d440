"""A stage of the same name in another region or account is left alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infrastructure.account import Account, region_variable
from infrastructure.chalice_record import record_file, recorded
from infrastructure.elsewhere import check_roles, forget_record_of_elsewhere
from infrastructure.names import Names
from infrastructure.permissions import policy_of
from infrastructure.stage import DeploymentError, Stage
from local.resources.environment import app_environment

ACCOUNT = "123456789012"
ROLE = "storytime-dev-api_handler"
NAMES = Names.from_environment(app_environment(1), "dev")  # of us-east-1


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage("dev", tmp_path)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An account of nobody's, and an environment that names no region."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with mock_aws():
        yield monkeypatch


@pytest.fixture
def iam(aws: pytest.MonkeyPatch) -> Any:
    aws.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return boto3.session.Session().client("iam")


def record(stage: Stage, region: str, account: str) -> None:
    functions = [
        {"name": name, "lambda_arn": f"arn:aws:lambda:{region}:{account}:function:{name}"}
        for name in ("narrate", "erase")
    ]
    record_file(stage).parent.mkdir(parents=True)
    record_file(stage).write_text(json.dumps({"resources": functions}))


@pytest.mark.parametrize(
    ("region", "account"), [("eu-west-1", ACCOUNT), ("us-east-1", "210987654321")]
)
def test_a_record_of_another_place_is_forgotten(stage: Stage, region: str, account: str) -> None:
    record(stage, region, account)

    assert forget_record_of_elsewhere(stage, "us-east-1", ACCOUNT)

    assert recorded(stage) == []
    assert not forget_record_of_elsewhere(stage, "us-east-1", ACCOUNT)


def test_a_record_of_here_is_kept(stage: Stage) -> None:
    record(stage, "us-east-1", ACCOUNT)

    assert not forget_record_of_elsewhere(stage, "us-east-1", ACCOUNT)

    assert len(recorded(stage)) == 2


def make_role(iam: Any, names: Names) -> None:
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument="{}")
    policy = json.dumps(policy_of("api_handler", names))
    iam.put_role_policy(RoleName=ROLE, PolicyName=ROLE, PolicyDocument=policy)


def test_roles_of_a_stage_in_another_region_are_not_taken_over(iam: Any, stage: Stage) -> None:
    make_role(iam, NAMES)

    with pytest.raises(DeploymentError) as caught:
        check_roles(iam, stage, "eu-west-1")

    assert str(caught.value) == (
        f"Stage 'dev' of this account is in {NAMES.region} already, and its functions' roles are "
        "of all regions: for eu-west-1, take another name of a stage."
    )


def test_roles_of_the_stage_itself_are_its_own(iam: Any, stage: Stage) -> None:
    check_roles(iam, stage, NAMES.region)  # not yet made

    make_role(iam, NAMES)

    check_roles(iam, stage, NAMES.region)


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
    ],
)
def test_the_region_is_the_one_that_the_aws_cli_would_take(
    aws: pytest.MonkeyPatch, environment: dict[str, str], region: str
) -> None:
    for name, value in environment.items():
        aws.setenv(name, value)

    assert Account().region == region
    assert (environment | region_variable(environment))["AWS_DEFAULT_REGION"] == region
