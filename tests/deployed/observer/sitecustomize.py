"""Records the AWS requests of each Python process of a command, one a line.

Python imports this module when it starts, because its folder is on PYTHONPATH. RECORDED_CALLS names
the file. Names of the stage's resources are general: ``lambda.GetFunction storytime-*``.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

NAMES = {
    *("Bucket", "CollectionId", "EmailIdentity", "FunctionName", "LayerName", "Name", "QueueName"),
    *("QueueUrl", "Resource", "RoleName", "Rule", "SourceArn", "StackName", "TableName"),
    "logGroupName",
}
WEB_BUCKET = "storytime-*-web-*"
SECOND = ("DestinationArn", "Role")
"""Parameters that name a second resource."""


def calls_of(operation: str, params: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each resource."""
    name = next((str(value) for key, value in params.items() if key in NAMES), "")
    resource = general(name)
    key = f"/{params['Key']}" if "Bucket" in params and "Key" in params else ""
    if key and resource == WEB_BUCKET:  # each version of the page has other files
        key = "/*"
    yield f"{operation} {resource}{key}".rstrip()
    for other in SECOND:
        if other in params:
            yield f"{operation}:{other} {general(params[other])}"


def general(name: str) -> str:
    """Return the name, ARN or address of a resource without what differs between stages."""
    name = re.sub(r".*[:/](?=storytime-)", "", name)
    if re.match("storytime-[0-9a-z]+-web-", name):
        return WEB_BUCKET
    name = re.sub(
        r"^storytime-(?!api-gateway-logs)[\w-]+?(-parked)?(/.*)?$", r"storytime-*\1", name
    )
    return re.sub(r"_[0-9a-z]+/", "_*/", name)


with suppress(ImportError):  # pip builds packages in environments without botocore
    from botocore import handlers

    def record(params: dict[str, Any], model: Any, **_event: Any) -> None:
        with open(os.environ["RECORDED_CALLS"], "a") as file:  # noqa: PTH123  # as early as possible
            for call in calls_of(f"{model.service_model.service_name}.{model.name}", params):
                print(call, file=file)

    handlers.BUILTIN_HANDLERS.append(("provide-client-params", record))
