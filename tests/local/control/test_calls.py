"""Which function asks AWS for what, as botocore tells it."""

import threading
from typing import Any

import boto3
import pytest
from botocore import handlers

from local.control.calls import Calls, calls_of
from local.resources.names import APP_KEYS, REGION
from local.runner.lambda_function import LambdaFunction
from tests.local.conftest import Aws

ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
KEY = f"private/{ID}/a1b2c3d4/photo"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    monkeypatch.setattr(handlers, "BUILTIN_HANDLERS", [*handlers.BUILTIN_HANDLERS])
    calls = Calls()
    calls.listen()
    return calls


@pytest.fixture
def session(calls: Calls, aws: Aws) -> boto3.session.Session:
    """A session that was created after it was listened to."""
    assert calls.to_json() == {}
    aws.stack_client("s3").create_bucket(Bucket="media")
    return boto3.session.Session(*APP_KEYS, region_name=REGION)


def function(name: str, handler: Any) -> LambdaFunction:
    return LambdaFunction(name, lambda _event, _context: handler(), timeout=3, memory=128)


def test_a_function_is_told_with_what_it_asks_for(session: Any, calls: Calls, aws: Aws) -> None:
    s3 = session.client("s3", endpoint_url=aws.url)

    function("keep", lambda: s3.put_object(Bucket="media", Key=KEY, Body=b"1")).invoke({})
    function("look", lambda: s3.list_objects_v2(Bucket="media")).invoke({})

    assert calls.to_json() == {
        "keep": ["s3.PutObject media/private/{id}/*"],
        "look": ["s3.ListObjectsV2 media/*"],
    }
    assert calls.counts() == {"keep": {"s3.PutObject": 1}, "look": {"s3.ListObjectsV2": 1}}
    calls.clear_counts()
    assert calls.counts() == {}


def test_what_nobody_asks_for_as_a_function_is_not_told(
    session: Any, calls: Calls, aws: Aws
) -> None:
    s3 = session.client("s3", endpoint_url=aws.url)

    s3.put_object(Bucket="media", Key=KEY, Body=b"1")

    assert calls.to_json() == {}


def test_functions_that_run_at_once_are_told_apart(session: Any, calls: Calls, aws: Aws) -> None:
    s3, both = session.client("s3", endpoint_url=aws.url), threading.Barrier(2)

    def put(key: str) -> None:
        both.wait(10)
        s3.put_object(Bucket="media", Key=key, Body=b"1")

    works = [function(name, lambda name=name: put(f"{name}/x")) for name in ("images", "public")]
    threads = [threading.Thread(target=work.invoke, args=({},)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert calls.to_json() == {
        "images": ["s3.PutObject media/images/*"],
        "public": ["s3.PutObject media/public/*"],
    }


def test_a_function_that_failed_is_not_running_any_more(
    session: Any, calls: Calls, aws: Aws
) -> None:
    s3 = session.client("s3", endpoint_url=aws.url)
    with pytest.raises(ZeroDivisionError):
        function("fail", lambda: 1 / 0).invoke({})

    s3.list_objects_v2(Bucket="media")

    assert calls.to_json() == {}


def test_a_form_is_what_whoever_posts_it_will_do_for_its_signer(
    session: Any, calls: Calls, aws: Aws
) -> None:
    s3 = session.client("s3", endpoint_url=aws.url)

    function(
        "sign", lambda: s3.generate_presigned_post(Bucket="media", Key="images/page.jpg")
    ).invoke({})

    assert calls.to_json() == {"sign": ["s3.PutObject media/images/*"]}


def test_they_can_be_forgotten(session: Any, calls: Calls, aws: Aws) -> None:
    sqs = session.client("sqs", endpoint_url=aws.url)
    function("look", sqs.list_queues).invoke({})
    assert calls.to_json() != {}

    calls.clear()

    assert calls.to_json() == {}


@pytest.mark.parametrize(
    ("operation", "parameters", "told"),
    [
        ("s3.GetObject", {"Bucket": "b", "Key": KEY}, [" b/private/{id}/*"]),
        (
            "s3.GetObject",
            {"Bucket": "b", "Key": f"public/profiles/{ID}/1/thumbnail.jpg"},
            [" b/public/profiles/{id}/*"],
        ),
        ("s3.HeadObject", {"Bucket": "b", "Key": f"images/{ID}.jpg"}, [" b/images/*"]),
        ("s3.HeadObject", {"Bucket": "b", "Key": f"{ID}/photo"}, [" b/{id}/*"]),
        ("s3.HeadObject", {"Bucket": "b", "Key": "privates/x"}, [" b/*"]),
        ("s3.ListObjectsV2", {"Bucket": "b", "Prefix": "profiles/anna/"}, [" b/profiles/*"]),
        (
            "s3.DeleteObject",
            {"Bucket": "b", "Key": "rejected/images/a", "IfMatch": "e"},
            [":if-match b/rejected/images/*"],
        ),
        (
            "s3.DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "images/a"}, {"Key": KEY}]}},
            [" b/images/*", " b/private/{id}/*"],
        ),
        (
            "s3.CopyObject",
            {"Bucket": "b", "Key": "rejected/a", "CopySource": {"Bucket": "c", "Key": "images/a"}},
            [":from c/images/*", ":to b/rejected/*"],
        ),
        ("dynamodb.GetItem", {"TableName": "t", "Key": {"pk": {"S": "story#1"}}}, [" t story#*"]),
        (
            "dynamodb.PutItem",
            {"TableName": "t", "Item": {"pk": {"S": "upload#1"}}},
            [" t upload#*"],
        ),
        ("dynamodb.Query", {"TableName": "t", "IndexName": "listing"}, [" t/index/listing"]),
        (
            "dynamodb.TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "t", "Item": {"pk": {"S": "story#1"}}}}]},
            [":Put t story#*"],
        ),
        ("sqs.SendMessage", {"QueueUrl": "http://aws/1/reading"}, [" reading"]),
        ("sns.Publish", {"TopicArn": "arn:aws:sns:r:1:notices"}, [" notices"]),
        ("rekognition.DetectText", {"Image": {}}, [""]),
        ("secretsmanager.GetSecretValue", {"SecretId": "s"}, [" ?"]),
    ],
)
def test_what_differs_between_requests_is_cut_off(
    operation: str, parameters: dict[str, Any], told: list[str]
) -> None:
    assert calls_of(operation, parameters) == [f"{operation}{each}" for each in told]
