"""Which function asks AWS for what, as botocore tells it."""

import threading
from concurrent.futures import ThreadPoolExecutor
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
def s3(calls: Calls, aws: Aws) -> Any:
    """A client of a session that was created after `listen`."""
    aws.stack_client("s3").create_bucket(Bucket="media")
    assert calls.to_json() == {}
    session = boto3.session.Session(*APP_KEYS, region_name=REGION)
    return session.client("s3", endpoint_url=aws.url)


def function(name: str, handler: Any) -> LambdaFunction:
    return LambdaFunction(name, lambda _event, _context: handler(), timeout=3, memory=128)


def test_the_calls_of_a_function_are_recorded_under_its_name_until_they_are_deleted(
    s3: Any, calls: Calls
) -> None:
    function("keep", lambda: s3.put_object(Bucket="media", Key=KEY, Body=b"1")).invoke({})
    function("look", lambda: s3.list_objects_v2(Bucket="media")).invoke({})
    form = {"Bucket": "media", "Key": "images/page.jpg"}
    function("sign", lambda: s3.generate_presigned_post(**form)).invoke({})

    assert calls.to_json() == {
        "keep": ["s3.PutObject media/private/{id}/*"],
        "look": ["s3.ListObjectsV2 media/*"],
        "sign": ["s3.PutObject media/images/*"],  # what the form's sender will do
    }
    assert calls.counts() == {"keep": {"s3.PutObject": 1}, "look": {"s3.ListObjectsV2": 1}}
    calls.clear()
    calls.clear_counts()
    assert calls.counts() == {}
    calls.clear()
    assert calls.to_json() == {}


def test_functions_that_run_at_once_are_recorded_apart(s3: Any, calls: Calls) -> None:
    both = threading.Barrier(2)

    def put(key: str) -> None:
        both.wait(60)
        s3.put_object(Bucket="media", Key=key, Body=b"1")

    works = [function(name, lambda name=name: put(f"{name}/x")) for name in ("images", "public")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda work: work.invoke({}), works))

    assert calls.to_json() == {
        "images": ["s3.PutObject media/images/*"],
        "public": ["s3.PutObject media/public/*"],
    }


def test_a_call_outside_a_function_or_after_it_failed_is_not_recorded(
    s3: Any, calls: Calls
) -> None:
    s3.put_object(Bucket="media", Key=KEY, Body=b"1")
    with pytest.raises(ZeroDivisionError):
        function("fail", lambda: 1 / 0).invoke({})
    s3.list_objects_v2(Bucket="media")

    assert calls.to_json() == {}


PUT_STORY = {"TableName": "t", "Item": {"pk": {"S": "story#1"}}}
TWO_KEYS = {"Objects": [{"Key": "images/a"}, {"Key": KEY}]}
COPY = {"Key": "rejected/a", "CopySource": {"Bucket": "c", "Key": "images/a"}}


@pytest.mark.parametrize(
    ("operation", "parameters", "told"),
    [
        ("s3.GetObject", {"Key": KEY}, [" b/private/{id}/*"]),
        ("s3.GetObject", {"Key": f"public/profiles/{ID}/1/a.jpg"}, [" b/public/profiles/{id}/*"]),
        ("s3.HeadObject", {"Key": f"images/{ID}.jpg"}, [" b/images/*"]),
        ("s3.GetObject", {"Key": "by-hand/me.jpg"}, [" b/by-hand/*"]),
        ("s3.HeadObject", {"Key": f"{ID}/photo"}, [" b/{id}/*"]),
        ("s3.HeadObject", {"Key": "privates/x"}, [" b/*"]),
        ("s3.ListObjectsV2", {"Prefix": "profiles/anna/"}, [" b/profiles/*"]),
        ("s3.DeleteObject", {"Key": "images/a", "IfMatch": "e"}, [":if-match b/images/*"]),
        ("s3.DeleteObjects", {"Delete": TWO_KEYS}, [" b/images/*", " b/private/{id}/*"]),
        ("s3.CopyObject", COPY, [":from c/images/*", ":to b/rejected/*"]),
        ("dynamodb.GetItem", {"TableName": "t", "Key": {"pk": {"S": "story#1"}}}, [" t story#*"]),
        ("dynamodb.PutItem", PUT_STORY, [" t story#*"]),
        ("dynamodb.Query", {"TableName": "t", "IndexName": "listing"}, [" t/index/listing"]),
        (
            "dynamodb.TransactWriteItems",
            {"TransactItems": [{"Put": PUT_STORY}]},
            [":Put t story#*"],
        ),
        ("sqs.SendMessage", {"QueueUrl": "http://aws/1/reading"}, [" reading"]),
        ("sns.Publish", {"TopicArn": "arn:aws:sns:r:1:notices"}, [" notices"]),
        ("rekognition.DetectText", {"Image": {}}, [""]),
        ("textract.DetectDocumentText", {"Document": {}}, [""]),
        ("secretsmanager.GetSecretValue", {"SecretId": "s"}, [" ?"]),
    ],
)
def test_the_part_of_a_call_that_differs_between_requests_is_cut_off(
    operation: str, parameters: dict[str, Any], told: list[str]
) -> None:
    bucket = {"Bucket": "b"} if operation.startswith("s3.") else {}

    assert calls_of(operation, bucket | parameters) == [f"{operation}{each}" for each in told]
