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
)
from local.resources.template import StageTemplate
from local.services.cloudfront.edge_cache import AddedHeaders, CacheTimes


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
    )


def cache_times() -> CacheTimes:
    """Return the times for which the template's distribution keeps files."""
    template = local_template("")
    policy = template.resources["CachePolicy"]
    (distribution,) = template.of_type("CloudFront::Distribution")
    refused, *_ = distribution["DistributionConfig"]["CustomErrorResponses"]
    times = policy["CachePolicyConfig"]
    return CacheTimes(
        minimum=times["MinTTL"],
        default=times["DefaultTTL"],
        maximum=times["MaxTTL"],
        error=refused["ErrorCachingMinTTL"],
    )


def added_headers() -> AddedHeaders:
    """Return the headers that the template's distribution adds to its answers."""
    policy = local_template("").resources["ResponseHeaders"]
    wanted = policy["ResponseHeadersPolicyConfig"]
    cors, security = wanted["CorsConfig"], wanted["SecurityHeadersConfig"]
    age = security["StrictTransportSecurity"]["AccessControlMaxAgeSec"]
    content = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    return AddedHeaders(
        always={
            "Strict-Transport-Security": f"max-age={age}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": content,
            "X-Frame-Options": security["FrameOptions"]["FrameOption"],
            "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        },
        of_cors={
            "Access-Control-Expose-Headers": ",".join(cors["AccessControlExposeHeaders"]["Items"])
        },
        allowed_origins=cors["AccessControlAllowOrigins"]["Items"],
    )


def app_environment(aws_port: int) -> dict[str, str]:
    """Return the environment variables that point the app at the local AWS on this port."""
    url = f"http://{HOST}:{aws_port}"
    access_key_id, secret_access_key = APP_KEYS
    return settings_of(local_template(url).outputs) | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "MEDIA_BASE_URL": f"{url}/cdn",
        "MAXIMUM_CONCURRENCY": str(CONCURRENCY),
        "API_TOKENS": OPEN,
    }


def point_at(aws_port: int, environ: MutableMapping[str, str]) -> None:
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
    environ.update(app_environment(aws_port) | {"API_TOKENS": api_tokens})
