"""Configure what Chalice does not: API Gateway's error responses, logs, metrics and limits."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from infrastructure.gateway.diagnostics import Diagnostics
from infrastructure.stage import API_STAGE

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigateway.type_defs import PatchOperationTypeDef
    from mypy_boto3_iam import IAMClient

LOG_FORMAT: Final = json.dumps(
    {
        "request_id": "$context.requestId",
        "time": "$context.requestTimeEpoch",
        "token": "$context.authorizer.principalId",
        "method": "$context.httpMethod",
        "route": "$context.resourcePath",
        "status": "$context.status",
        "error": "$context.error.responseType",
        "bytes": "$context.responseLength",
        "latency_ms": "$context.responseLatency",
        "trace": "$context.xrayTraceId",
    }
)
"""A line of the access log. It has no IP address, no path with ids, no request header."""

LOGGING_ROLE: Final = "storytime-api-gateway-logs"
"""The role of all APIs in an account and region."""
_TRUST_API_GATEWAY: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "apigateway.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
MAY_WRITE_LOGS: Final = (
    "arn:{partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
)
"""AWS's own policy for `LOGGING_ROLE`."""
_DESCRIPTION: Final = "gateway responses"
_SECONDS_UNTIL_A_ROLE_IS_KNOWN: Final = 3.0
_MAX_TRIES: Final = 10


def _pause() -> None:
    threading.Event().wait(_SECONDS_UNTIL_A_ROLE_IS_KNOWN)


def set_logging_role(
    client: "APIGatewayClient",
    iam: "IAMClient",
    partition: str,
    pause: Callable[[], object] = _pause,
) -> bool:
    """Give API Gateway a role to write logs with, unless it has one; return whether it had none.

    All APIs of an account and region share the role. API Gateway refuses a new role for some
    seconds, until IAM has copied it: `pause` waits before the next try.
    """
    if client.get_account().get("cloudwatchRoleArn"):
        return False
    try:
        role = iam.create_role(RoleName=LOGGING_ROLE, AssumeRolePolicyDocument=_TRUST_API_GATEWAY)[
            "Role"
        ]
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName=LOGGING_ROLE)["Role"]
    policy = MAY_WRITE_LOGS.format(partition=partition)
    iam.attach_role_policy(RoleName=LOGGING_ROLE, PolicyArn=policy)
    set_role: PatchOperationTypeDef = {
        "op": "replace",
        "path": "/cloudwatchRoleArn",
        "value": role["Arn"],
    }
    for tries_left in reversed(range(_MAX_TRIES)):
        try:
            client.update_account(patchOperations=[set_role])
            break
        except client.exceptions.BadRequestException:
            if not tries_left:
                raise
            pause()
    return True


def configure(
    client: "APIGatewayClient",
    api_id: str,
    *,
    responses: Iterable[Mapping[str, Any]],
    log_group_arn: str,
    requests_per_second: int,
    diagnostics: Diagnostics,
) -> None:
    """Set the error responses, the logs, the metrics and the request limits of an API.

    Above the limit API Gateway answers 429; a burst may have twice as many requests.

    Args:
        client: API Gateway.
        api_id: The API.
        responses: The parameters of a PutGatewayResponse each.
        log_group_arn: The log group of the access log.
        requests_per_second: The limit.
        diagnostics: What is reported in addition to the access log.
    """
    _put_responses(client, api_id, responses)
    forget_callers(client, api_id)
    settings = {
        "/accessLogSettings/destinationArn": log_group_arn,
        "/accessLogSettings/format": LOG_FORMAT,
        "/*/*/throttling/rateLimit": str(requests_per_second),
        "/*/*/throttling/burstLimit": str(2 * requests_per_second),
        **diagnostics.method_settings(),
    }
    operations: list[PatchOperationTypeDef] = [
        {"op": "replace", "path": path, "value": value} for path, value in settings.items()
    ]
    client.update_stage(restApiId=api_id, stageName=API_STAGE, patchOperations=operations)


def _put_responses(
    client: "APIGatewayClient", api_id: str, responses: Iterable[Mapping[str, Any]]
) -> None:
    """Set the error responses of an API.

    A response needs a new deployment of the API to take effect. So this deploys if a response
    changed, or if the current deployment was not made here.
    """
    current = {
        each["responseType"]: _comparable(each)
        for each in client.get_gateway_responses(restApiId=api_id, limit=500)["items"]
    }
    changed = [each for each in responses if current.get(each["responseType"]) != _comparable(each)]
    for response in changed:
        client.put_gateway_response(**response)
    if changed or not _is_deployed_here(client, api_id):
        client.create_deployment(
            restApiId=api_id,
            stageName=API_STAGE,
            description=_DESCRIPTION,
            tracingEnabled=True,  # as in .chalice/config.json
        )


def forget_callers(client: "APIGatewayClient", api_id: str) -> None:
    """Clear the authorizer's cache. Else a revoked token would be accepted for minutes."""
    client.flush_stage_authorizers_cache(restApiId=api_id, stageName=API_STAGE)


def _is_deployed_here(client: "APIGatewayClient", api_id: str) -> bool:
    """Return whether the current deployment includes the error responses."""
    deployment = client.get_stage(restApiId=api_id, stageName=API_STAGE)["deploymentId"]
    described = client.get_deployment(restApiId=api_id, deploymentId=deployment)
    return described.get("description") == _DESCRIPTION


def _comparable(response: Mapping[str, Any]) -> tuple[Any, ...]:
    keys = ("responseParameters", "responseTemplates", "statusCode")
    return tuple(response.get(key) for key in keys)
