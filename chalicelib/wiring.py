"""Builds the pipeline: clients when first needed, each stage with only the tools it needs."""

import threading
import uuid
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from chalicelib.aws.media_bucket import MediaBucket
from chalicelib.aws.notification_topic import NotificationTopic
from chalicelib.aws.polly import PollySpeaker
from chalicelib.aws.rekognition import RekognitionTextDetector
from chalicelib.aws.stage_queue import StageQueue
from chalicelib.aws.stories_table import StoriesTable
from chalicelib.failover import Failover
from chalicelib.intake import Intake
from chalicelib.links import Links
from chalicelib.narration import Narration
from chalicelib.notification import Notification
from chalicelib.reading import Reading
from chalicelib.retrieval import Retrieval
from chalicelib.settings import Settings
from chalicelib.stage import StageRunner
from chalicelib.story import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

LEASES: Final = {Stage.READING: timedelta(seconds=60), Stage.NARRATION: timedelta(seconds=120)}
"""No longer than the time limits of the functions in .chalice/config.json (a test compares)."""

# Three attempts, with waits of a second or so between them. No answer may take longer than
# API Gateway waits (29 s), and none of a paid service longer than its stage's lease.
_RETRIES: Final[Any] = {"mode": "standard", "total_max_attempts": 3}
_CLIENT: Final = Config(
    connect_timeout=2, read_timeout=6, retries=_RETRIES, max_pool_connections=50
)
_PAID_CLIENT: Final = Config(connect_timeout=2, read_timeout=15, retries=_RETRIES)


def utc_now() -> datetime:
    """The time, to the millisecond: as exact as the table keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class Wiring:
    """Everything that `app.py` delegates to, built on first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._creating = threading.Lock()
        self.links = Links(settings.media_base_url)

    @cached_property
    def intake(self) -> Intake:
        return Intake(
            stories=self._stories,
            media=self._media,
            reading_queue=self._queues[Stage.READING],
            failover=self._failover,
            notification=self._notification,
            namespace=self._settings.story_namespace,
            new_uuid=uuid.uuid4,
            clock=utc_now,
        )

    @cached_property
    def retrieval(self) -> Retrieval:
        return Retrieval(stories=self._stories, failover=self._failover)

    @cached_property
    def reading(self) -> StageRunner:
        work = Reading(
            stories=self._stories,
            media=self._media,
            text_detector=RekognitionTextDetector(self._client("rekognition", _PAID_CLIENT)),
            narration_queue=self._queues[Stage.NARRATION],
        )
        return self._runner(Stage.READING, work)

    @cached_property
    def narration(self) -> StageRunner:
        speaker = PollySpeaker(self._client("polly", _PAID_CLIENT), self._settings.speech_engine)
        work = Narration(stories=self._stories, media=self._media, speaker=speaker)
        return self._runner(Stage.NARRATION, work)

    def _runner(self, stage: Stage, work: "Reading | Narration") -> StageRunner:
        return StageRunner(
            stage=stage,
            lease_for=LEASES[stage],
            work=work.work,
            stories=self._stories,
            queue=self._queues[stage],
            notification=self._notification,
            clock=utc_now,
        )

    @cached_property
    def _stories(self) -> StoriesTable:
        return StoriesTable(self._client("dynamodb"), self._settings.stories_table)

    @cached_property
    def _media(self) -> MediaBucket:
        return MediaBucket(self._client("s3"), self._settings.media_bucket)

    @cached_property
    def _queues(self) -> "Mapping[Stage, StageQueue]":
        client = self._client("sqs")
        return {
            Stage.READING: StageQueue(client, self._settings.reading_queue_url),
            Stage.NARRATION: StageQueue(client, self._settings.narration_queue_url),
        }

    @cached_property
    def _failover(self) -> Failover:
        return Failover(stories=self._stories, queues=self._queues, clock=utc_now)

    @cached_property
    def _notification(self) -> Notification:
        topic = NotificationTopic(self._client("sns"), self._settings.notification_topic_arn)
        return Notification(stories=self._stories, announcer=topic, links=self.links, clock=utc_now)

    @cached_property
    def _session(self) -> boto3.session.Session:
        return boto3.session.Session()

    def _client(self, service: str, config: Config = _CLIENT) -> Any:
        # Clients may be shared between threads, but not created by several at once.
        with self._creating:
            return self._session.client(service, config=config)  # type: ignore[call-overload]
