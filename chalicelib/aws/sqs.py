"""SQS as a queue."""

from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from chalicelib.aws.requests import request
from chalicelib.delivery import messages
from chalicelib.delivery.messages import IntakeMessage, StoryMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_Message = TypeVar("_Message", StoryMessage, IntakeMessage)


class SqsQueue(msgspec.Struct, Generic[_Message], frozen=True):
    client: "SQSClient"
    url: str

    def send(self, message: _Message, delay: int = 0) -> None:
        request(
            self.client.send_message,
            QueueUrl=self.url,
            MessageBody=messages.encode(message),
            DelaySeconds=delay,
        )

    def retry_in(self, receipt: str, seconds: int) -> None:
        request(
            self.client.change_message_visibility,
            QueueUrl=self.url,
            ReceiptHandle=receipt,
            VisibilityTimeout=seconds,
        )

    def count(self) -> int:
        answer = request(
            self.client.get_queue_attributes,
            QueueUrl=self.url,
            AttributeNames=["ApproximateNumberOfMessages"],
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])
