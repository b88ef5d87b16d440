"""The pipeline's tools with a tape around each: every method is one AWS request."""

from collections.abc import Mapping
from typing import Any

from chalicelib.delivery.messages import IntakeMessage, Queue
from chalicelib.profiles.ports import FaceCollection, Mailer, Profiles, SentPhotos, Workflow
from chalicelib.stories.intake_bucket import IntakeBucket
from chalicelib.stories.ports import (
    Announcer,
    Cdn,
    Media,
    Speaker,
    Stories,
    TextDetector,
    UploadRequests,
)
from chalicelib.stories.queues import DEAD_LETTERS, PARKED, Step
from chalicelib.telemetry import Meter
from tests.proof.tape import Tape

OPERATIONS = {
    "claim": "dynamodb.PutItem",
    "find": "dynamodb.GetItem",
    "find_all": "dynamodb.BatchGetItem",
    "listed": "dynamodb.Query",
    "add": "dynamodb.PutItem",
    "claim_story": "dynamodb.TransactWriteItems",
    "fulfil": "dynamodb.TransactWriteItems",
    "fulfilled_by": "dynamodb.Query",
    "lease": "dynamodb.UpdateItem",
    "apply": "dynamodb.UpdateItem",
    "update": "dynamodb.UpdateItem",
    "unfinished": "dynamodb.Scan",
    "put": "s3.PutObject",
    "get": "s3.GetObject",
    "exists": "s3.HeadObject",
    "keys_under": "s3.ListObjectsV2",
    "delete": "s3.DeleteObjects",
    "head": "s3.HeadObject",
    "waiting": "s3.ListObjectsV2",
    "copy": "s3.CopyObject",
    "remove": "s3.DeleteObject",
    "send": "sqs.SendMessage",
    "retry_in": "sqs.ChangeMessageVisibility",
    "detect": "rekognition.DetectText",
    "speak": "polly.SynthesizeSpeech",
    "publish": "sns.Publish",
    "invalidate": "cloudfront.CreateInvalidation",
    "profiles.save": "dynamodb.PutItem",
    "profiles.remove": "dynamodb.DeleteItem",
    "faces.detect": "rekognition.DetectFaces",
    "faces.search": "rekognition.SearchFacesByImage",
    "faces.add": "rekognition.IndexFaces",
    "faces.remove": "rekognition.DeleteFaces",
    "workflow.start": "stepfunctions.StartExecution",
    "workflow.is_running": "stepfunctions.DescribeExecution",
    "mailer.send": "sesv2.SendEmail",
}
"""By the port's method, or by the port's own name for it."""


class Recorded:
    """A port whose every call goes over the tape."""

    def __init__(self, port: Any, target: str, tape: Tape) -> None:
        self._port = port
        self._target = target
        self._tape = tape

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        operation = OPERATIONS.get(f"{self._target}.{name}", OPERATIONS.get(name))
        if operation is None:  # a form is made without asking AWS
            return method

        def request(*args: Any, **parameters: Any) -> Any:
            detail = (name, *args, *parameters.items())
            return self._tape.perform(
                operation, self._target, detail, lambda: method(*args, **parameters)
            )

        return request


class RecordedTools:
    """What the pipeline gets instead of the tools themselves."""

    def __init__(self, tools: Any, tape: Tape) -> None:
        def recorded(port: Any, target: str = "") -> Any:
            return Recorded(port, target, tape)

        def each(queues: Mapping[Step, Queue[Any]], suffix: str = "") -> Mapping[Step, Queue[Any]]:
            return {step: recorded(queue, step + suffix) for step, queue in queues.items()}

        self.stories: Stories = recorded(tools.stories)
        self.upload_requests: UploadRequests = recorded(tools.upload_requests, "upload")
        self.intake_bucket: IntakeBucket = recorded(tools.intake_bucket, "intake_bucket")
        self.cdn: Cdn = recorded(tools.cdn)
        self.media: Media = recorded(tools.media)
        self.queues = each(tools.queues)
        self.dead_letter_queues = each(tools.dead_letter_queues, DEAD_LETTERS)
        self.parked_queues = each(tools.parked_queues, PARKED)
        self.text_detector: TextDetector = recorded(tools.text_detector)
        self.speaker: Speaker = recorded(tools.speaker)
        self.announcer: Announcer = recorded(tools.announcer)
        self.intake_queue: Queue[IntakeMessage] = self.queues[Step.INTAKE]
        self.intake_dead_letter_queue = self.dead_letter_queues[Step.INTAKE]
        self.intake_parked_queue = self.parked_queues[Step.INTAKE]
        self.profiles: Profiles = recorded(tools.profiles, "profiles")
        self.sent_photos: SentPhotos = recorded(tools.sent_photos, "sent")
        self.faces: FaceCollection = recorded(tools.faces, "faces")
        self.workflow: Workflow = recorded(tools.workflow, "workflow")
        self.mailer: Mailer = recorded(tools.mailer, "mailer")
        self.meter: Meter = tools.meter  # which asks AWS for nothing
