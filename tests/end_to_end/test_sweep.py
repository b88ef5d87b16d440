"""The sweep. The test invokes the function itself instead of waiting for its schedule."""

import json
from datetime import UTC, datetime

import boto3
import requests

from chalicelib.aws.dynamodb import items
from chalicelib.aws.dynamodb.profiles_table import ProfilesTable
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.profiles import moves
from chalicelib.profiles.profile import Attempt
from local.resources.names import PREFIX, REGION, STACK_KEYS
from local.runner.launcher import RunningStack
from tests.end_to_end.client import TIMEOUT
from tests.fakes.builders import story

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
    session = boto3.session.Session(*STACK_KEYS, region_name=REGION)
    functions = session.client("lambda", endpoint_url=stack.aws_url)
    table, name = session.client("dynamodb", endpoint_url=stack.aws_url), f"{PREFIX}stories"
    now = datetime.now(UTC)
    young = story(unfinished_since=now, created_at=now, enqueued_at=now)
    StoriesTable(table, name).claim(young)
    attempt = Attempt(generation="a1b2c3d4", execution="swept-1", sent_at=now, started_at=now)
    profile = moves.attempted(None, "swept", "user_swept", attempt, now)
    ProfilesTable(table, name).save(profile, over=None)

    answer = functions.invoke(FunctionName=f"{PREFIX}sweep", Payload=json.dumps(SCHEDULED))

    assert answer["Payload"].read() == b"null"
    for key in (items.story_key(young.id), items.profile_key(profile.id)):
        table.delete_item(TableName=name, Key=key)
    seen = requests.get(f"{stack.aws_url}/_local/calls", timeout=TIMEOUT).json()
    assert {
        "dynamodb.Scan storytime-local-stories/index/unfinished",
        "dynamodb.BatchGetItem storytime-local-stories profile#*",
        "dynamodb.BatchGetItem storytime-local-stories story#*",
        "s3.ListObjectsV2 storytime-local-staging/images/*",
        "s3.ListObjectsV2 storytime-local-staging/profiles/*",
    } <= {*seen["sweep"]}
