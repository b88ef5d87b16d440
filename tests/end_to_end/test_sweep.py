"""The sweep. The test invokes the function itself instead of waiting for its schedule."""

import json

import boto3
import requests

from local.resources.names import PREFIX, REGION, STACK_KEYS
from local.runner.launcher import RunningStack
from tests.end_to_end.client import TIMEOUT

SCHEDULED = {
    "version": "0",
    "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-11-21T12:00:00Z",
    "region": REGION,
    "resources": [],
    "detail": {},
}


def test_a_sweep_lists_unfinished_records_and_waiting_photos(
    stack: RunningStack,
) -> None:
    functions = boto3.session.Session(*STACK_KEYS, region_name=REGION).client(
        "lambda", endpoint_url=stack.aws_url
    )

    answer = functions.invoke(FunctionName=f"{PREFIX}sweep", Payload=json.dumps(SCHEDULED))

    assert answer["Payload"].read() == b"null"
    seen = requests.get(f"{stack.aws_url}/_local/calls", timeout=TIMEOUT).json()
    assert {
        "dynamodb.Scan storytime-local-stories/index/unfinished",
        "s3.ListObjectsV2 storytime-local-staging/images/*",
        "s3.ListObjectsV2 storytime-local-staging/profiles/*",
    } <= {*seen["sweep"]}
