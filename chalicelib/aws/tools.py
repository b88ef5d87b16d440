"""The adapters of all ports, with the clients and names that the settings give them."""

import logging
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

from chalicelib.aws.cloudfront import Distribution
from chalicelib.aws.cloudwatch import EmfMeter
from chalicelib.aws.dynamodb.profiles_table import ProfilesTable
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.aws.dynamodb.upload_requests_table import UploadRequestsTable
from chalicelib.aws.polly import PollySpeaker
from chalicelib.aws.rekognition import RekognitionFaceCollection, RekognitionTextDetector
from chalicelib.aws.requests import Clients
from chalicelib.aws.s3 import MediaBucket, S3IntakeBucket, SentPhotosInS3
from chalicelib.aws.ses import SesMailer
from chalicelib.aws.sns import NotificationTopic
from chalicelib.aws.sqs import SqsQueue
from chalicelib.aws.stepfunctions import StateMachine
from chalicelib.aws.textract import TextractTextDetector
from chalicelib.settings import LOCAL, Settings
from chalicelib.stories.queues import DEAD_LETTERS, PARKED, Step

log = logging.getLogger(__name__)


class AwsTools:
    """The adapters as attributes, each built on first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = Clients(lambda: self.meter)

    def __getattr__(self, name: str) -> Any:
        if name not in self._adapters:
            raise AttributeError(name)
        adapter = self._adapters[name]()
        setattr(self, name, adapter)  # the next access does not come here
        return adapter

    @cached_property
    def _adapters(self) -> Mapping[str, Callable[[], object]]:
        settings, client, paid = self._settings, self._client, self._client.paid
        table, arn = settings.stories_table, settings.profile_workflow_arn
        # The local AWS shows measurements only with LOG_LEVEL=DEBUG: standard output is for people.
        write = log.debug if settings.stage == LOCAL else partial(print, flush=True)
        return {
            "stories": lambda: StoriesTable(client("dynamodb"), table),
            "upload_requests": lambda: UploadRequestsTable(client("dynamodb"), table),
            "profiles": lambda: ProfilesTable(client("dynamodb"), table),
            "media": lambda: MediaBucket(client("s3"), settings.media_bucket),
            "intake_bucket": lambda: S3IntakeBucket(client("s3"), settings.intake_bucket),
            "sent_photos": lambda: SentPhotosInS3(client("s3")),
            "queues": self._queues,
            "dead_letter_queues": lambda: self._queues(DEAD_LETTERS),
            "parked_queues": lambda: self._queues(PARKED),
            "picture_text": lambda: RekognitionTextDetector(paid("rekognition")),
            "document_text": lambda: TextractTextDetector(
                paid("textract", settings.textract_region)
            ),
            "faces": lambda: RekognitionFaceCollection(
                paid("rekognition"), settings.face_collection_id, quick=client("rekognition")
            ),
            "speaker": lambda: PollySpeaker(paid("polly")),
            "announcer": lambda: NotificationTopic(client("sns"), settings.notification_topic_arn),
            "mailer": lambda: SesMailer(client("sesv2"), settings.sender_email),
            "cdn": lambda: Distribution(client("cloudfront"), settings.distribution_id),
            "workflow": lambda: StateMachine(
                client("stepfunctions"), arn, media_bucket=settings.media_bucket
            ),
            "meter": lambda: EmfMeter(settings.stage, write),
        }

    def make_clients(self) -> None:
        """Make the clients that nearly every function needs."""
        for name in ("stories", "media", "queues"):
            getattr(self, name)

    def _queues(self, suffix: str = "") -> Mapping[Step, SqsQueue[Any]]:
        client, prefix = self._client("sqs"), self._settings.queue_url_prefix
        return {step: SqsQueue(client, f"{prefix}{step}{suffix}") for step in Step}
