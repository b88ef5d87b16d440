"""Look whether an account's region has what a stage needs, before anything is made.

Sources: AWS Regional Services List; Service Quotas (Lambda, "Concurrent executions").
"""

from collections.abc import Mapping
from typing import Final

from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.settings import Settings
from chalicelib.stories.queues import Step
from infrastructure.account import Account
from infrastructure.stage import DeploymentError

_COMPLETE: Final = "us-east-1, us-west-2, eu-west-1, eu-central-1"
"""Regions with Rekognition and Polly's neural voices, as of November 2026."""
_WITH_ALL_ENGINES: Final = "us-east-1"
"""The region of Polly's long-form voices, which has the generative ones too."""
_FOR_THE_API: Final = 5
"""Functions at once for the API and everything else that no queue starts."""


def check_services(variables: Mapping[str, str], account: Account) -> None:
    """Check that a stage with these variables finds Rekognition, Textract and Polly.

    Raises:
        DeploymentError: One is missing; the message names regions that have it.
    """
    _check_textract(variables, account)
    rekognition, polly = account.client("rekognition"), account.client("polly")
    try:
        rekognition.list_collections()
    except EndpointConnectionError as error:
        raise DeploymentError(
            f"Rekognition, which reads pages and finds faces, is not in {account.region}. Deploy "
            f"to a region that has it, for example {_COMPLETE}: AWS_REGION=..."
        ) from error
    engine = variables.get("SPEECH_ENGINE", "neural")
    try:
        voices = polly.describe_voices(Engine=engine)["Voices"]
    except EndpointConnectionError:
        voices = []
    except ClientError as error:
        if "ValidationException" not in str(error):  # not allowed, throttled, ...
            raise
        voices = []
    if not voices:
        others = _COMPLETE if engine == "neural" else _WITH_ALL_ENGINES
        raise DeploymentError(
            f"Polly has no {engine} voices in {account.region}. Set SPEECH_ENGINE in "
            '.chalice/config.json to "standard", or deploy to a region that has them, for example '
            f"{others}: AWS_REGION=..."
        )


def _check_textract(variables: Mapping[str, str], account: Account) -> None:
    region = variables.get("TEXTRACT_REGION") or account.region
    regions = account.regions_of("textract")
    if variables.get("READER") == "rekognition" or region in regions:
        return
    raise DeploymentError(
        f"Textract, which reads pages of more than 100 words, is not in {region}. Set "
        f"TEXTRACT_REGION in .chalice/config.json to one of {', '.join(regions)}; "
        'or set READER to "rekognition", and such pages are not read to their end.'
    )


def lacking_concurrency(settings: Settings, account: Account) -> str:
    """Return what to do if the account may run fewer functions at once than the stage; or ""."""
    limits = account.client("lambda").get_account_settings()["AccountLimit"]
    allowed = limits["ConcurrentExecutions"]
    wanted = sum(settings.concurrency_of(step) for step in Step) + _FOR_THE_API
    if allowed >= wanted:
        return ""
    return f"""
Lambda runs at most {allowed} functions at once in this account and region, and this stage may need
{wanted}: requests and pages would wait for each other. Ask for more (free, some hours):
  aws service-quotas request-service-quota-increase --region {account.region} \\
    --service-code lambda --quota-code L-B99A9384 --desired-value 1000
"""
