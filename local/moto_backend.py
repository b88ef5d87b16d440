"""moto's server application, one request at a time, and a look inside what it stores.

moto is not atomic under threads: of many conditional puts several win, and a transaction that is
cancelled rolls back what others wrote meanwhile. One lock around it cures both, at no loss of
throughput: its work is pure Python, which runs on one core anyway. So nothing that waits may
happen under this lock: bodies are read before it is taken, and long polls, functions and engines
stay outside.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Response

from local.received import Received

__all__ = ["ACCOUNT_ID", "REGION", "MotoBackend", "StoredObject"]

REGION: Final = "us-east-1"

_LARGEST_OBJECT_IN_MEMORY: Final = "65536"  # bytes; larger ones are spooled to temporary files
_ROUNDING_SECONDS: Final = 0.001  # moto keeps whole and compares fractional milliseconds


@dataclass(frozen=True)
class StoredObject:
    """An object of a bucket, with the headers that it was stored with."""

    content: bytes
    content_type: str
    cache_control: str | None
    etag: str
    last_modified: datetime


class MotoBackend:
    """moto, emptied: its state belongs to the process, so a process has one backend at a time."""

    def __init__(self) -> None:
        os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = _LARGEST_OBJECT_IN_MEMORY
        moto_api_backend.reset()
        self._application = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.RLock()

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Several looks or requests with nobody else's in between."""
        with self._lock:
            yield

    def answer(self, received: Received) -> Response:
        environ = received.environ()
        with self._lock:
            return Response.from_app(self._application, environ, buffered=True)

    def find_object(self, bucket: str, key: str, version: str | None = None) -> StoredObject:
        """An object's bytes and headers.

        Raises:
            KeyError: There is no such object, bucket or version.
        """
        with self._lock:
            s3 = get_backend("s3")[ACCOUNT_ID]["aws"]
            found = s3.get_object(bucket, key, version) if bucket in s3.buckets else None
            if found is None:
                raise KeyError(key)
            return StoredObject(
                content=found.value,
                content_type=found.metadata["content-type"],
                cache_control=found.metadata.get("cache-control"),
                etag=found.etag.strip('"'),
                last_modified=found.last_modified.replace(tzinfo=UTC),
            )

    def email_subscribers(self, topic_arn: str) -> list[str]:
        with self._lock:
            subscriptions = get_backend("sns")[ACCOUNT_ID][REGION].subscriptions
            return [
                subscription.endpoint
                for subscription in subscriptions.values()
                if subscription.topic.arn == topic_arn and subscription.protocol == "email"
            ]

    def default_wait_seconds(self, queue_name: str) -> int:
        """How long a ReceiveMessage waits that does not say so itself."""
        queue = self._queues().get(queue_name)
        return int(queue.receive_message_wait_time_seconds) if queue else 0

    def seconds_until_receivable(self, queue_name: str) -> float:
        """How long until a queue's next message can be received, unless one is sent before.

        0 is now; infinity for an empty queue. A queue that does not exist gives 0: asking moto
        tells the client.
        """
        with self._lock:
            queue = self._queues().get(queue_name)
            if queue is None:
                return 0.0
            now = time.time() * 1000
            due = min(
                (max(m.visible_at, m.delayed_until) for m in queue._messages),
                default=float("inf"),
            )
        return max(0.0, (due - now) / 1000 + _ROUNDING_SECONDS) if due >= now else 0.0

    def redrive(self, queue_name: str) -> bool:
        """Move a queue's exhausted messages to its dead-letter queue; were there any?

        moto would move them too, but with the receives of the old queue still counted: a
        dead-letter queue that has its own dead-letter queue would never deliver them.
        """
        with self._lock:
            queue = self._queues().get(queue_name)
            if queue is None or queue.dead_letter_queue is None:
                return False
            most = queue.redrive_policy["maxReceiveCount"]
            exhausted = [m for m in queue.messages if m.approximate_receive_count >= most]
            for message in exhausted:
                queue._messages.remove(message)
                queue.pending_messages.discard(message)
                message.approximate_receive_count = 0
                queue.dead_letter_queue.add_message(message)
            return bool(exhausted)

    def _queues(self) -> dict[str, Any]:
        queues: dict[str, Any] = get_backend("sqs")[ACCOUNT_ID][REGION].queues
        return queues
