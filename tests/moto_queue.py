"""A real SQS client's view of one queue, with the consumer's side of `fake_queue`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic

from chalicelib.aws.sqs import SqsQueue
from chalicelib.delivery import messages
from chalicelib.delivery.messages import Delivery, Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class MotoQueue(Generic[Message]):
    """The app's adapter on one side, Lambda's poller on the other.

    Args:
        client: The poller's.
        kind: What its messages are.
        app_client: The app's, when it is another one.
    """

    def __init__(
        self,
        client: "SQSClient",
        url: str,
        kind: type[Message],
        app_client: "SQSClient | None" = None,
    ) -> None:
        self.url = url
        self._client = client
        self._kind = kind
        self._queue: SqsQueue[Any] = SqsQueue(app_client or client, url)

    def send(self, message: Message) -> None:
        self._queue.send(message)

    def retry_in(self, receipt: str, seconds: int) -> None:
        self._queue.retry_in(receipt, seconds)

    def receive(self) -> Delivery[Message] | None:
        response = self._client.receive_message(
            QueueUrl=self.url, MessageSystemAttributeNames=["All"]
        )
        for raw in response.get("Messages", []):
            return Delivery(
                message=messages.decode(raw["Body"], self._kind),
                message_id=raw["MessageId"],
                receipt=raw["ReceiptHandle"],
                receives=int(raw["Attributes"]["ApproximateReceiveCount"]),
                sent_at=datetime.fromtimestamp(int(raw["Attributes"]["SentTimestamp"]) / 1000, UTC),
            )
        return None

    def delete(self, receipt: str) -> None:
        self._client.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)
