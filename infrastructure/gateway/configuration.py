"""What Chalice leaves as it is of API Gateway: its own answers, its log, its limits."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

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
"""A line of the access log: no address, no path with ids, no header of the person who asked."""

LOGGING_ROLE: Final = "storytime-api-gateway-logs"
_MAY_BE_TAKEN_BY_API_GATEWAY: Final = json.dumps(
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
_MAY_WRITE_LOGS: Final = (
    "arn:{partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
)
_DESCRIPTION: Final = "gateway responses"
_SECONDS_UNTIL_A_ROLE_IS_KNOWN: Final = 3.0
_TRIES: Final = 10


def _pause() -> None:
    threading.Event().wait(_SECONDS_UNTIL_A_ROLE_IS_KNOWN)


def let_it_write_logs(
    client: "APIGatewayClient",
    iam: "IAMClient",
    partition: str,
    pause: Callable[[], object] = _pause,
) -> bool:
    """Give API Gateway a role to write logs with; whether it had none.

    There is one for all APIs of an account and region; one that is there is left alone. A new
    role is refused for some seconds, until IAM has told all of AWS about it: `pause` waits before
    the next try.
    """
    if client.get_account().get("cloudwatchRoleArn"):
        return False
    try:
        role = iam.create_role(
            RoleName=LOGGING_ROLE, AssumeRolePolicyDocument=_MAY_BE_TAKEN_BY_API_GATEWAY
        )["Role"]
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName=LOGGING_ROLE)["Role"]
    iam.attach_role_policy(
        RoleName=LOGGING_ROLE, PolicyArn=_MAY_WRITE_LOGS.format(partition=partition)
    )
    for tries_left in reversed(range(_TRIES)):
        try:
            client.update_account(
                patchOperations=[
                    {"op": "replace", "path": "/cloudwatchRoleArn", "value": role["Arn"]}
                ]
            )
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
) -> None:
    """Set what the gateway answers itself, what it logs, and how much it takes.

    Its own answers are arguments of PutGatewayResponse. They count from the next deployment of
    the API on, so it is deployed once more if one of them has changed, or the deployment that
    counts is not yet such a one. Above the limit it answers 429; twice as many may come at once.
    """
    has = {
        each["responseType"]: _compared(each)
        for each in client.get_gateway_responses(restApiId=api_id, limit=500)["items"]
    }
    changed = [each for each in responses if has.get(each["responseType"]) != _compared(each)]
    for response in changed:
        client.put_gateway_response(**response)
    if changed or not _is_ours(client, api_id):
        client.create_deployment(
            restApiId=api_id,
            stageName=API_STAGE,
            description=_DESCRIPTION,
            tracingEnabled=True,  # as in .chalice/config.json
        )
    forget_callers(client, api_id)
    settings = {
        "/accessLogSettings/destinationArn": log_group_arn,
        "/accessLogSettings/format": LOG_FORMAT,
        "/*/*/throttling/rateLimit": str(requests_per_second),
        "/*/*/throttling/burstLimit": str(2 * requests_per_second),
    }
    operations: list[PatchOperationTypeDef] = [
        {"op": "replace", "path": path, "value": value} for path, value in settings.items()
    ]
    client.update_stage(restApiId=api_id, stageName=API_STAGE, patchOperations=operations)


def forget_callers(client: "APIGatewayClient", api_id: str) -> None:
    """Have the gateway ask the authorizer about everybody again.

    It goes for minutes by whom that let in: also those whose token was taken back.
    """
    client.flush_stage_authorizers_cache(restApiId=api_id, stageName=API_STAGE)


def _is_ours(client: "APIGatewayClient", api_id: str) -> bool:
    """Whether the stage has a deployment that was made after its responses were put."""
    deployment = client.get_stage(restApiId=api_id, stageName=API_STAGE)["deploymentId"]
    described = client.get_deployment(restApiId=api_id, deploymentId=deployment)
    return described.get("description") == _DESCRIPTION


def _compared(response: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a gateway response is, asked for or given."""
    return (
        response.get("responseParameters"),
        response.get("responseTemplates"),
        response.get("statusCode"),
    )
