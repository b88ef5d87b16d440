"""Each adapter twice: in memory, and on moto's AWS. Both must pass the same tests."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.aws.dynamodb.upload_requests_table import UploadRequestsTable
from chalicelib.aws.s3 import MediaBucket, S3IntakeBucket
from chalicelib.delivery.messages import StoryMessage
from chalicelib.stories.intake_bucket import IntakeBucket
from chalicelib.stories.ports import Media, Stories, UploadRequests
from infrastructure.commands.redrive import redrive
from local.resources.creation import create_stories_table
from local.resources.names import REGION
from tests.fakes.clock import Clock
from tests.fakes.media import InMemoryMedia
from tests.fakes.queues import InMemoryQueue, MotoQueue
from tests.fakes.stories import InMemoryStories
from tests.fakes.uploads import InMemoryIntakeBucket, InMemoryUploadRequests
from tests.local.conftest import running_aws

MAX_RECEIVES = 3


@dataclass(frozen=True)
class Queues:
    """A step's queues, and what each kind does in its own way."""

    work: InMemoryQueue[StoryMessage] | MotoQueue[StoryMessage]
    dead: InMemoryQueue[StoryMessage] | MotoQueue[StoryMessage]
    parked: InMemoryQueue[StoryMessage] | MotoQueue[StoryMessage]
    now: Callable[[], datetime]
    is_empty: Callable[[Any], bool]
    redrive: Callable[[], object]


@dataclass(frozen=True)
class Table:
    """Both kinds of records that are in one table."""

    stories: Stories
    requests: UploadRequests


@dataclass(frozen=True)
class Bucket:
    """An intake bucket, and how a client puts an object there."""

    bucket: IntakeBucket
    post: Callable[..., None]


@pytest.fixture(scope="session")
def boto3_session() -> Iterator[boto3.session.Session]:
    """One for all tests: it reads the services' models once."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            environment.delenv(name, raising=False)
        yield boto3.session.Session("testing", "testing", region_name=REGION)


@pytest.fixture
def aws(boto3_session: boto3.session.Session) -> Iterator[boto3.session.Session]:
    """An empty AWS account, in this process."""
    with mock_aws():
        yield boto3_session


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
def table(request: pytest.FixtureRequest) -> Table:
    if request.param == "memory":
        stories = InMemoryStories()
        return Table(stories, InMemoryUploadRequests(stories))
    client = request.getfixturevalue("aws").client("dynamodb")
    create_stories_table(client, "stories")
    return Table(StoriesTable(client, "stories"), UploadRequestsTable(client, "stories"))


@pytest.fixture(params=["memory", "moto"])
def intake_bucket(request: pytest.FixtureRequest) -> Bucket:
    if request.param == "memory":
        memory = InMemoryIntakeBucket(Clock())
        return Bucket(memory, memory.post)
    client = request.getfixturevalue("aws").client("s3")
    client.create_bucket(Bucket="intake")

    def post(key: str, content: bytes, upload_id: str | None = None) -> None:
        metadata = {"upload-id": upload_id} if upload_id else {}
        client.put_object(Bucket="intake", Key=key, Body=content, Metadata=metadata)

    return Bucket(S3IntakeBucket(client, "intake"), post)


@pytest.fixture(params=["memory", "moto", "local"])
def queues(request: pytest.FixtureRequest) -> Queues:
    """In memory, on moto alone, and on the local AWS that is built around moto."""
    match request.param:
        case "memory":
            return _queues_in_memory()
        case "moto":
            return _queues_of(request.getfixturevalue("aws").client("sqs"))
    return _queues_of(request.getfixturevalue("local_sqs"))


@pytest.fixture(params=["memory", "local"])
def dying_queues(request: pytest.FixtureRequest) -> Queues:
    """Queues that count the receives of a dead letter from 1; moto alone goes on counting."""
    if request.param == "memory":
        return _queues_in_memory()
    return _queues_of(request.getfixturevalue("local_sqs"))


@pytest.fixture
def local_sqs(boto3_session: boto3.session.Session) -> Iterator[Any]:
    with running_aws(boto3_session, {}) as aws:
        yield aws.client("sqs")


def _queues_in_memory() -> Queues:
    clock = Clock()
    parked = InMemoryQueue[StoryMessage](clock, "parked")
    dead = InMemoryQueue(clock, "dead", dead_letters=parked, max_receives=MAX_RECEIVES)
    work = InMemoryQueue(clock, "work", dead_letters=dead, max_receives=MAX_RECEIVES)
    return Queues(
        work, dead, parked, clock, lambda queue: not queue.kept, lambda: parked.move_all_to(work)
    )


def _queues_of(client: Any) -> Queues:
    def created(
        name: str, dead_letters: MotoQueue[StoryMessage] | None = None
    ) -> MotoQueue[StoryMessage]:
        attributes = {}
        if dead_letters:
            arn = attribute(dead_letters, "QueueArn")
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES}
            attributes["RedrivePolicy"] = json.dumps(policy)
        answer = client.create_queue(QueueName=name, Attributes=attributes)
        return MotoQueue(client, answer["QueueUrl"], StoryMessage)

    def attribute(queue: MotoQueue[StoryMessage], name: str) -> str:
        answer = client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=[name])
        return str(answer["Attributes"][name])

    def is_empty(queue: MotoQueue[StoryMessage]) -> bool:
        counted = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return [attribute(queue, name) for name in counted] == ["0", "0"]

    parked = created("work-parked")
    dead = created("work-dead", dead_letters=parked)
    work = created("work", dead_letters=dead)
    return Queues(
        work,
        dead,
        parked,
        lambda: datetime.now(UTC),
        is_empty,
        lambda: redrive(client, "work", wait=lambda: None),
    )
