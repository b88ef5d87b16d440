"""Queues that invoke functions, told as stories: given a queue, when a message comes, then."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest
from chalice.app import Chalice, SQSEvent
from chalice.config import Config

from local.runner.queue_triggers import QueueTrigger, queue_triggers
from tests.local.conftest import Aws
from tests.local.runner.handlers import SECONDS, Handler, failing
from tests.waiting import until

QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:"


@pytest.fixture
def sqs(aws: Aws) -> Any:
    return aws.client("sqs")


@contextmanager
def running(aws: Aws, handler: Handler, **settings: Any) -> Iterator[QueueTrigger]:
    trigger = QueueTrigger(aws.stack_client("sqs"), "work", handler.function(), **settings)
    trigger.start()
    yield trigger
    trigger.request_stop()


def create_queue(sqs: Any, name: str = "work", **attributes: str) -> str:
    url: str = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url


def messages_in(sqs: Any, queue_url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    return max(int(count) for count in counts.values())


def wait_for_messages(sqs: Any, queue_url: str, number: int) -> None:
    until(lambda: messages_in(sqs, queue_url) == number or None)


def test_a_record_says_what_lambdas_says(aws: Aws, sqs: Any) -> None:
    url = create_queue(sqs)
    handler = Handler()

    with running(aws, handler):
        sent = sqs.send_message(QueueUrl=url, MessageBody="hello")
        event = handler.next_event()

    (record,) = event["Records"]
    attributes = record.pop("attributes")
    assert record.pop("receiptHandle")
    assert record == {
        "messageId": sent["MessageId"],
        "body": "hello",
        "messageAttributes": {},
        "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"{QUEUE_ARN}work",
        "awsRegion": "us-east-1",
    }
    assert attributes["ApproximateReceiveCount"] == "1"
    assert attributes["SentTimestamp"].isdigit()
    assert attributes["ApproximateFirstReceiveTimestamp"].isdigit()
    assert attributes["SenderId"]


def test_the_context_names_the_function_and_its_time_limit_and_success_deletes_the_message(
    aws: Aws, sqs: Any
) -> None:
    url = create_queue(sqs)
    handler = Handler()

    with running(aws, handler):
        for _ in range(2):
            sqs.send_message(QueueUrl=url, MessageBody="x")
        contexts = [handler.next()[1] for _ in range(2)]
        wait_for_messages(sqs, url, 0)

    assert len({context.aws_request_id for context in contexts}) == 2
    assert contexts[0].function_name == "storytime-local-work"
    assert contexts[0].memory_limit_in_mb == 256
    assert contexts[0].invoked_function_arn.endswith(":function:storytime-local-work")
    assert 0 < contexts[0].get_remaining_time_in_millis() <= 30_000


def test_an_exception_leaves_the_message_to_its_visibility_timeout(aws: Aws, sqs: Any) -> None:
    url = create_queue(sqs, VisibilityTimeout="1")
    handler = Handler(failing(ValueError("first")))

    with running(aws, handler):
        sqs.send_message(QueueUrl=url, MessageBody="x")
        (first,), (second,) = (handler.next_event()["Records"] for _ in range(2))
        wait_for_messages(sqs, url, 0)

    assert first["messageId"] == second["messageId"]
    assert first["receiptHandle"] != second["receiptHandle"]
    assert second["attributes"]["ApproximateReceiveCount"] == "2"


def test_a_function_that_changes_the_visibility_is_tried_again_then(aws: Aws, sqs: Any) -> None:
    url = create_queue(sqs, VisibilityTimeout="600")

    def give_back_and_fail(event: dict[str, Any]) -> None:
        (record,) = event["Records"]
        if record["attributes"]["ApproximateReceiveCount"] == "1":
            sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
            )
            raise ValueError("try again at once")

    handler = Handler(give_back_and_fail)
    with running(aws, handler):
        sqs.send_message(QueueUrl=url, MessageBody="x")
        handler.next_event()
        handler.next_event()
        wait_for_messages(sqs, url, 0)


def test_a_message_that_always_fails_ends_in_the_dead_letter_queue(aws: Aws, sqs: Any) -> None:
    dead = create_queue(sqs, "dead")
    policy = {"deadLetterTargetArn": f"{QUEUE_ARN}dead", "maxReceiveCount": 3}
    url = create_queue(sqs, VisibilityTimeout="0", RedrivePolicy=json.dumps(policy))
    handler = Handler(failing(*[ValueError("always")] * 9))

    with running(aws, handler):
        sqs.send_message(QueueUrl=url, MessageBody="poison")
        for _ in range(3):
            handler.next_event()
        wait_for_messages(sqs, dead, 1)

    assert handler.is_idle
    assert messages_in(sqs, url) == 0


def test_no_more_invocations_run_at_once_than_the_concurrency_allows(aws: Aws, sqs: Any) -> None:
    url = create_queue(sqs)
    let_go = threading.Semaphore(0)
    handler = Handler(lambda _event: let_go.acquire(timeout=SECONDS))

    with running(aws, handler, concurrency=3):
        for number in range(5):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
        for _ in range(3):
            handler.next_event()
        threading.Event().wait(0.3)
        assert handler.is_idle
        let_go.release()
        handler.next_event()
        let_go.release(4)
        handler.next_event()


def test_a_batch_has_at_most_its_size_and_every_record_is_its_own(aws: Aws, sqs: Any) -> None:
    url = create_queue(sqs)
    for number in range(5):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    handler = Handler()

    with running(aws, handler, batch_size=4, concurrency=1):
        sizes: list[int] = []
        records: list[dict[str, Any]] = []
        while len(records) < 5:
            batch = handler.next_event()["Records"]
            sizes.append(len(batch))
            records += batch

    assert max(sizes) <= 4
    assert sorted(record["body"] for record in records) == ["0", "1", "2", "3", "4"]
    for name in ("messageId", "receiptHandle"):
        assert len({record[name] for record in records}) == 5


def test_the_stacks_polling_is_not_counted_as_the_apps(aws: Aws, sqs: Any) -> None:
    url = create_queue(sqs)
    handler = Handler()
    aws.http("DELETE", "/_local/requests")

    with running(aws, handler):
        sqs.send_message(QueueUrl=url, MessageBody="x")
        handler.next_event()

    assert aws.control("requests") == {"sqs.SendMessage": 1}


def test_every_sqs_handler_of_an_app_gets_a_trigger_as_it_was_declared(aws: Aws, sqs: Any) -> None:
    app = Chalice("tried-out", configure_logs=False)
    bodies: Queue[str] = Queue()

    @app.on_sqs_message(queue="reading", batch_size=1, maximum_concurrency=7)
    def read_page(event: SQSEvent) -> None:
        for record in event:
            bodies.put(record.body)

    @app.on_sqs_message(queue_arn=f"{QUEUE_ARN}narration")
    def narrate(event: SQSEvent) -> None: ...

    @app.schedule("rate(1 hour)")
    def sweep(_event: object) -> None: ...

    config = Config(
        chalice_stage="local",
        config_from_disk={
            "lambda_timeout": 29,
            "stages": {"local": {"lambda_functions": {"read_page": {"lambda_timeout": 60}}}},
        },
    )

    reading, narration = queue_triggers(app, config, aws.stack_client("sqs"))

    assert (reading.queue_name, reading.concurrency, reading.function.timeout) == ("reading", 7, 60)
    assert (narration.queue_name, narration.concurrency) == ("narration", 2)
    assert (narration.function.timeout, narration.function.memory) == (29, 128)

    url = create_queue(sqs, "reading")
    reading.start()
    sqs.send_message(QueueUrl=url, MessageBody="through the app")
    assert bodies.get(timeout=SECONDS) == "through the app"
    reading.request_stop()
