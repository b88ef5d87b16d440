"""Each adapter twice: in memory, and on moto's AWS or the local one. Both pass the same tests."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.aws.dynamodb.profiles_table import ProfilesTable
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.aws.dynamodb.upload_requests_table import UploadRequestsTable
from chalicelib.aws.s3 import MediaBucket, S3IntakeBucket
from chalicelib.aws.sqs import SqsQueue
from chalicelib.delivery import messages
from chalicelib.delivery.messages import Delivery, StoryMessage
from chalicelib.profiles.ports import Profiles
from chalicelib.stories.intake_bucket import IntakeBucket
from chalicelib.stories.ports import Stories, UploadRequests
from infrastructure.commands.redrive import redrive
from local.resources.creation import create_stories_table
from local.resources.names import REGION
from tests.fakes.clock import Clock
from tests.fakes.media import InMemoryMedia
from tests.fakes.profiles import InMemoryProfiles
from tests.fakes.queues import InMemoryQueue
from tests.fakes.stories import InMemoryStories
from tests.fakes.uploads import InMemoryIntakeBucket, InMemoryUploadRequests
from tests.local.conftest import running_aws

MAX_RECEIVES = 3


class PolledQueue(SqsQueue[StoryMessage], frozen=True):
    """The app's adapter, and what Lambda's poller does."""

    def receive(self) -> Delivery[StoryMessage] | None:
        response = self.client.receive_message(
            QueueUrl=self.url, MessageSystemAttributeNames=["All"]
        )
        for raw in response.get("Messages", []):
            return Delivery(
                message=messages.decode(raw["Body"], StoryMessage),
                message_id=raw["MessageId"],
                receipt=raw["ReceiptHandle"],
                receives=int(raw["Attributes"]["ApproximateReceiveCount"]),
                sent_at=datetime.fromtimestamp(int(raw["Attributes"]["SentTimestamp"]) / 1000, UTC),
            )
        return None

    def delete(self, receipt: str) -> None:
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)


AnyQueue = InMemoryQueue[StoryMessage] | PolledQueue


@dataclass(frozen=True)
class Queues:
    """A step's queues, and what each kind does in its own way."""

    work: AnyQueue
    dead: AnyQueue
    parked: AnyQueue
    now: Callable[[], datetime]
    is_empty: Callable[[Any], bool]
    redrive: Callable[[], object]


@dataclass(frozen=True)
class Table:
    """All kinds of records, which are in one table."""

    stories: Stories
    requests: UploadRequests
    profiles: Profiles


@dataclass(frozen=True)
class Bucket:
    """An intake bucket, and how a client puts an object there."""

    bucket: IntakeBucket
    post: Callable[..., None]


_OVER_AN_INDEX = frozenset({"listed", "fulfilled_by", "unfinished"})


class OneRequestEach:
    """An adapter whose every method makes one request, as the proof takes it to be.

    Those that look into an index read its records with a second one, and write nothing.
    """

    def __init__(self, adapter: Any, client: Any) -> None:
        self._adapter = adapter
        self._requests: list[object] = []
        client.meta.events.register("before-send", lambda **sent: self._requests.append(sent))

    def __getattr__(self, name: str) -> Any:
        def counted(*args: Any, **parameters: Any) -> Any:
            self._requests.clear()
            try:
                return getattr(self._adapter, name)(*args, **parameters)
            finally:
                made = len(self._requests)
                most = 2 if name in _OVER_AN_INDEX else 1
                assert 1 <= made <= most, f"{name} is {made} requests"

        return counted


def pages(ask: Callable[..., Any]) -> list[Any]:
    """Every page, of which each names the next one."""
    found = [ask()]
    while found[-1].next is not None:
        found.append(ask(found[-1].next))
    return found


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
def table(request: pytest.FixtureRequest) -> Table:
    if request.param == "memory":
        stories = InMemoryStories()
        return Table(stories, InMemoryUploadRequests(stories), InMemoryProfiles())
    client = request.getfixturevalue("aws").client("dynamodb")
    create_stories_table(client, "stories")
    kinds: Any = (StoriesTable, UploadRequestsTable, ProfilesTable)
    tables: Any = [OneRequestEach(kind(client, "stories"), client) for kind in kinds]
    return Table(*tables)


@pytest.fixture
def stories(table: Table) -> Stories:
    return table.stories


@pytest.fixture(params=["memory", "moto"])
def media(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return InMemoryMedia()
    client = request.getfixturevalue("aws").client("s3")
    client.create_bucket(Bucket="media")
    return OneRequestEach(MediaBucket(client, "media"), client)


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

    bucket: Any = OneRequestEach(S3IntakeBucket(client, "intake"), client)
    return Bucket(bucket, post)


@pytest.fixture(params=["memory", "local"])
def queues(request: pytest.FixtureRequest) -> Queues:
    """In memory, and on the local AWS; moto alone does not count a dead letter's receives anew."""
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
    def created(name: str, dead_letters: PolledQueue | None = None) -> PolledQueue:
        attributes = {}
        if dead_letters:
            arn = attribute(dead_letters, "QueueArn")
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES}
            attributes["RedrivePolicy"] = json.dumps(policy)
        answer = client.create_queue(QueueName=name, Attributes=attributes)
        return PolledQueue(client, answer["QueueUrl"])

    def attribute(queue: PolledQueue, name: str) -> str:
        answer = client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=[name])
        return str(answer["Attributes"][name])

    def is_empty(queue: PolledQueue) -> bool:
        counted = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return [attribute(queue, name) for name in counted] == ["0", "0"]

    parked = created("work-parked")
    dead = created("work-dead", dead_letters=parked)
    work = created("work", dead_letters=dead)
    redriven = partial(redrive, client, "work", wait=lambda: None)
    return Queues(work, dead, parked, lambda: datetime.now(UTC), is_empty, redriven)
