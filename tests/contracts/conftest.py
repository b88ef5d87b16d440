"""Each adapter twice: in memory, and on moto's AWS. Both must pass the same tests."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from chalicelib.aws.media_bucket import MediaBucket
from chalicelib.aws.stories_table import StoriesTable
from chalicelib.ports import Media, Stories
from tests.fakes import InMemoryMedia, InMemoryStories


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.session.Session]:
    """An empty AWS account, in this process."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield boto3.session.Session("testing", "testing", region_name="us-east-1")


@pytest.fixture(params=["memory", "moto"])
def stories(request: pytest.FixtureRequest) -> Stories:
    if request.param == "memory":
        return InMemoryStories()
    client = request.getfixturevalue("aws").client("dynamodb")
    client.create_table(
        TableName="stories",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return StoriesTable(client, "stories")


@pytest.fixture(params=["memory", "moto"])
def media(request: pytest.FixtureRequest) -> Media:
    if request.param == "memory":
        return InMemoryMedia()
    client = request.getfixturevalue("aws").client("s3")
    client.create_bucket(Bucket="media")
    return MediaBucket(client, "media")
