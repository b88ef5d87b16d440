"""The account and region of a command, and what it says when AWS refuses."""

import os
from collections.abc import Iterator

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    UnauthorizedSSOTokenError,
)
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from infrastructure.account import Account, explained, region_variable
from infrastructure.stage import DeploymentError

LOG_IN = r"Set credentials \(aws configure, aws sso login, or AWS_PROFILE\)"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment without any setting of AWS, and an account for every credential."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with mock_aws(config={"core": {"mock_credentials": False}}):
        yield monkeypatch


def sign_in(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_ACCESS_KEY_ID", "anybody")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "anything")


def test_an_account_has_a_number_a_region_and_a_partition(environment: pytest.MonkeyPatch) -> None:
    sign_in(environment)
    environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    account = Account()

    assert (account.number, account.partition) == ("123456789012", "aws")
    assert account.api_domain == "execute-api.eu-west-1.amazonaws.com"
    assert account.client("s3") is account.client("s3")
    assert account.client("s3").meta.region_name == "eu-west-1"


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
    ],
)
def test_the_region_is_the_one_that_the_aws_cli_uses(
    environment: pytest.MonkeyPatch, variables: dict[str, str], region: str
) -> None:
    sign_in(environment)
    for name, value in variables.items():
        environment.setenv(name, value)

    assert Account().region == region
    assert (variables | region_variable(variables))["AWS_DEFAULT_REGION"] == region


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "No AWS region is set: export AWS_REGION=us-east-1 .* or set it in ~/.aws/config"),
        (
            {"AWS_DEFAULT_REGION": "us-east-1"},
            rf"^Unable to locate credentials\. {LOG_IN}, and run",
        ),
        ({"AWS_PROFILE": "nobody"}, rf"^The config profile \(nobody\) could .* found\. {LOG_IN}"),
    ],
)
def test_a_missing_setting_is_named_with_what_to_do(
    environment: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)

    with pytest.raises(DeploymentError, match=said):
        Account()


@set_initial_no_auth_action_count(0)
def test_credentials_that_aws_does_not_accept_are_named(environment: pytest.MonkeyPatch) -> None:
    sign_in(environment)
    environment.setenv("AWS_DEFAULT_REGION", "us-east-1")

    with pytest.raises(
        DeploymentError, match=rf"not accept .* \(InvalidClientTokenId\)\. {LOG_IN}"
    ):
        Account()


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "User me may not"}}, "CreateRole")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoCredentialsError(), "Set credentials (aws configure"),
        (UnauthorizedSSOTokenError(), "Set credentials (aws configure"),
        (
            EndpointConnectionError(endpoint_url="https://sts.nowhere"),
            "AWS cannot be reached: Could not connect",
        ),
        (refusal("ExpiredTokenException"), "AWS does not accept your credentials (Expired"),
        (refusal("InvalidClientTokenId"), "AWS does not accept your credentials (Invalid"),
        (refusal("AccessDenied"), "User me may not\nAsk the account's administrator for that"),
        (
            refusal("AccessDeniedException"),
            "prints what is needed), and run the same command again",
        ),
    ],
)
def test_an_error_is_explained_with_what_to_do(error: BotoCoreError, said: str) -> None:
    assert said in explained(error)


@pytest.mark.parametrize(
    "error",
    [
        refusal("Throttling"),
        ParamValidationError(report="x"),
        DeploymentError("Our own words."),
        OSError("disk full"),
    ],
)
def test_other_errors_keep_their_own_words(error: Exception) -> None:
    assert explained(error) == str(error)
