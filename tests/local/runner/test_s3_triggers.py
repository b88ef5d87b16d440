"""Objects that invoke functions, told as stories: given a bucket, when an object comes, then."""

import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from botocore.exceptions import ClientError
from chalice.app import Chalice, S3Event
from chalice.config import Config

from local.runner.lambda_function import LambdaFunction, TriggerError
from local.runner.s3_triggers import S3Trigger, s3_triggers
from tests.local.conftest import Aws

SECONDS = 10  # patience, not a measure
CONFIG = Config(chalice_stage="local", config_from_disk={"lambda_timeout": 29})
ETAG = "f561aaf6ef0bf14d4208bb46a4ccb3ad"  # of b"xxx"
EVERYTHING = ["s3:ObjectCreated:*"]
STRANGE_KEYS = {
    "a b": "a+b",
    "a+b": "a%2Bb",
    "100%": "100%25",
    "images/ünï/🚀.jpg": "images/%C3%BCn%C3%AF/%F0%9F%9A%80.jpg",
    "percent%2Fslash": "percent%252Fslash",
    "My File (1).txt": "My+File+%281%29.txt",
    "q?u=e&r#f": "q%3Fu%3De%26r%23f",
    "dot/../dot": "dot/../dot",
    "trailing/": "trailing/",
}


@dataclass
class Handler:
    """Hands each event to the test, and then does what it was told to."""

    behave: Callable[[], None] = lambda: None
    events: Queue[dict[str, Any]] = field(default_factory=Queue)

    def __call__(self, event: dict[str, Any], _context: Any) -> None:
        self.events.put(event)
        self.behave()

    def next_record(self) -> dict[str, Any]:
        (record,) = self.events.get(timeout=SECONDS)["Records"]
        return dict(record)

    def told(self, number: int) -> list[tuple[str, str]]:
        """Event and key of the next records, in their order."""
        records = [self.next_record() for _ in range(number)]
        return [(record["eventName"], record["s3"]["object"]["key"]) for record in records]


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="staging")
    return s3


def listening(
    aws: Aws, handler: Handler, events: list[str] | None = None, **filters: str
) -> S3Trigger:
    function = LambdaFunction("forward", handler, timeout=30, memory=256)
    trigger = S3Trigger(function, "staging", events or EVERYTHING, **filters)
    aws.listen(trigger.notice)
    return trigger


def test_a_record_says_what_s3s_says(aws: Aws, s3: Any) -> None:
    handler = Handler()
    listening(aws, handler)

    answer = s3.put_object(Bucket="staging", Key="images/a.jpg", Body=b"xxx")["ResponseMetadata"]

    record = handler.next_record()
    happened = datetime.strptime(record.pop("eventTime"), "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs(datetime.now(UTC) - happened) < timedelta(seconds=SECONDS)
    assert re.fullmatch("[0-9A-F]{18}", record["s3"]["object"].pop("sequencer"))
    assert record["s3"].pop("configurationId")
    request_id = answer["RequestId"]
    assert answer["HTTPHeaders"]["x-amz-request-id"] == request_id
    assert record == {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:storytime-app"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": request_id, "x-amz-id-2": request_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {
                "name": "staging",
                "ownerIdentity": {"principalId": "A3NL1KOZZKLOCAL"},
                "arn": "arn:aws:s3:::staging",
            },
            "object": {"key": "images/a.jpg", "size": 3, "eTag": ETAG},
        },
    }


@pytest.mark.parametrize(("key", "encoded"), STRANGE_KEYS.items(), ids=STRANGE_KEYS)
def test_a_key_is_encoded_as_in_a_form(aws: Aws, s3: Any, key: str, encoded: str) -> None:
    handler = Handler()
    listening(aws, handler)

    s3.put_object(Bucket="staging", Key=key, Body=b"xxx")

    event = handler.events.get(timeout=SECONDS)
    assert event["Records"][0]["s3"]["object"]["key"] == encoded
    assert event["Records"][0]["s3"]["object"]["eTag"] == ETAG
    assert S3Event(event, None).key == key


def put(_aws: Aws, s3: Any) -> None:
    s3.put_object(Bucket="staging", Key="new", Body=b"xxx")


def post(aws: Aws, _s3: Any) -> None:
    fields = aws.client("s3").generate_presigned_post("staging", "new")
    parts = [*fields["fields"].items(), ("file", ("f", b"xxx"))]
    assert aws.http("POST", "/staging", fields=parts).status == 204


def copy(_aws: Aws, s3: Any) -> None:
    s3.create_bucket(Bucket="elsewhere")
    s3.put_object(Bucket="elsewhere", Key="old", Body=b"xxx")
    s3.copy_object(Bucket="staging", Key="new", CopySource={"Bucket": "elsewhere", "Key": "old"})


