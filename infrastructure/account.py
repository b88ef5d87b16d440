"""The AWS account that a stage is in, as the environment of the command says it."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infrastructure.stage import DeploymentError

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 8})


class Account:
    """An account and region; clients are made when they are first needed.

    Raises:
        DeploymentError: The environment names no region, or credentials that AWS does not know.
    """

    def __init__(self) -> None:
        self._session = boto3.session.Session()
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
            raise DeploymentError(
                f"AWS does not know who you are ({error}). Set credentials: aws configure, "
                "aws sso login, or AWS_PROFILE."
            ) from error

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
        suffix = self._session.client("s3").meta.partition
        ending = "amazonaws.com.cn" if suffix == "aws-cn" else "amazonaws.com"
        return f"execute-api.{self.region}.{ending}"

    def client(self, service: str) -> Any:
        """A client of a service, by boto3's name."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=_PATIENT)  # type: ignore[call-overload]
        return self._clients[service]
