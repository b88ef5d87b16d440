"""The AWS account that a stage is in, as the environment of the command says it."""

import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as NotConnectedError,
)

from infrastructure.stage import DeploymentError

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

_PATIENT: Final = Config(retries={"mode": "standard", "total_max_attempts": 8})
_NO_LONGER_VALID: Final = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_NOT_ALLOWED: Final = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "UnauthorizedOperation",
}
"""Services' codes for the same (their API references, "Common Errors")."""
_LOG_IN: Final = "Set credentials (aws configure, aws sso login, or AWS_PROFILE)"


def explained(error: Exception) -> str:
    """What went wrong, with what to do about it where AWS does not say that."""
    if isinstance(error, (NoCredentialsError, ProfileNotFound, SSOError, TokenRetrievalError)):
        return f"{str(error).rstrip('.')}. {_LOG_IN}, and run the same command again."
    if isinstance(error, (NotConnectedError, HTTPClientError)):
        return f"AWS cannot be reached: {error}"
    if not isinstance(error, ClientError):
        return str(error)
    code = error.response["Error"].get("Code")
    if code in _NO_LONGER_VALID:
        return f"AWS does not take your credentials ({code}). {_LOG_IN}, and run it again."
    if code in _NOT_ALLOWED:
        return (
            f"{error}\nAsk whoever looks after the account for that permission "
            "(docs/deploy.md lists what is needed), and run the same command again."
        )
    return str(error)


def region_variable(environment: Mapping[str, str]) -> dict[str, str]:
    """AWS_REGION, if it is set, by the only name that boto3 and Chalice know it by.

    It goes before AWS_DEFAULT_REGION, as it does for the AWS CLI ("Environment variables").
    """
    region = environment.get("AWS_REGION")
    return {"AWS_DEFAULT_REGION": region} if region else {}


class Account:
    """An account and region; clients are made when they are first needed.

    Raises:
        DeploymentError: The environment names no region, or credentials that AWS does not know.
    """

    def __init__(self) -> None:
        try:
            self._session = boto3.session.Session(
                region_name=region_variable(os.environ).get("AWS_DEFAULT_REGION")
            )
        except ProfileNotFound as error:
            raise DeploymentError(explained(error)) from error
        self._clients: dict[str, Any] = {}
        if not self._session.region_name:
            raise DeploymentError(
                "No AWS region is set: export AWS_REGION=us-east-1 (or another that has "
                "Rekognition and Polly), or set it in ~/.aws/config."
            )
        self.region: str = self._session.region_name
        try:
            self._identity: GetCallerIdentityResponseTypeDef = self.client(
                "sts"
            ).get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise DeploymentError(explained(error)) from error

    @property
    def number(self) -> str:
        return self._identity["Account"]

    @property
    def partition(self) -> str:
        """``aws``; elsewhere ``aws-cn`` or ``aws-us-gov``."""
        return self._identity["Arn"].split(":")[1]

    @cached_property
    def api_domain(self) -> str:
        """What the address of a REST API ends with, after its id."""
        ending = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
        return f"execute-api.{self.region}.{ending}"

    def client(self, service: str) -> Any:
        """A client of a service, by boto3's name."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=_PATIENT)  # type: ignore[call-overload]
        return self._clients[service]
