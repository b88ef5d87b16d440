"""SQS as a queue."""

from typing import TYPE_CHECKING, Generic, TypeVar

from chalicelib.aws.requests import request
from chalicelib.delivery import messages
from chalicelib.delivery.messages import IntakeMessage, StoryMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_Message = TypeVar("_Message", StoryMessage, IntakeMessage)


class SqsQueue(Generic[_Message]):
    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, message: _Message) -> None:
        request(self._client.send_message, QueueUrl=self._url, MessageBody=messages.encode(message))

    def retry_in(self, receipt: str, seconds: int) -> None:
        request(
            self._client.change_message_visibility,
            QueueUrl=self._url,
            ReceiptHandle=receipt,
            VisibilityTimeout=seconds,
        )
