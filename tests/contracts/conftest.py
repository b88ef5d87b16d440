"""Each adapter twice: in memory, and on moto's AWS. Both must pass the same tests."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.aws.media_bucket import MediaBucket
from chalicelib.aws.stories_table import StoriesTable
from chalicelib.ports import Media, Stories
from local.resources import create_stories_table
from tests.fake_queue import InMemoryQueue
from tests.fakes import Clock, InMemoryMedia, InMemoryStories
from tests.moto_queue import MotoQueue

MAX_RECEIVES = 3


@dataclass(frozen=True)
class Queues:
    """A queue, the one that takes its dead letters, and what only each kind itself can tell."""

    work: InMemoryQueue | MotoQueue
    dead: InMemoryQueue | MotoQueue
    now: Callable[[], datetime]
    is_empty: Callable[[Any], bool]


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
    create_stories_table(client, "stories")
    return StoriesTable(client, "stories")


@pytest.fixture(params=["memory", "moto"])
def media(request: pytest.FixtureRequest) -> Media:
    if request.param == "memory":
        return InMemoryMedia()
    client = request.getfixturevalue("aws").client("s3")
    client.create_bucket(Bucket="media")
    return MediaBucket(client, "media")


@pytest.fixture(params=["memory", "moto"])
def queues(request: pytest.FixtureRequest) -> Queues:
    if request.param == "memory":
        clock = Clock()
        dead = InMemoryQueue(clock, "dead")
        work = InMemoryQueue(clock, "work", dead_letters=dead, max_receives=MAX_RECEIVES)
        return Queues(work, dead, clock, lambda queue: not queue.kept)
    return moto_queues(request.getfixturevalue("aws").client("sqs"))


def moto_queues(client: Any) -> Queues:
    def created(name: str, **attributes: str) -> MotoQueue:
        answer = client.create_queue(QueueName=name, Attributes=attributes)
        return MotoQueue(client, answer["QueueUrl"])

    def attribute(queue: MotoQueue, name: str) -> str:
        answer = client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=[name])
        return str(answer["Attributes"][name])

    def is_empty(queue: MotoQueue) -> bool:
        counted = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return [attribute(queue, name) for name in counted] == ["0", "0"]

    dead = created("dead")
    policy = {
        "deadLetterTargetArn": attribute(dead, "QueueArn"),
        "maxReceiveCount": MAX_RECEIVES,
    }
    work = created("work", RedrivePolicy=json.dumps(policy))
    return Queues(work, dead, lambda: datetime.now(UTC), is_empty)
