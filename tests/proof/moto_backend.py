"""moto's AWS as the simulation uses it: the app's own adapters, with faults on the wire."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws
from moto.core.serialize import BaseJSONSerializer

from chalicelib.aws.dynamodb import items
from chalicelib.aws.dynamodb.profiles_table import ProfilesTable
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.aws.dynamodb.upload_requests_table import UploadRequestsTable
from chalicelib.aws.s3 import MediaBucket
from chalicelib.aws.sns import NotificationTopic
from chalicelib.aws.sqs import SqsQueue
from chalicelib.delivery import messages
from chalicelib.delivery.messages import Delivery, about
from chalicelib.errors import TransientError
from chalicelib.stories.story import Story
from local.resources.creation import create_stories_table
from tests.fakes.clock import Clock
from tests.fakes.profiles import InMemorySentPhotos
from tests.fakes.queues import InMemoryQueue
from tests.proof.memory_backend import MemoryBackend
from tests.proof.tape import Fault, ProcessDied, Request, Tape

_Result = TypeVar("_Result")
_IN_MEMORY = ("rekognition", "polly", "cloudfront", "stepfunctions", "sesv2")
_LONG = str(11 * 3600)  # seconds; no run takes so long, and SQS allows twelve hours


_ANSWERS = {
    Fault.THROTTLED: ("ThrottlingException", 400),
    Fault.SERVER_ERROR: ("InternalServerError", 500),
}


class Wire:
    """Lies between clients and moto, and lets requests fail there as they do on a wire."""

    def __init__(self) -> None:
        self.fault: Fault | None = None  # met by the next request
        self.reached = 0  # how many requests took effect

    def attach(self, client: Any) -> Any:
        """Let a client's requests go over this wire; moto's own handler stands in between."""
        # Under the name of moto's handler: handlers with more exact names would all come first.
        client.meta.events.register_first("before-send", self._before)
        client.meta.events.register_last("before-send", self._after)
        return client

    @contextmanager
    def if_reached(self, note: Callable[[], None]) -> Iterator[None]:
        """Note what a request did, whether its answer came or not."""
        reached = self.reached
        try:
            yield
        finally:
            if self.reached > reached:
                note()

    def _before(self, event_name: str, **_: Any) -> None:
        if self.fault in _ANSWERS:
            code, status = _ANSWERS[self.fault]
            answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(answer, event_name.rsplit(".", 1)[1])

    def _after(self, request: Any, **_: Any) -> None:
        self.reached += 1
        if self.fault is Fault.TIMED_OUT:
            raise ReadTimeoutError(endpoint_url=request.url)


class WiredQueue:
    """A queue in memory, whose senders use the app's adapter on moto.

    Requests meet their faults on the wire; a message is in memory when its request reached moto.
    moto's own visibility follows the wall clock, so that it would deliver too late.
    """

    def __init__(self, queue: InMemoryQueue[Any], aws: "MotoAws") -> None:
        self._queue = queue
        self._aws = aws
        self._url: str = aws.queue_url(queue.name)
        self._adapter: SqsQueue[Any] = SqsQueue(aws.app_sqs, self._url)
        self._handles: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    def send(self, message: Any) -> None:
        with self._aws.wire.if_reached(lambda: self._queue.send(message)):
            self._adapter.send(message)

    def retry_in(self, receipt: str, seconds: int) -> None:
        handle = self._handles[receipt.rpartition("/")[0]]
        with self._aws.wire.if_reached(lambda: self._queue.retry_in(receipt, seconds)):
            self._adapter.retry_in(handle, seconds)

    def receive(self) -> Delivery[Any] | None:
        delivery = self._queue.receive()
        if delivery and delivery.message_id not in self._handles:
            self._handles[delivery.message_id] = self._handle_of(delivery.message)
        return delivery

    def _handle_of(self, message: Any) -> str:
        """The handle of moto's copy; SQS itself has moved a dead letter to this queue."""
        while True:
            received = self._aws.sqs.receive_message(QueueUrl=self._url).get("Messages")
            if not received:
                self._adapter.send(message)
            elif messages.decode(received[0]["Body"], type(message)) == message:
                return received[0]["ReceiptHandle"]


