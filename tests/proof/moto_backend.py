"""moto's AWS as the simulation uses it: the app's own adapters, and SQS with a simulated clock.

moto's visibility follows the wall clock. Here moto keeps a received message invisible until the
simulated clock says that it is due.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import boto3
import msgspec
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from moto import mock_aws
from moto.core.serialize import BaseJSONSerializer

from chalicelib.aws.dynamodb import items
from chalicelib.aws.dynamodb.profiles_table import ProfilesTable
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.aws.dynamodb.upload_requests_table import UploadRequestsTable
from chalicelib.aws.s3 import MediaBucket
from chalicelib.aws.sns import NotificationTopic
from chalicelib.delivery.messages import Delivery, IntakeMessage, Message, StoryMessage, about
from chalicelib.errors import TransientError
from chalicelib.stories.queues import DEAD_LETTER_TIME_LIMIT, TIME_LIMITS, Step
from chalicelib.stories.story import Story
from local.resources.creation import create_stories_table
from tests.fakes.clock import Clock
from tests.fakes.engines import InMemoryFaces
from tests.fakes.profiles import InMemorySentPhotos
from tests.fakes.queues import MAX_RECEIVES, MotoQueue
from tests.fakes.uploads import InMemoryIntakeBucket
from tests.fakes.workflow import InMemoryWorkflow
from tests.proof.memory_backend import MemoryBackend
from tests.proof.tape import Fault, ProcessDied, Request, Tape
from tests.proof.wire import Wire

_Result = TypeVar("_Result")
_IN_MEMORY = ("rekognition", "polly", "cloudfront", "stepfunctions", "sesv2")
_LONG = str(11 * 3600)  # seconds; no run takes so long, and SQS allows twelve hours


@dataclass
class _Known:
    """A message that was received, and when it is to be visible again."""

    receipt: str
    due: datetime


class ClockedQueue(MotoQueue[Message]):
    """A queue of moto whose messages become visible when the simulated clock says so.

    Args:
        dead_letters: Takes what was received too often.
    """

    def __init__(
        self,
        aws: "MotoAws",
        name: str,
        visibility: timedelta,
        dead_letters: "ClockedQueue[Message] | None" = None,
        *,
        kind: type[Message],
    ) -> None:
        attributes: Any = {"VisibilityTimeout": _LONG}
        if dead_letters:
            arn = f"{aws.arn}:{dead_letters.name}"
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES}
            attributes["RedrivePolicy"] = json.dumps(policy)
        url = aws.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        super().__init__(aws.sqs, url, kind, app_client=aws.app_sqs)
        self.name: str = name
        self._aws = aws
        self._visibility = visibility
        self._dead_letters = dead_letters
        self._visible = 0
        self._arrivals: list[datetime] = []
        self._known: dict[str, _Known] = {}

    def send(self, message: Message) -> None:
        with self._aws.wire.if_reached(self._note_arrival):
            super().send(message)

    def retry_in(self, receipt: str, seconds: int) -> None:
        def put_off() -> None:
            for known in self._known.values():
                if known.receipt == receipt:
                    known.due = self._aws.clock.now + timedelta(seconds=seconds)

        with self._aws.wire.if_reached(put_off):
            super().retry_in(receipt, seconds)

    def receive(self) -> Delivery[Message] | None:
        now = self._aws.clock.now
        due = [message_id for message_id, known in self._known.items() if known.due <= now]
        for message_id in due:
            self._show(self._known.pop(message_id).receipt)
        self._visible += len(due)
        while self._visible:
            self._visible -= 1
            delivery = super().receive()
            if delivery is not None:
                self._known[delivery.message_id] = _Known(delivery.receipt, now + self._visibility)
                return msgspec.structs.replace(delivery, sent_at=self._sent_at(delivery))
            assert self._dead_letters, f"a message of {self.name} is gone"
            self._dead_letters._visible += 1
        return None

    def delete(self, receipt: str) -> None:
        super().delete(receipt)
        self._known = {
            message_id: known
            for message_id, known in self._known.items()
            if known.receipt != receipt
        }

    def show_all(self) -> None:
        for known in self._known.values():
            known.due = self._aws.clock.now

    def move_all_to(self, destination: "ClockedQueue[Message]") -> None:
        while (delivery := self.receive()) is not None:
            destination.send(delivery.message)
            self.delete(delivery.receipt)

    def next_visible_at(self) -> datetime | None:
        if self._visible:
            return self._aws.clock.now
        return min((known.due for known in self._known.values()), default=None)

    def _note_arrival(self) -> None:
        self._visible += 1
        self._arrivals.append(self._aws.clock.now)

    def _sent_at(self, delivery: Delivery[Message]) -> datetime:
        """By the simulated clock; moto delivers new messages in the order of their arrival."""
        if delivery.message_id not in self._aws.sent_at:
            self._aws.sent_at[delivery.message_id] = self._arrivals.pop(0)
        return self._aws.sent_at[delivery.message_id]

    def _show(self, receipt: str) -> None:
        self._aws.sqs.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=0
        )


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
        self.sent_at: dict[str, datetime] = {}
        self.clock = Clock()
        self.sqs = session.client("sqs", config=unsigned)
        self.dynamodb = session.client("dynamodb", config=unsigned)
        self.app_sqs = self.wire.attach(session.client("sqs", config=unsigned))
        s3, sns = session.client("s3", config=once), session.client("sns", config=unsigned)
        create_stories_table(self.dynamodb, "stories")
        s3.create_bucket(Bucket="media")
        topic = sns.create_topic(Name="notices")["TopicArn"]
        self.arn = topic.rsplit(":", 1)[0].replace(":sns:", ":sqs:")
        table = self.wire.attach(session.client("dynamodb", config=unsigned))
        self.tools = {
            "clock": self.clock,
            "stories": StoriesTable(table, "stories"),
            "upload_requests": UploadRequestsTable(table, "stories"),
            "profiles": ProfilesTable(table, "stories"),
            "media": MediaBucket(self.wire.attach(s3), "media"),
            "announcer": NotificationTopic(self.wire.attach(sns), topic),
            **self._queues(),
        }

    def _queues(self) -> dict[str, Any]:
        parked = {step: self._queue(f"{step}-parked", timedelta(hours=1)) for step in Step}
        # moto goes on counting receives, so that it would park a dead letter at once.
        dead = {step: self._queue(f"{step}-dead", 6 * DEAD_LETTER_TIME_LIMIT) for step in Step}
        queues = {step: self._queue(step.value, 6 * TIME_LIMITS[step], dead[step]) for step in Step}
        return {"queues": queues, "dead_letter_queues": dead, "parked_queues": parked}

    def _queue(
        self, name: str, visibility: timedelta, dead_letters: ClockedQueue[Any] | None = None
    ) -> ClockedQueue[Any]:
        kind = IntakeMessage if name.startswith(Step.INTAKE) else StoryMessage
        return ClockedQueue(self, name, visibility, dead_letters, kind=kind)

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
        self.intake_bucket = InMemoryIntakeBucket(aws.clock)
        self.faces = InMemoryFaces(aws.clock)
        self.sent_photos = InMemorySentPhotos({"media": self.media})
        self.workflow = InMemoryWorkflow(aws.clock)
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
