"""Objects that invoke functions, told as stories: given a bucket, when an object comes, then."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from queue import Queue
from typing import Any

import pytest
from botocore.exceptions import ClientError
from chalice.app import Chalice, S3Event
from chalice.config import Config

from local.runner.lambda_function import TriggerError
from local.runner.s3_triggers import S3Trigger, s3_triggers
from tests.local.conftest import Aws
from tests.local.runner.handlers import SECONDS, Handler

CONFIG = Config(chalice_stage="local", config_from_disk={"lambda_timeout": 29})
ETAG = "f561aaf6ef0bf14d4208bb46a4ccb3ad"  # of b"xxx"
EVERYTHING = ["s3:ObjectCreated:*"]
STRANGE_KEYS = {
    "My File (1)+a.txt": "My+File+%281%29%2Ba.txt",
    "images/ünï/🚀.jpg": "images/%C3%BCn%C3%AF/%F0%9F%9A%80.jpg",
    "percent%2Fslash": "percent%252Fslash",
    "q?u=e&r#f": "q%3Fu%3De%26r%23f",
    "dot/../dot": "dot/../dot",
    "trailing/": "trailing/",
}


def next_record(handler: Handler) -> dict[str, Any]:
    (record,) = handler.next_event()["Records"]
    return dict(record)


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="intake")
    return s3


def listening(
    aws: Aws, handler: Handler, events: list[str] | None = None, **filters: str
) -> S3Trigger:
    trigger = S3Trigger(handler.function("forward"), "intake", events or EVERYTHING, **filters)
    aws.listen(trigger.notice)
    return trigger


def test_a_record_says_what_s3s_says(aws: Aws, s3: Any) -> None:
    handler = Handler()
    listening(aws, handler)

    answer = s3.put_object(Bucket="intake", Key="images/a.jpg", Body=b"xxx")["ResponseMetadata"]

    record = next_record(handler)
    happened = datetime.strptime(record.pop("eventTime"), "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs(datetime.now(UTC) - happened) < timedelta(minutes=10)
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
                "name": "intake",
                "ownerIdentity": {"principalId": "A3NL1KOZZKLOCAL"},
                "arn": "arn:aws:s3:::intake",
            },
            "object": {"key": "images/a.jpg", "size": 3, "eTag": ETAG},
        },
    }


@pytest.mark.parametrize(("key", "encoded"), STRANGE_KEYS.items(), ids=STRANGE_KEYS)
def test_a_key_is_stored_as_it_is_and_encoded_as_in_a_form(
    aws: Aws, s3: Any, key: str, encoded: str
) -> None:
    handler = Handler()
    listening(aws, handler)

    s3.put_object(Bucket="intake", Key=key, Body=b"xxx")

    assert s3.get_object(Bucket="intake", Key=key)["Body"].read() == b"xxx"
    assert s3.list_objects_v2(Bucket="intake")["Contents"][0]["Key"] == key
    event = handler.next_event()
    assert event["Records"][0]["s3"]["object"]["key"] == encoded
    assert event["Records"][0]["s3"]["object"]["eTag"] == ETAG
    assert S3Event(event, None).key == key


def test_a_form_and_a_copy_create_objects_as_well(aws: Aws, s3: Any) -> None:
    handler = Handler()
    listening(aws, handler)
    form = s3.generate_presigned_post("intake", "posted")["fields"]

    parts = [*form.items(), ("file", ("f", b"xxx"))]
    assert aws.http("POST", "/intake", fields=parts).status == 204
    posted = next_record(handler)
    s3.copy_object(Bucket="intake", Key="copied", CopySource="intake/posted")
    copied = next_record(handler)

    for record, event, key in ((posted, "Post", "posted"), (copied, "Copy", "copied")):
        assert record["eventName"] == f"ObjectCreated:{event}"
        assert record["userIdentity"] == {"principalId": "AWS:storytime-app"}
        created = record["s3"]["object"]
        assert (created["key"], created["size"], created["eTag"]) == (key, 3, ETAG)


def test_a_failed_request_invokes_no_function(aws: Aws, s3: Any) -> None:
    s3.put_object(Bucket="intake", Key="taken", Body=b"1")
    handler = Handler()
    listening(aws, handler)
    aws.inject(operation="s3.PutObject", error="AccessDenied")

    failures: list[Callable[[], Any]] = [
        lambda: s3.put_object(Bucket="intake", Key="k", Body=b"never performed"),
        lambda: s3.put_object(Bucket="intake", Key="taken", Body=b"2", IfNoneMatch="*"),
        lambda: s3.copy_object(Bucket="intake", Key="k", CopySource="intake/missing"),
        lambda: s3.put_object(Bucket="missing", Key="k", Body=b""),
    ]
    for failure in failures:
        with pytest.raises(ClientError):
            failure()
    assert aws.http("POST", "/intake", fields={"key": "k", "file": ("f", b"")}).status == 403
    s3.put_object(Bucket="intake", Key="last", Body=b"")

    assert next_record(handler)["s3"]["object"]["key"] == "last"
    assert handler.is_idle


def test_a_function_gets_only_events_of_its_bucket_kinds_and_keys(aws: Aws, s3: Any) -> None:
    handler = Handler()
    listening(aws, handler, ["s3:ObjectCreated:Put"], prefix="images/", suffix=".jpg")
    s3.create_bucket(Bucket="another")

    s3.put_object(Bucket="another", Key="images/a.jpg", Body=b"")
    s3.put_object(Bucket="intake", Key="profiles/a.jpg", Body=b"")
    s3.put_object(Bucket="intake", Key="images/a.png", Body=b"")
    s3.put_object(Bucket="intake", Key="images/a.jpg", Body=b"")
    s3.copy_object(Bucket="intake", Key="images/b.jpg", CopySource="intake/images/a.jpg")
    s3.delete_object(Bucket="intake", Key="images/a.jpg")
    s3.put_object(Bucket="intake", Key="images/last.jpg", Body=b"")

    # They run at once, so that either may be told first.
    records = [next_record(handler) for _ in range(2)]
    assert {each["s3"]["object"]["key"] for each in records} == {"images/a.jpg", "images/last.jpg"}
    assert handler.is_idle


def test_put_object_does_not_wait_for_the_function(aws: Aws, s3: Any) -> None:
    was_put = threading.Event()
    waited: Queue[bool] = Queue()
    listening(aws, Handler(lambda _event: waited.put(was_put.wait(SECONDS))))

    s3.put_object(Bucket="intake", Key="k", Body=b"")
    was_put.set()

    assert waited.get(timeout=SECONDS)


def test_the_greatest_sequencer_of_a_key_belongs_to_the_stored_object(aws: Aws, s3: Any) -> None:
    handler = Handler()
    listening(aws, handler)

    def write(number: int) -> None:
        s3.put_object(Bucket="intake", Key="k", Body=str(number).encode())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))

    told = [next_record(handler)["s3"]["object"] for _ in range(40)]
    sequencers = {each["sequencer"]: each["eTag"] for each in told}
    assert len(sequencers) == 40
    stored = s3.head_object(Bucket="intake", Key="k")["ETag"].strip('"')
    assert sequencers[max(sequencers)] == stored


def test_nothing_is_invoked_once_it_is_stopped(aws: Aws, s3: Any) -> None:
    handler, witness = Handler(), Handler()
    listening(aws, handler).request_stop()
    listening(aws, witness)

    s3.put_object(Bucket="intake", Key="k", Body=b"")

    witness.next_event()
    assert handler.is_idle


def test_every_s3_handler_of_an_app_gets_a_trigger_as_it_was_declared(aws: Aws, s3: Any) -> None:
    app = Chalice("tried-out", configure_logs=False)
    seen: Queue[tuple[str, str]] = Queue()

    @app.on_s3_event("intake", prefix="images/")
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
    s3.put_object(Bucket="intake", Key="images/my page.jpg", Body=b"")
    assert seen.get(timeout=SECONDS) == ("intake", "images/my page.jpg")


@pytest.mark.parametrize("event", ["s3:ObjectRemoved:*", "ObjectCreated:*", "s3:*"])
def test_an_unknown_event_is_refused_by_name(event: str) -> None:
    app = Chalice("tried-out", configure_logs=False)

    @app.on_s3_event("intake", events=[event])
    def forward(_event: S3Event) -> None: ...

    with pytest.raises(TriggerError, match=r"^forward is for .*s3:ObjectCreated:Put"):
        s3_triggers(app, CONFIG)