@pytest.mark.parametrize(("create", "event"), [(put, "Put"), (post, "Post"), (copy, "Copy")])
def test_every_way_to_create_an_object_has_its_event(
    aws: Aws, s3: Any, create: Callable[[Aws, Any], None], event: str
) -> None:
    handler = Handler()
    listening(aws, handler)

    create(aws, s3)

    record = handler.next_record()
    assert record["eventName"] == f"ObjectCreated:{event}"
    assert record["userIdentity"] == {"principalId": "AWS:storytime-app"}
    told = record["s3"]["object"]
    assert (told["key"], told["size"], told["eTag"]) == ("new", 3, ETAG)


def test_an_object_of_many_parts_is_created_when_it_is_completed(aws: Aws, s3: Any) -> None:
    handler = Handler()
    listening(aws, handler)
    key = {"Bucket": "staging", "Key": "parts"}

    upload = key | {"UploadId": s3.create_multipart_upload(**key)["UploadId"]}
    part = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"xxx")["ETag"]}
    etag = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})["ETag"]

    record = handler.next_record()
    assert record["eventName"] == "ObjectCreated:CompleteMultipartUpload"
    assert record["s3"]["object"]["eTag"] == etag.strip('"')
    assert handler.events.empty()


def test_what_failed_is_not_told(aws: Aws, s3: Any) -> None:
    s3.put_object(Bucket="staging", Key="taken", Body=b"1")
    handler = Handler()
    listening(aws, handler)
    aws.inject(operation="s3.PutObject", error="AccessDenied")

    failures: list[Callable[[], Any]] = [
        lambda: s3.put_object(Bucket="staging", Key="k", Body=b"never performed"),
        lambda: s3.put_object(Bucket="staging", Key="taken", Body=b"2", IfNoneMatch="*"),
        lambda: s3.copy_object(Bucket="staging", Key="k", CopySource="staging/missing"),
        lambda: s3.put_object(Bucket="missing", Key="k", Body=b""),
    ]
    for failure in failures:
        with pytest.raises(ClientError):
            failure()
    assert aws.http("POST", "/staging", fields={"key": "k", "file": ("f", b"")}).status == 403
    s3.put_object(Bucket="staging", Key="last", Body=b"")

    assert handler.told(1) == [("ObjectCreated:Put", "last")]


def test_a_function_hears_of_its_bucket_its_events_and_its_keys_only(aws: Aws, s3: Any) -> None:
    handler = Handler()
    listening(aws, handler, ["s3:ObjectCreated:Put"], prefix="images/", suffix=".jpg")
    s3.create_bucket(Bucket="another")

    s3.put_object(Bucket="another", Key="images/a.jpg", Body=b"")
    s3.put_object(Bucket="staging", Key="profiles/a.jpg", Body=b"")
    s3.put_object(Bucket="staging", Key="images/a.png", Body=b"")
    s3.put_object(Bucket="staging", Key="images/a.jpg", Body=b"")
    s3.copy_object(Bucket="staging", Key="images/b.jpg", CopySource="staging/images/a.jpg")
    s3.delete_object(Bucket="staging", Key="images/a.jpg")
    s3.put_object(Bucket="staging", Key="images/last.jpg", Body=b"")

    # They run at once, so that either may be told first.
    expected = {("ObjectCreated:Put", f"images/{name}.jpg") for name in ("a", "last")}
    assert set(handler.told(2)) == expected
    assert handler.events.empty()


def test_whoever_puts_an_object_does_not_wait_for_the_function(aws: Aws, s3: Any) -> None:
    was_put = threading.Event()
    waited: Queue[bool] = Queue()
    listening(aws, Handler(lambda: waited.put(was_put.wait(SECONDS))))

    s3.put_object(Bucket="staging", Key="k", Body=b"")
    was_put.set()

    assert waited.get(timeout=2 * SECONDS)


def test_an_event_whose_function_raises_is_tried_twice_again_and_then_gone(
    aws: Aws, s3: Any, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler(_fail)
    listening(aws, handler)

    with caplog.at_level(logging.ERROR, "local.runner.asynchronous"):
        s3.put_object(Bucket="staging", Key="k", Body=b"")
        records = [handler.next_record() for _ in range(3)]
        _join("forward-asynchronous")

    assert records == [records[0]] * 3
    assert handler.events.empty()
    assert "forward failed, attempt 3 of 3" in caplog.text


def test_of_many_writes_to_one_key_the_greatest_sequencer_is_that_of_what_is_stored(
    aws: Aws, s3: Any
) -> None:
    handler = Handler()
    listening(aws, handler)

    def write(number: int) -> None:
        s3.put_object(Bucket="staging", Key="k", Body=str(number).encode())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))

    told = [handler.next_record()["s3"]["object"] for _ in range(40)]
    sequencers = {each["sequencer"]: each["eTag"] for each in told}
    assert len(sequencers) == 40
    stored = s3.head_object(Bucket="staging", Key="k")["ETag"].strip('"')
    assert sequencers[max(sequencers)] == stored


