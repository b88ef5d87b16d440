"""The pipeline's tools with a tape around each: every method of a port is one AWS request."""

from typing import Any

from chalicelib.stories.queues import DEAD_LETTERS, PARKED
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
    "count": "sqs.GetQueueAttributes",
    "detect": "rekognition.DetectText",
    "document.detect": "textract.DetectDocumentText",
    "speak": "polly.SynthesizeSpeech",
    "marks": "polly.SynthesizeSpeech",
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
"""By the port's method, or by target and method where methods of two ports have one name."""

_SAME = ("intake_bucket", "profiles", "faces", "workflow", "mailer")
TARGETS = {
    **dict.fromkeys(("stories", "media", "cdn", "picture_text", "speaker", "announcer"), ""),
    "document_text": "document",
    **{port: port for port in _SAME},
    "upload_requests": "upload",
    "sent_photos": "sent",
}
"""By port, what a request's `target` says."""


class Recorded:
    """A port whose every call goes over the tape."""

    def __init__(self, port: Any, target: str, tape: Tape) -> None:
        self._port = port
        self._target = target
        self._tape = tape

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        operation = OPERATIONS.get(f"{self._target}.{name}", OPERATIONS.get(name))
        if operation is None:  # a form is made without a request
            return method

        def request(*args: Any, **parameters: Any) -> Any:
            detail = (name, *args, *parameters.items())
            return self._tape.perform(
                operation, self._target, detail, lambda: method(*args, **parameters)
            )

        setattr(self, name, request)
        return request


class RecordedTools:
    """What the pipeline gets instead of the tools themselves."""

    def __init__(self, tools: Any, tape: Tape) -> None:
        self._tools = tools
        self._tape = tape
        self.meter = tools.meter  # which makes no requests
        self.queues = self._each(tools.queues, "")
        self.dead_letter_queues = self._each(tools.dead_letter_queues, DEAD_LETTERS)
        self.parked_queues = self._each(tools.parked_queues, PARKED)

    def __getattr__(self, name: str) -> Any:
        if name not in TARGETS:
            raise AttributeError(name)
        setattr(self, name, Recorded(getattr(self._tools, name), TARGETS[name], self._tape))
        return getattr(self, name)

    def _each(self, queues: Any, suffix: str) -> Any:
        return {step: Recorded(each, step + suffix, self._tape) for step, each in queues.items()}
