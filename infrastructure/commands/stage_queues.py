"""Find a stage's queues, and the SQS that has them."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config as ClientConfig
from chalice.config import Config

from chalicelib.stories.queues import Step
from infrastructure.stage import UsageError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_PREFIX: Final = "QUEUE_URL_PREFIX"
_SQS_HOST: Final = re.compile(r"sqs\.([\w-]+)\.amazonaws\.com(?:\.cn)?")
_FEW_TRIES: Final = ClientConfig(
    connect_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)


def stage_variables(config: dict[str, Any], stage: str) -> Mapping[str, str]:
    """Return a stage's environment variables from the content of a .chalice/config.json.

    Raises:
        UsageError: The configuration does not have the stage.
    """
    if stage not in config["stages"]:
        raise UsageError(f"There is no stage {stage!r}, only {_listed(config['stages'])}.")
    variables: Mapping[str, str] = Config(
        chalice_stage=stage, config_from_disk=config
    ).environment_variables
    return variables


def queue_name_of(variables: Mapping[str, str], stage: str, queue: str) -> str:
    """Return a queue's full name: ``storytime-local-reading`` for ``reading``.

    Raises:
        UsageError: No step has this queue, or the stage was not deployed from this folder.
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
    """Return a client of the stage's SQS.

    The process's ``AWS_ENDPOINT_URL`` comes before the stage's. The stage's keys and region come
    before the process's.

    Raises:
        UsageError: ``AWS_ENDPOINT_URL`` is not an address.
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
        return session.client("sqs", endpoint_url=endpoint_url, config=_FEW_TRIES)
    except ValueError as error:
        raise UsageError(f"AWS_ENDPOINT_URL is not an address: {error}.") from error


def _region(variables: Mapping[str, str]) -> str | None:
    """Return the region in the queues' address: ``https://sqs.eu-west-1.amazonaws.com/...``."""
    match = _SQS_HOST.fullmatch(urlsplit(variables.get(_PREFIX, "")).hostname or "")
    return match[1] if match else None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
