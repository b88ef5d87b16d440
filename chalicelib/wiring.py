"""The pipeline over AWS: clients are created when they are first needed."""

import logging
import threading
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from chalicelib.aws import paid_requests
from chalicelib.aws.cloudfront import Distribution
from chalicelib.aws.cloudwatch import EmfMeter
from chalicelib.aws.dynamodb.profiles_table import ProfilesTable
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.aws.dynamodb.upload_requests_table import UploadRequestsTable
from chalicelib.aws.face_collection import RekognitionFaceCollection
from chalicelib.aws.intake_bucket import S3IntakeBucket
from chalicelib.aws.media_bucket import MediaBucket
from chalicelib.aws.polly import PollySpeaker
from chalicelib.aws.rekognition import RekognitionTextDetector
from chalicelib.aws.sent_photos import SentPhotosInS3
from chalicelib.aws.ses import SesMailer
from chalicelib.aws.sns import NotificationTopic
from chalicelib.aws.sqs import SqsQueue
from chalicelib.aws.stepfunctions import StateMachine
from chalicelib.delivery.messages import IntakeMessage
from chalicelib.pipeline import Pipeline
from chalicelib.settings import DEAD_LETTERS, LOCAL, PARKED, Settings
from chalicelib.stories.links import Links
from chalicelib.stories.story import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

# Waits of up to a second, two and four lie between the attempts. No answer may take longer
# than API Gateway waits (29 s), and none of a paid service longer than its step's lease.
# A paid call that is given up may have been paid: it is waited for as long as possible.
_CLIENT: Final = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=50,
)
# Forms for new buckets must be signed so; requests are anyway.
# Named so, a bucket is posted to in its own region, not by way of a redirect.
_S3_CLIENT: Final = _CLIENT.merge(
    Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
)
_PAID_CLIENT: Final = Config(
    connect_timeout=2, read_timeout=25, retries={"mode": "standard", "total_max_attempts": 2}
)

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The time, to the millisecond: as exact as the table keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def pipeline_on_aws(settings: Settings) -> Pipeline:
    return Pipeline(
        AwsTools(settings),
        links=Links(settings.media_base_url),
        namespace=settings.story_namespace,
        intake_bucket=settings.intake_bucket,
        clock=utc_now,
    )


class AwsTools:
    """AWS as `pipeline.Tools`, for the account and region of the environment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._creating = threading.Lock()

    @cached_property
    def stories(self) -> StoriesTable:
        return StoriesTable(self._dynamodb, self._settings.stories_table)

    @cached_property
    def upload_requests(self) -> UploadRequestsTable:
        return UploadRequestsTable(self._dynamodb, self._settings.stories_table)

    @cached_property
    def media(self) -> MediaBucket:
        return MediaBucket(self._s3, self._settings.media_bucket)

    @cached_property
    def intake_bucket(self) -> S3IntakeBucket:
        return S3IntakeBucket(self._s3, self._settings.intake_bucket)

    @cached_property
    def cdn(self) -> Distribution:
        return Distribution(self._client("cloudfront"), self._settings.distribution_id)

    @cached_property
    def queues(self) -> "Mapping[Step, SqsQueue[Any]]":
        return self._queues()

    @cached_property
    def dead_letter_queues(self) -> "Mapping[Step, SqsQueue[Any]]":
        return self._queues(DEAD_LETTERS)

    @cached_property
    def parked_queues(self) -> "Mapping[Step, SqsQueue[Any]]":
        return self._queues(PARKED)

    @cached_property
    def text_detector(self) -> RekognitionTextDetector:
        return RekognitionTextDetector(self._rekognition)

    @cached_property
    def speaker(self) -> PollySpeaker:
        return PollySpeaker(self._paid_client("polly"), self._settings.speech_engine)

    @cached_property
    def announcer(self) -> NotificationTopic:
        return NotificationTopic(self._client("sns"), self._settings.notification_topic_arn)

    @cached_property
    def profiles(self) -> ProfilesTable:
        return ProfilesTable(self._dynamodb, self._settings.stories_table)

    @cached_property
    def sent_photos(self) -> SentPhotosInS3:
        return SentPhotosInS3(self._s3)

    @cached_property
    def faces(self) -> RekognitionFaceCollection:
        return RekognitionFaceCollection(
            self._rekognition,
            self._settings.face_collection_id,
            quick=self._client("rekognition"),
        )

    @cached_property
    def workflow(self) -> StateMachine:
        client = self._client("stepfunctions")
        arn, bucket = self._settings.profile_workflow_arn, self._settings.media_bucket
        return StateMachine(client, arn, media_bucket=bucket)

    @cached_property
    def mailer(self) -> SesMailer:
        return SesMailer(self._client("sesv2"), self._settings.sender_email)

    @cached_property
    def meter(self) -> EmfMeter:
        # On one machine standard output is for people: LOG_LEVEL=DEBUG shows what is measured.
        is_local = self._settings.stage == LOCAL
        return EmfMeter(self._settings.stage, log.debug if is_local else partial(print, flush=True))

    @cached_property
    def intake_queue(self) -> SqsQueue[IntakeMessage]:
        return self.queues[Step.INTAKE]

    @cached_property
    def intake_dead_letter_queue(self) -> SqsQueue[IntakeMessage]:
        return self.dead_letter_queues[Step.INTAKE]

    @cached_property
    def intake_parked_queue(self) -> SqsQueue[IntakeMessage]:
        return self.parked_queues[Step.INTAKE]

    def _queues(self, suffix: str = "") -> "Mapping[Step, SqsQueue[Any]]":
        urls = {
            Step.INTAKE: self._settings.intake_queue_url,
            Step.READING: self._settings.reading_queue_url,
            Step.NARRATION: self._settings.narration_queue_url,
            Step.RENDITIONS: self._settings.renditions_queue_url,
            Step.DELETION: self._settings.deletion_queue_url,
        }
        return {step: SqsQueue(self._sqs, url + suffix) for step, url in urls.items()}

    @cached_property
    def _dynamodb(self) -> Any:
        return self._client("dynamodb")

    @cached_property
    def _s3(self) -> Any:
        return self._client("s3", _S3_CLIENT)

    @cached_property
    def _rekognition(self) -> Any:
        return self._paid_client("rekognition")

    @cached_property
    def _sqs(self) -> Any:
        return self._client("sqs")

    @cached_property
    def _session(self) -> boto3.session.Session:
        return boto3.session.Session()

    def _paid_client(self, service: str) -> Any:
        return paid_requests.count(self._client(service, _PAID_CLIENT), self.meter)

    def _client(self, service: str, config: Config = _CLIENT) -> Any:
        # Clients may be shared between threads, but not created by several at once.
        with self._creating:
            return self._session.client(service, config=config)  # type: ignore[call-overload]
