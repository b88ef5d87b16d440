"""Faults on request: what boto3 makes of them."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import Aws

IMAGE = {"Image": {"Bytes": b"x"}}
SPEECH = {"Text": "x", "VoiceId": "Joanna", "OutputFormat": "mp3"}
PUT = {"Bucket": "media", "Key": "k", "Body": b"x"}
PATHS = {"Paths": {"Quantity": 0}, "CallerReference": "r"}
INVALIDATION = {"DistributionId": "d", "InvalidationBatch": PATHS}
CALLS: list[tuple[str, str, dict[str, Any], int]] = [
    ("s3.PutObject", "SlowDown", PUT, 503),
    ("s3.PutObject", "InternalError", PUT, 500),
    ("sqs.SendMessage", "RequestThrottled", {"QueueUrl": "q", "MessageBody": "x"}, 400),
    ("dynamodb.PutItem", "InternalServerError", {"TableName": "t", "Item": {}}, 500),
    ("sns.Publish", "InternalError", {"TopicArn": "arn:aws:sns:a:b:c", "Message": "x"}, 500),
    ("sesv2.SendEmail", "TooManyRequestsException", {"Content": {}}, 429),
    ("stepfunctions.StartExecution", "ThrottlingException", {"stateMachineArn": "m"}, 500),
    ("cloudfront.CreateInvalidation", "ServiceUnavailable", INVALIDATION, 503),
    ("rekognition.DetectText", "ThrottlingException", IMAGE, 500),
    ("polly.SynthesizeSpeech", "ServiceFailureException", SPEECH, 500),
    ("polly.SynthesizeSpeech", "WhoEverHeardOfThis", SPEECH, 500),
]
ONCE = {"total_max_attempts": 1}


def call(aws: Aws, name: str, parameters: dict[str, Any], **config: Any) -> Any:
    service, operation = name.split(".")
    client = aws.client(service, inject_host_prefix=False, **config)
    methods = {each: name for name, each in client.meta.method_to_api_mapping.items()}
    return getattr(client, methods[operation])(**parameters)


@pytest.mark.parametrize(("operation", "error", "parameters", "status"), CALLS)
def test_a_fault_reaches_boto3_as_that_error_of_that_service(
    aws: Aws, operation: str, error: str, parameters: dict[str, Any], status: int
) -> None:
    aws.inject(operation=operation, error=error, times=1)

    with pytest.raises(ClientError) as failure:
        call(aws, operation, parameters, retries=ONCE)

    assert failure.value.response["Error"]["Code"] == error
    assert failure.value.response["Error"]["Message"]
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert aws.engines.asked == []
    assert aws.control("requests") == {operation: 1}


def test_boto3s_retries_succeed_after_the_last_fault(aws: Aws) -> None:
    aws.inject(operation="rekognition.DetectText", error="ThrottlingException", times=1)

    answer = call(aws, "rekognition.DetectText", IMAGE)

    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert aws.control("requests") == {"rekognition.DetectText": 2}
    assert aws.control("faults") == []


def test_a_faulty_head_has_no_body_so_its_status_is_the_code(aws: Aws) -> None:
    aws.inject(operation="s3.HeadObject", error="SlowDown")

    with pytest.raises(ClientError) as failure:
        call(aws, "s3.HeadObject", {"Bucket": "media", "Key": "k"}, retries=ONCE)

    assert failure.value.response["Error"]["Code"] == "503"


def test_the_stacks_own_requests_meet_no_fault(aws: Aws) -> None:
    aws.inject(operation="s3.CreateBucket", error="SlowDown")

    aws.stack_client("s3").create_bucket(Bucket="media")

    assert len(aws.control("faults")) == 1


def test_latency_alone_delays_and_then_performs(aws: Aws) -> None:
    aws.inject(operation="rekognition.DetectText", latency_ms=150)

    started = time.monotonic()
    call(aws, "rekognition.DetectText", IMAGE)

    assert time.monotonic() - started >= 0.15
    assert len(aws.engines.asked) == 1


def test_faults_are_listed_with_what_is_left_of_them_and_can_be_cleared(aws: Aws) -> None:
    added = aws.inject(operation="polly.SynthesizeSpeech", error="ThrottlingException", times=5)
    assert added.status == 201
    with pytest.raises(ClientError):
        call(aws, "polly.SynthesizeSpeech", SPEECH, retries=ONCE)

    left = {"error": "ThrottlingException", "times": 4, "latency_ms": 0}
    assert aws.control("faults") == [{"operation": "polly.SynthesizeSpeech", **left}]

    assert aws.http("DELETE", "/_local/faults").status == 204
    assert aws.control("faults") == []


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({}, "operation must name"),
        ({"operation": "polly.Synthesize", "error": "X"}, "operation must name"),
        ({"operation": 7, "error": "X"}, "operation must name"),
        ({"operation": "s3.PutObject"}, "needs an error, a latency_ms, or both"),
        ({"operation": "s3.PutObject", "error": "no spaces"}, "error must be"),
        ({"operation": "s3.PutObject", "error": "X", "times": 0}, "times must be"),
        ({"operation": "s3.PutObject", "error": "X", "times": 1.5}, "times must be"),
        ({"operation": "s3.PutObject", "error": "X", "times": True}, "times must be"),
        ({"operation": "s3.PutObject", "latency_ms": -1}, "latency_ms must be"),
        ({"operation": "s3.PutObject", "error": "X", "time": 2}, "has no 'time'"),
        ([], "JSON object"),
    ],
)
def test_a_malformed_fault_is_400_and_says_why(aws: Aws, fault: Any, complaint: str) -> None:
    answer = aws.http("POST", "/_local/faults", body=json.dumps(fault))

    assert answer.status == 400
    assert answer.json()["code"] == "invalid_request"
    assert complaint in answer.json()["message"]
    assert aws.control("faults") == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe"])
def test_a_fault_that_is_not_json_is_400(aws: Aws, body: bytes) -> None:
    answer = aws.http("POST", "/_local/faults", body=body)

    assert (answer.status, answer.json()["message"]) == (400, "The body must be JSON.")
