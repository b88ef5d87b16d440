"""Lambda's event source mappings: queues that invoke functions."""

import logging
import threading
from typing import TYPE_CHECKING, Any, Final

from chalice.app import Chalice, SQSEventConfig
from chalice.config import Config

from local.resources.names import REGION
from local.runner.lambda_function import LambdaFunction

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_log = logging.getLogger(__name__)

_MAX_POLL_SECONDS: Final = 20
_MAX_MESSAGES: Final = 10
_PAUSE_AFTER_FAILURE_SECONDS: Final = 1.0
_DEFAULT_CONCURRENCY: Final = 2
"""For functions without `maximum_concurrency`: enough for two cores."""


class QueueTrigger:
    """Invokes a function for the messages of a queue, as Lambda does.

    It deletes a batch when the function returns. When the function raises, the batch waits for its
    visibility timeout, which the function may have changed, or for the queue's redrive policy.

    Args:
        sqs: A client of the stack's own.
        queue_name: The queue.
        function: The function to invoke.
        batch_size: The number of messages that an invocation gets at most.
        concurrency: The number of invocations that run at once at most.
    """

    def __init__(
        self,
        sqs: "SQSClient",
        queue_name: str,
        function: LambdaFunction,
        *,
        batch_size: int = 1,
        concurrency: int = _DEFAULT_CONCURRENCY,
    ) -> None:
        self.queue_name = queue_name
        self.function = function
        self.concurrency = concurrency
        self._sqs = sqs
        self._batch_size = min(batch_size, _MAX_MESSAGES)
        self._free = threading.Semaphore(concurrency)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to poll; each batch gets a thread of its own."""
        queue_url = self._sqs.get_queue_url(QueueName=self.queue_name)["QueueUrl"]
        threading.Thread(
            target=self._poll, args=(queue_url,), name=f"{self.queue_name}-poll", daemon=True
        ).start()

    def request_stop(self) -> None:
        """Receive no more messages; running invocations go on."""
        self._stopping.set()

    def _poll(self, queue_url: str) -> None:
        while not self._stopping.is_set():
            # Before receiving: a message's visibility timeout begins when it is received.
            self._free.acquire()
            if not (messages := self._receive(queue_url)) or self._stopping.is_set():
                self._free.release()
                continue
            name = f"{self.function.name}-{messages[0]['MessageId'][:8]}"
            work = threading.Thread(
                target=self._process, args=(queue_url, messages), name=name, daemon=True
            )
            work.start()

    def _receive(self, queue_url: str) -> "list[MessageTypeDef]":
        try:
            return self._sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=self._batch_size,
                WaitTimeSeconds=_MAX_POLL_SECONDS,
                MessageSystemAttributeNames=["All"],
            ).get("Messages", [])
        except Exception:
            if not self._stopping.is_set():
                _log.exception("%s cannot be polled; trying again", self.queue_name)
                self._stopping.wait(_PAUSE_AFTER_FAILURE_SECONDS)
            return []

    def _process(self, queue_url: str, messages: "list[MessageTypeDef]") -> None:
        arn = f"arn:aws:sqs:{REGION}:{queue_url.split('/')[-2]}:{self.queue_name}"
        event = {"Records": [_record(message, arn) for message in messages]}
        try:
            self.function.invoke(event)
            for message in messages:
                self._sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        except Exception:
            _log.exception("%s failed; SQS will deliver the message again", self.function.name)
        finally:
            self._free.release()


def queue_triggers(app: Chalice, config: Config, sqs: "SQSClient") -> list[QueueTrigger]:
    """Return a trigger for every ``on_sqs_message`` handler of an app."""
    return [
        QueueTrigger(
            sqs,
            _queue_name(source),
            LambdaFunction.configured(source.name, app.handler_map[source.name], config),
            batch_size=source.batch_size,
            concurrency=source.maximum_concurrency or _DEFAULT_CONCURRENCY,
        )
        for source in app.event_sources
        if isinstance(source, SQSEventConfig)
    ]


def _queue_name(source: SQSEventConfig) -> str:
    return source.queue or str(source.queue_arn).rsplit(":", 1)[-1]


def _record(message: "MessageTypeDef", arn: str) -> dict[str, Any]:
    """Return a message in Lambda's shape (AWS Lambda, "Using Lambda with SQS")."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message["Attributes"]),
        "messageAttributes": {},  # the app sends none
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": REGION,
    }
