"""SQS's message move tasks, which the emulator does not have, for `make redrive`.

A move is complete when its request is answered. The local AWS has more of them, with tests.
"""

import json
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from tests.deployed.passed_on import PassedOn, body_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from mypy_boto3_sqs import SQSClient

_OPERATION: Final = "AmazonSQS."


class MessageMoves:
    """A WSGI application in front of the emulator.

    Args:
        client: A client of the emulator, to move the messages.
        emulator: Answers all other requests.
    """

    def __init__(self, client: "SQSClient", emulator: PassedOn) -> None:
        self._client = client
        self._emulator = emulator
        self._done: list[dict[str, Any]] = []

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        body = body_of(environ)
        match environ.get("HTTP_X_AMZ_TARGET", "").removeprefix(_OPERATION):
            case "StartMessageMoveTask":
                answer = self._start(**json.loads(body))
            case "ListMessageMoveTasks":
                source = json.loads(body)["SourceArn"]
                answer = {"Results": [each for each in self._done if each["SourceArn"] == source]}
            case _:
                return self._emulator.answer(environ, body, start_response)
        start_response("200 OK", [("Content-Type", "application/x-amz-json-1.0")])
        return [json.dumps(answer).encode()]

    def _start(self, SourceArn: str, DestinationArn: str) -> dict[str, Any]:  # noqa: N803
        source, destination = self._url(SourceArn), self._url(DestinationArn)
        moved = 0
        while messages := self._client.receive_message(QueueUrl=source).get("Messages"):
            for message in messages:
                self._client.send_message(QueueUrl=destination, MessageBody=message["Body"])
                self._client.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
                moved += 1
        self._done.insert(
            0,
            {
                "Status": "COMPLETED",
                "SourceArn": SourceArn,
                "DestinationArn": DestinationArn,
                "ApproximateNumberOfMessagesMoved": moved,
                "ApproximateNumberOfMessagesToMove": moved,
                "StartedTimestamp": time.time_ns() // 1_000_000,
            },
        )
        return {"TaskHandle": str(len(self._done))}

    def _url(self, arn: str) -> str:
        return self._client.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
