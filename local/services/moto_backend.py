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
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
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


class MotoBackend:
    """moto, emptied: its state belongs to the process, so a process has one backend at a time.

    Attributes:
        objects: A look at what S3 stores.
    """

    def __init__(self) -> None:
        os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = _LARGEST_OBJECT_IN_MEMORY
        moto_api_backend.reset()
        self._application = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.RLock()
        self.objects = MotoObjects(self._lock)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Several looks or requests with nobody else's in between."""
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
        """The types of a table's keys by index, its own under "", each partition key first.

        A table that does not exist has none: asking moto tells the client.
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

    def has_queue(self, arn: str) -> bool:
        with self._lock:
            return self._find_queue(arn) is not None

    def is_dead_letter_queue(self, arn: str) -> bool:
        """Is it where the redrive policy of any queue leads?"""
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
