"""Who the command is to AWS, and what a person is told when that does not do."""

from pathlib import Path

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    UnauthorizedSSOTokenError,
)

from infrastructure.account import Account, explained
from infrastructure.stage import DeploymentError
from tests.local.conftest import Aws

LOG_IN = "Set credentials (aws configure, aws sso login, or AWS_PROFILE)"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """One that says nothing of AWS."""
    for name in (
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def complaint() -> str:
    with pytest.raises(DeploymentError) as caught:
        Account()
    return str(caught.value)


def test_an_account_is_known_by_its_number_region_and_partition(
    aws: Aws, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AWS_ENDPOINT_URL", aws.url)
    environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    environment.setenv("AWS_ACCESS_KEY_ID", "anybody")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "anything")

    account = Account()

    assert (account.number, account.region, account.partition) == (
        "123456789012",
        "eu-west-1",
        "aws",
    )
    assert account.api_domain == "execute-api.eu-west-1.amazonaws.com"
    assert account.client("s3") is account.client("s3")
    assert account.client("s3").meta.region_name == "eu-west-1"


@pytest.mark.usefixtures("environment")
def test_without_a_region_it_says_how_to_set_one() -> None:
    assert complaint() == (
        "No AWS region is set: export AWS_REGION=us-east-1 (or another that has "
        "Rekognition and Polly), or set it in ~/.aws/config."
    )


def test_without_credentials_it_says_how_to_set_them(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_DEFAULT_REGION", "us-east-1")

    assert complaint() == (
        f"Unable to locate credentials. {LOG_IN}, and run the same command again."
    )


def test_a_profile_that_is_none_is_said(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_PROFILE", "nobody")

    assert complaint() == (
        f"The config profile (nobody) could not be found. {LOG_IN}, and run the same command again."
    )


def test_credentials_that_aws_does_not_take_are_said(
    aws: Aws, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AWS_ENDPOINT_URL", aws.url)
    environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
    environment.setenv("AWS_ACCESS_KEY_ID", "anybody")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "anything")
    aws.inject(operation="sts.GetCallerIdentity", error="ExpiredToken", times=20)

    assert complaint() == (
        f"AWS does not take your credentials (ExpiredToken). {LOG_IN}, and run it again."
    )


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "User me may not"}}, "CreateRole")


@pytest.mark.parametrize("code", ["ExpiredTokenException", "InvalidClientTokenId"])
def test_credentials_that_expire_on_the_way_are_said(code: str) -> None:
    assert explained(refusal(code)).startswith(f"AWS does not take your credentials ({code}).")


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_what_is_not_allowed_is_said_with_whom_to_ask(code: str) -> None:
    assert explained(refusal(code)) == (
        f"An error occurred ({code}) when calling the CreateRole operation: User me may not\n"
        "Ask whoever looks after the account for that permission (docs/deploy.md lists what is "
        "needed), and run the same command again."
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NoCredentialsError(), LOG_IN),
        (UnauthorizedSSOTokenError(), LOG_IN),
        (
            EndpointConnectionError(endpoint_url="https://sts.nowhere"),
            "AWS cannot be reached: Could not connect",
        ),
    ],
)
def test_what_never_came_to_aws_says_what_to_do(error: BotoCoreError, words: str) -> None:
    assert words in explained(error)


@pytest.mark.parametrize(
    "error",
    [
        refusal("Throttling"),
        ParamValidationError(report="x"),
        DeploymentError("Our own words."),
        OSError("disk full"),
    ],
)
def test_all_else_speaks_for_itself(error: Exception) -> None:
    assert explained(error) == str(error)
