"""Queues that invoke functions, told as stories: given a queue, when a message comes, then."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

from chalice.app import Chalice, SQSEvent
from chalice.config import Config

from local.runner.queue_triggers import QueueTrigger, queue_triggers
from tests.local.conftest import Aws
from tests.local.runner.handlers import SECONDS, Handler, failing
from tests.waiting import until

QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:"


@contextmanager
def running(aws: Aws, handler: Handler, **settings: Any) -> Iterator[QueueTrigger]:
    trigger = QueueTrigger(aws.stack_client("sqs"), "work", handler.function(), **settings)
    trigger.start()
    yield trigger
    trigger.request_stop()


def create_queue(sqs: Any, name: str = "work", **attributes: str) -> str:
    return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def wait_until_empty(sqs: Any, queue_url: str) -> None:
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    empty = dict.fromkeys(names, "0")
    request = {"QueueUrl": queue_url, "AttributeNames": names}
    until(lambda: sqs.get_queue_attributes(**request)["Attributes"] == empty or None)


def test_a_record_says_what_lambdas_says_and_success_deletes_the_message(
    aws: Aws, sqs: Any
) -> None:
    url = create_queue(sqs)
    handler = Handler()

    with running(aws, handler):
        sent = sqs.send_message(QueueUrl=url, MessageBody="hello")
        event, context = handler.next()
        wait_until_empty(sqs, url)

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
    assert context.function_name == "storytime-local-work"
    assert context.memory_limit_in_mb == 256
    assert context.invoked_function_arn.endswith(":function:storytime-local-work")
    assert 0 < context.get_remaining_time_in_millis() <= 30_000


def test_an_exception_leaves_the_message_to_its_visibility_timeout(aws: Aws, sqs: Any) -> None:
    url = create_queue(sqs, VisibilityTimeout="1")
    handler = Handler(failing(ValueError("first")))

    with running(aws, handler):
        sqs.send_message(QueueUrl=url, MessageBody="x")
        (event, context), (event_again, context_again) = handler.next(), handler.next()
        wait_until_empty(sqs, url)

    (first,), (second,) = event["Records"], event_again["Records"]
    assert context.aws_request_id != context_again.aws_request_id
    assert first["messageId"] == second["messageId"]
    assert first["receiptHandle"] != second["receiptHandle"]
    assert second["attributes"]["ApproximateReceiveCount"] == "2"


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

    settings = {"lambda_functions": {"read_page": {"lambda_timeout": 60}}}
    disk = {"lambda_timeout": 29, "stages": {"local": settings}}
    config = Config(chalice_stage="local", config_from_disk=disk)

    reading, narration = queue_triggers(app, config, aws.stack_client("sqs"))

    assert (reading.queue_name, reading.concurrency, reading.function.timeout) == ("reading", 7, 60)
    assert (narration.queue_name, narration.concurrency) == ("narration", 2)
    assert (narration.function.timeout, narration.function.memory) == (29, 128)
    url = create_queue(sqs, "reading")
    reading.start()
    sqs.send_message(QueueUrl=url, MessageBody="through the app")
    assert bodies.get(timeout=SECONDS) == "through the app"
    reading.request_stop()