@contextmanager
def fast_moto() -> Iterator[None]:
    """moto, whose DynamoDB sends items as they are.

    Otherwise moto looks for each value of an item under several names, in a fifth of all time.
    """
    by_name = BaseJSONSerializer._serialize_type_structure

    def serialize(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue":
            serialized[key] = value
        else:
            by_name(self, serialized, value, shape, key)

    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseJSONSerializer, "_serialize_type_structure", serialize)
        yield


class MotoAws:
    """Clients and resources for any number of runs: each run has ids of its own."""

    def __init__(self, session: boto3.session.Session) -> None:
        # Without the client's own retries: a fault here stands for one that outlasts them.
        once = Config(retries={"total_max_attempts": 1})
        unsigned = once.merge(Config(signature_version=UNSIGNED))  # faster; S3 refuses it
        self.wire = Wire()
        self.sqs = session.client("sqs", config=unsigned)
        self.queue_url = cache(self._queue_url)
        self.app_sqs = self.wire.attach(session.client("sqs", config=unsigned))
        self.dynamodb = session.client("dynamodb", config=unsigned)
        table = self.wire.attach(session.client("dynamodb", config=unsigned))
        s3, sns = session.client("s3", config=once), session.client("sns", config=unsigned)
        create_stories_table(self.dynamodb, "stories")
        s3.create_bucket(Bucket="media")
        topic = sns.create_topic(Name="notices")["TopicArn"]
        self.tools = {
            "stories": StoriesTable(table, "stories"),
            "upload_requests": UploadRequestsTable(table, "stories"),
            "profiles": ProfilesTable(table, "stories"),
            "media": MediaBucket(self.wire.attach(s3), "media"),
            "announcer": NotificationTopic(self.wire.attach(sns), topic),
        }

    def _queue_url(self, name: str) -> str:
        url = self.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": _LONG})
        return url["QueueUrl"]

    def find(self, story_id: str) -> Story:
        response = self.dynamodb.get_item(TableName="stories", Key=items.story_key(story_id))
        return items.story_of(response["Item"])


class MotoBackend(MemoryBackend):
    """One run on moto: stories of its own, engines of its own. The rest is in memory."""

    def __init__(self, aws: MotoAws) -> None:
        super().__init__()
        self.namespace = uuid.uuid4()
        for name, tool in aws.tools.items():
            setattr(self, name, tool)
        self.sent_photos = InMemorySentPhotos({"media": self.media})
        queues: Any
        for queues in (self.queues, self.dead_letter_queues, self.parked_queues):
            for step, queue in queues.items():
                queues[step] = WiredQueue(queue, aws)
        self._aws = aws

    def tape(self, faults: Mapping[int, Fault]) -> Tape:
        return _WiredTape(self.clock, faults, aws=self._aws)


class _WiredTape(Tape):
    """A tape whose faults happen on the wire, so that the app's adapters report them."""

    def __init__(self, clock: Clock, faults: Mapping[int, Fault], *, aws: MotoAws) -> None:
        super().__init__(clock, faults)
        self._aws = aws

    def meet(self, request: Request, action: Callable[[], _Result]) -> _Result:
        if request.operation.startswith(_IN_MEMORY) or request.target == "intake_bucket":
            return super().meet(request, action)
        if request.fault is Fault.DIES_BEFORE:
            raise ProcessDied(request.operation)
        self._aws.wire.fault = request.fault
        try:
            self.effect(request, action)
        except TransientError:
            if request.fault is Fault.TIMED_OUT:
                request.took_effect = True
                request.result = self._left_by(request)
            raise
        finally:
            self._aws.wire.fault = None
        assert request.fault is Fault.DIES_AFTER, f"{request.operation} did not meet its fault"
        raise ProcessDied(request.operation)

    def effect(self, request: Request, action: Callable[[], _Result]) -> _Result:
        reached = self._aws.wire.reached
        try:
            return super().effect(request, action)
        finally:
            is_one = self._aws.wire.reached <= reached + 1
            assert is_one, f"{request.operation} is more than one request"

    def _left_by(self, request: Request) -> Any:
        """The result of a write whose answer was lost."""
        match request.detail:
            case ("lease", str(story_id), *_):
                return self._aws.find(story_id)
            case ("apply", Story(id=story_id), *_):
                return self._aws.find(story_id)
            case ("claim", Story() as new, *_):
                found = self._aws.find(new.id)
                return None if about(found) == about(new) else found
        return None
