"""The AWS account and region that the environment leads to."""

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

_MANY_TRIES: Final = Config(retries={"mode": "standard", "total_max_attempts": 8})
# Error codes of different services for one problem (API references, "Common Errors").
_INVALID_CREDENTIALS: Final = {
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
_LOG_IN: Final = "Set credentials (aws configure, aws sso login, or AWS_PROFILE)"


def explained(error: Exception) -> str:
    """Return the error's message; add what to do where AWS does not say it."""
    if isinstance(error, (NoCredentialsError, ProfileNotFound, SSOError, TokenRetrievalError)):
        return f"{str(error).rstrip('.')}. {_LOG_IN}, and run the same command again."
    if isinstance(error, (NotConnectedError, HTTPClientError)):
        return f"AWS cannot be reached: {error}"
    if not isinstance(error, ClientError):
        return str(error)
    code = error.response["Error"].get("Code")
    if code in _INVALID_CREDENTIALS:
        return f"AWS does not accept your credentials ({code}). {_LOG_IN}, and run it again."
    if code in _NOT_ALLOWED:
        return (
            f"{error}\nAsk the account's administrator for that permission "
            "(make deployer-policy prints what is needed), and run the same command again."
        )
    return str(error)


def region_variable(environment: Mapping[str, str]) -> dict[str, str]:
    """Return AWS_REGION, if it is set, as AWS_DEFAULT_REGION.

    boto3 and Chalice read only AWS_DEFAULT_REGION. The AWS CLI prefers AWS_REGION ("Environment
    variables"), and so do these commands.
    """
    region = environment.get("AWS_REGION")
    return {"AWS_DEFAULT_REGION": region} if region else {}


class Account:
    """An account and region.

    Args:
        config: How long its clients try.

    Raises:
        DeploymentError: The environment has no region, or credentials that AWS does not accept.
    """

    def __init__(self, config: Config = _MANY_TRIES) -> None:
        self._config = config
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
        """``aws``, ``aws-cn`` or ``aws-us-gov``."""
        return self._identity["Arn"].split(":")[1]

    @cached_property
    def api_domain(self) -> str:
        """The part of a REST API's address that follows the API's id."""
        ending = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
        return f"execute-api.{self.region}.{ending}"

    def regions_of(self, service: str) -> list[str]:
        """Return the regions of this partition that have a service, as boto3 knows them."""
        return self._session.get_available_regions(service, partition_name=self.partition)

    def client(self, service: str) -> Any:
        """Return the client of a service, by boto3's name; make it at the first call."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=self._config)  # type: ignore[call-overload]
        return self._clients[service]
