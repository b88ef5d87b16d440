"""Queue events that are no messages of ours never loop: they are dropped with a reason."""

import json
import logging
from typing import Any

import pytest
from chalice.app import S3Event, SQSEvent

from chalicelib.delivery.events import announce, handle_each
from chalicelib.delivery.messages import Delivery, IntakeMessage, StoryMessage
from tests.fakes.clock import NOW, Clock
from tests.fakes.queues import InMemoryQueue

ARN = "arn:aws:sqs:us-east-1:123456789012:reading"


def event_of(*bodies: str) -> SQSEvent:
    records = [
        {
            "messageId": f"m-{number}",
            "receiptHandle": f"r-{number}",
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "2",
                "SentTimestamp": str(int(NOW.timestamp() * 1000)),
            },
            "eventSourceARN": ARN,
        }
        for number, body in enumerate(bodies)
    ]
    context: Any = None
    return SQSEvent({"Records": records}, context)


def handled(*bodies: str) -> list[Delivery[StoryMessage]]:
    deliveries: list[Delivery[StoryMessage]] = []
    handle_each(event_of(*bodies), StoryMessage, deliveries.append)
    return deliveries


def test_a_delivery_has_the_attributes_of_its_message() -> None:
    (delivery,) = handled('{"id": "x", "generation": "g"}')

    assert (delivery.message.id, delivery.message.generation) == ("x", "g")
    assert (delivery.message_id, delivery.receipt, delivery.receives) == ("m-0", "r-0", 2)
    assert delivery.sent_at == NOW


@pytest.mark.parametrize(
    "body",
    [
        "hello",
        "[]",
        "null",
        '{"id": "x"}',
        '{"generation": "g"}',
        '{"id": "", "generation": "g"}',
        json.dumps({"id": "x" * 65, "generation": "g"}),
    ],
)
def test_a_malformed_message_is_dropped_with_a_reason_and_the_next_one_handled(
    body: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="chalicelib.triggers"):
        deliveries = handled(body, '{"id": "x", "generation": "g"}')

    assert [delivery.message_id for delivery in deliveries] == ["m-1"]
    (record,) = caplog.records
    assert record.reason.startswith("not a StoryMessage")  # type: ignore[attr-defined]
    assert record.queue == ARN  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("key", "announced"),
    [
        ("images/a+page.jpg", "images/a page.jpg"),
        ("profiles/anna%40example.com/me.jpg", "profiles/anna@example.com/me.jpg"),
        ("rejected/images/page.jpg", None),
        ("by-hand/1_happy_face.jpg", None),
        ("page.jpg", None),
    ],
)
def test_only_what_waits_to_be_taken_in_is_announced(key: str, announced: str | None) -> None:
    queue: InMemoryQueue[IntakeMessage] = InMemoryQueue(Clock(), "intake")
    arrived = {"bucket": {"name": "intake"}, "object": {"key": key, "sequencer": "1"}}
    context: Any = None

    announce(S3Event({"Records": [{"s3": arrived}]}, context), queue)

    expected = [IntakeMessage("intake", announced, "1")] if announced else []
    assert queue.sent == expected