def test_nothing_is_invoked_once_it_is_stopped(aws: Aws, s3: Any) -> None:
    handler, witness = Handler(), Handler()
    listening(aws, handler).request_stop()
    listening(aws, witness)

    s3.put_object(Bucket="staging", Key="k", Body=b"")

    witness.next_record()
    assert handler.events.empty()


def test_every_s3_handler_of_an_app_gets_a_trigger_as_it_was_declared(aws: Aws, s3: Any) -> None:
    app = Chalice("tried-out", configure_logs=False)
    seen: Queue[tuple[str, str]] = Queue()

    @app.on_s3_event("staging", prefix="images/")
    def forward(event: S3Event) -> None:
        seen.put((event.bucket, event.key))

    @app.on_s3_event("media", events=["s3:ObjectCreated:Copy"], suffix=".jpg")
    def forget(_event: S3Event) -> None: ...

    @app.on_sqs_message(queue="work")
    def work(_event: object) -> None: ...

    forwarding, forgetting = s3_triggers(app, CONFIG)

    assert forwarding.function.name == "forward"
    assert forwarding.function.timeout == 29
    assert forwarding.events == ["s3:ObjectCreated:*"]
    assert (forgetting.prefix, forgetting.suffix) == ("", ".jpg")
    aws.listen(forwarding.notice)
    s3.put_object(Bucket="staging", Key="images/my page.jpg", Body=b"")
    assert seen.get(timeout=SECONDS) == ("staging", "images/my page.jpg")


@pytest.mark.parametrize("event", ["s3:ObjectRemoved:*", "ObjectCreated:*", "s3:*"])
def test_an_event_that_there_is_not_is_refused_by_name(event: str) -> None:
    app = Chalice("tried-out", configure_logs=False)

    @app.on_s3_event("staging", events=[event])
    def forward(_event: S3Event) -> None: ...

    with pytest.raises(TriggerError, match=r"^forward is for .*s3:ObjectCreated:Put"):
        s3_triggers(app, CONFIG)


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        ({}, {}, True),
        ({"events": ["s3:ObjectCreated:Put"]}, {}, True),
        ({"events": ["s3:ObjectCreated:Copy"]}, {"events": ["s3:ObjectCreated:Put"]}, False),
        ({"prefix": "images/"}, {"prefix": "images/raw/"}, True),
        ({"prefix": "images/"}, {"prefix": "profiles/"}, False),
        ({"prefix": "images/", "suffix": ".jpg"}, {"suffix": ".png"}, False),
        ({"prefix": "images/", "suffix": ".jpg"}, {"suffix": "jpg"}, True),
        ({"bucket": "another"}, {}, False),
    ],
)
def test_two_functions_for_one_event_are_refused_as_by_s3(
    one: dict[str, Any], other: dict[str, Any], refused: bool
) -> None:
    app = Chalice("tried-out", configure_logs=False)
    app.on_s3_event(**{"bucket": "staging", **one}, name="one")(lambda _event: None)
    app.on_s3_event(**{"bucket": "staging", **other}, name="other")(lambda _event: None)

    if refused:
        with pytest.raises(TriggerError, match=r"^one and other are for the same events"):
            s3_triggers(app, CONFIG)
    else:
        assert len(s3_triggers(app, CONFIG)) == 2


STACK_WITH_AN_S3_HANDLER = """
import threading
from chalice.app import Chalice
from local import __main__
from local.resources.creation import StackClients
from local.resources.names import INTAKE_BUCKET
from local.runner import stack
from local.runner.process import leave

app = Chalice("tried-out", configure_logs=False)
forwarded = threading.Event()

@app.on_s3_event(INTAKE_BUCKET, prefix="images/")
def forward(event):
    forwarded.set()

stack.storytime = lambda: app
tried_out = stack.LocalStorytime(0, 0)
tried_out.start()
clients = StackClients(tried_out.aws_url)
clients.s3.put_object(Bucket=INTAKE_BUCKET, Key="images/a", Body=b"")
print(__main__.introduction(tried_out), flush=True)
leave(0 if forwarded.wait(10) else 1)
"""


def test_a_stack_runs_any_apps_s3_handlers_and_says_so() -> None:
    ended = subprocess.run(  # noqa: S603  # the lines above
        [sys.executable, "-c", STACK_WITH_AN_S3_HANDLER],
        cwd=Path(__file__).parents[3],
        timeout=60,
        check=False,
        capture_output=True,
        text=True,
    )

    assert ended.returncode == 0, ended.stderr
    assert (
        "storytime-local-staging/images/* (s3:ObjectCreated:*) -> forward (10 at a time)"
        in ended.stdout
    )


def _fail() -> None:
    raise ValueError("it always fails")


def _join(name: str) -> None:
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(SECONDS)
