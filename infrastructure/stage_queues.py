"""A stage's queues by their short names, and the client that reaches them."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config as ClientConfig
from chalice.config import Config

from chalicelib.stories.queues import Step

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_PREFIX: Final = "QUEUE_URL_PREFIX"
_SQS_HOST: Final = re.compile(r"sqs\.([\w-]+)\.amazonaws\.com(?:\.cn)?")
_IMPATIENT: Final = ClientConfig(
    connect_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)


class UsageError(Exception):
    """It was not asked for a stage and a queue that there are; the message says what to do."""


def stage_variables(config: dict[str, Any], stage: str) -> Mapping[str, str]:
    """The environment variables of a stage.

    Args:
        config: What .chalice/config.json holds.
        stage: One of its stages.

    Raises:
        UsageError: There is no such stage.
    """
    if stage not in config["stages"]:
        raise UsageError(f"There is no stage {stage!r}, only {_listed(config['stages'])}.")
    variables: Mapping[str, str] = Config(
        chalice_stage=stage, config_from_disk=config
    ).environment_variables
    return variables


def queue_name_of(variables: Mapping[str, str], stage: str, queue: str) -> str:
    """The full name of a stage's queue: ``storytime-local-reading`` for ``reading``.

    Raises:
        UsageError: The stage's variables name no such queue.
    """
    if _PREFIX not in variables:
        raise UsageError(
            f"Stage {stage!r} was not deployed from this folder, so its queues are not known here: "
            f"make deploy STAGE={stage}"
        )
    if queue not in set(Step):
        raise UsageError(f"Stage {stage!r} has no queue {queue!r}, only {_listed(Step)}.")
    return f"{variables[_PREFIX]}{queue}".rsplit("/", 1)[-1]


def client_of(variables: Mapping[str, str], environ: Mapping[str, str]) -> "SQSClient":
    """A client of the AWS that a stage's variables, or else the process's, lead to.

    Raises:
        UsageError: ``AWS_ENDPOINT_URL`` is no address.
    """
    session = boto3.session.Session(
        variables.get("AWS_ACCESS_KEY_ID"),
        variables.get("AWS_SECRET_ACCESS_KEY"),
        region_name=variables.get("AWS_DEFAULT_REGION") or _region(variables),
    )
    named = (environ.get("AWS_ENDPOINT_URL_SQS"), environ.get("AWS_ENDPOINT_URL"))
    endpoint_url = next(filter(None, named), variables.get("AWS_ENDPOINT_URL"))
    try:
        _ = urlsplit(endpoint_url or "").port  # boto3 would notice only when it connects
        return session.client("sqs", endpoint_url=endpoint_url, config=_IMPATIENT)
    except ValueError as error:
        raise UsageError(f"AWS_ENDPOINT_URL leads nowhere: {error}.") from error


def _region(variables: Mapping[str, str]) -> str | None:
    """The region that a stage's queues are in: ``https://sqs.eu-west-1.amazonaws.com/...``.

    None when their addresses do not say; then it is the process's.
    """
    match = _SQS_HOST.fullmatch(urlsplit(variables.get(_PREFIX, "")).hostname or "")
    return match[1] if match else None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
