"""moto's server application behind one lock, and its stored data.

moto is not atomic under threads: several of many conditional puts win, and a cancelled transaction
rolls back the writes of others. One lock around it cures both, at no loss of throughput: moto is
pure Python, which runs on one core anyway. Nothing may wait under this lock: bodies are read
before, and long polls, functions and engines stay outside.
"""

import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from moto.backends import get_backend
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sqs.models import Message
from werkzeug.wrappers import Response

from local.resources.names import ACCOUNT_ID, REGION
from local.services.received import Received
from local.services.s3.stored_objects import MotoObjects

_LARGEST_OBJECT_IN_MEMORY: Final = "65536"  # bytes; larger ones are spooled to temporary files
_ROUNDING_SECONDS: Final = 0.001  # moto keeps whole and compares fractional milliseconds


@cache
def _application() -> Any:
    return DomainDispatcherApplication(create_backend_app)


class MotoBackend:
    """moto, emptied. Its state belongs to the process, so a process has one backend at a time.

    Attributes:
        objects: The objects of S3.
    """

    def __init__(self) -> None:
        os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = _LARGEST_OBJECT_IN_MEMORY
        moto_api_backend.reset()
        self._application = _application()
        self._lock = threading.RLock()
        self.objects = MotoObjects(self._lock)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Block other threads' requests meanwhile."""
        with self._lock:
            yield

    def answer(self, received: Received) -> Response:
        environ = received.environ()
        with self._lock:
            return Response.from_app(self._application, environ, buffered=True)

    def email_subscribers(self, topic_arn: str) -> list[str]:
        with self._lock:
            subscriptions = get_backend("sns")[ACCOUNT_ID][REGION].subscriptions
            return [
                subscription.endpoint
                for subscription in subscriptions.values()
                if subscription.topic.arn == topic_arn and subscription.protocol == "email"
            ]

    def key_schemas(self, table: str) -> dict[str, dict[str, str]]:
        """Return the types of a table's keys by index, the table's own under "".

        Each partition key comes first. A missing table has none: moto's answer says so.
        """
        with self._lock:
            found = get_backend("dynamodb")[ACCOUNT_ID][REGION].tables.get(table)
            if found is None:
                return {}
            types = {each["AttributeName"]: each["AttributeType"] for each in found.attr}
            schemas = {each.name: each.schema for each in found.all_indexes()}
        return {
            index: {
                key["AttributeName"]: types[key["AttributeName"]]
                for key in sorted(schema, key=lambda key: str(key["KeyType"]))  # HASH, RANGE
            }
            for index, schema in [("", found.schema), *schemas.items()]
        }

    def seconds_until_receivable(self, queue_name: str) -> float:
        """Return the time until a queue's next message can be received.

        It is infinite for an empty queue, and 0 for a missing one: moto's answer says so.
        """
        with self._lock:
            queue = self._queues().get(queue_name)
            if queue is None:
                return 0.0
            now = time.time() * 1000
            due = min(
                (max(m.visible_at, m.delayed_until) for m in queue._messages), default=float("inf")
            )
        return max(0.0, (due - now) / 1000 + _ROUNDING_SECONDS) if due >= now else 0.0

    def redrive(self, queue_name: str) -> bool:
        """Move a queue's exhausted messages to its dead-letter queue; return whether it had any.

        moto would move them and go on counting their receives: a dead-letter queue with a
        dead-letter queue of its own would never deliver them.
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

    def has_queue(self, arn: str) -> bool:
        with self._lock:
            return self._find_queue(arn) is not None

    def is_dead_letter_queue(self, arn: str) -> bool:
        with self._lock:
            policies = [queue.redrive_policy for queue in self._queues().values()]
        return any(policy["deadLetterTargetArn"] == arn for policy in policies if policy)

    def move_messages(self, source_arn: str, destination_arn: str) -> int:
        """Send the receivable messages of a queue anew to another queue; return their number."""
        with self._lock:
            source, destination = self._find_queue(source_arn), self._find_queue(destination_arn)
            messages = list(source.messages)
            for message in messages:
                source._messages.remove(message)
                source.pending_messages.discard(message)
                copy = Message(str(uuid.uuid4()), message.body, message.system_attributes)
                copy.message_attributes = message.message_attributes
                copy.mark_sent(destination.delay_seconds)
                destination.add_message(copy)
            return len(messages)

    def _find_queue(self, arn: str) -> Any:
        return next((queue for queue in self._queues().values() if queue.queue_arn == arn), None)

    def _queues(self) -> dict[str, Any]:
        queues: dict[str, Any] = get_backend("sqs")[ACCOUNT_ID][REGION].queues
        return queues
