"""The environment variables that lead the app, and boto3, to the local AWS and nowhere else."""

import os
from collections.abc import MutableMapping

from chalicelib.http.tokens import OPEN
from infrastructure.stack.outputs import settings_of
from local.resources.names import (
    ACCOUNT_ID,
    APP_KEYS,
    CONCURRENCY,
    DISTRIBUTION_ID,
    HOST,
    INTAKE_BUCKET,
    MEDIA_BUCKET,
    REGION,
    STAGE,
    WEB_BUCKET,
    WEB_URL,
)
from local.resources.template import StageTemplate


def local_template(url: str) -> StageTemplate:
    """Return the template of the stage ``local``, with the ids that the local AWS gives.

    Args:
        url: Of the local AWS.
    """
    here = f"{REGION}:{ACCOUNT_ID}"
    return StageTemplate(
        STAGE,
        refer={
            "SQS::Queue": lambda queue: f"{url}/{ACCOUNT_ID}/{queue['QueueName']}",
            "SNS::Topic": lambda topic: f"arn:aws:sns:{here}:{topic['TopicName']}",
            "StepFunctions::StateMachine": lambda machine: (
                f"arn:aws:states:{here}:stateMachine:{machine['StateMachineName']}"
            ),
            "CloudFront::Distribution": lambda _distribution: DISTRIBUTION_ID,
        },
        named={
            "MediaBucket": MEDIA_BUCKET,
            "StagingBucket": INTAKE_BUCKET,
            "WebBucket": WEB_BUCKET,
        },
        ApiId=STAGE,
    )


def app_environment(aws_port: int, web_url: str = WEB_URL) -> dict[str, str]:
    """Return the environment variables that point the app at the local AWS on this port.

    Args:
        aws_port: Of the local AWS.
        web_url: Of what stands for the distribution: where links lead.
    """
    url = f"http://{HOST}:{aws_port}"
    access_key_id, secret_access_key = APP_KEYS
    return settings_of(local_template(url).outputs) | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "MEDIA_BASE_URL": web_url,
        "MAXIMUM_CONCURRENCY": str(CONCURRENCY),
        "API_TOKENS": OPEN,
    }


def point_at(aws_port: int, environ: MutableMapping[str, str], web_url: str = WEB_URL) -> None:
    """Set the app's variables, and delete those that could mislead it.

    A developer's own AWS settings could: a profile that does not exist here, an endpoint of one
    service, a configuration file. A proxy would receive requests for loopback. API_TOKENS stays
    if it is set: the API is open by default.
    """
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    environ["AWS_CONFIG_FILE"] = os.devnull
    environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    for name in ("NO_PROXY", "no_proxy"):
        environ[name] = ",".join(filter(None, [environ.get(name), HOST]))
    api_tokens = environ.get("API_TOKENS") or OPEN
    environ.update(app_environment(aws_port, web_url) | {"API_TOKENS": api_tokens})
