"""The AWS port as boto3 sees it."""

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.resources.creation import create_stories_table
from tests.local.conftest import Aws

SPEECH: dict[str, Any] = {"Text": "Hello", "VoiceId": "Joanna", "OutputFormat": "mp3"}


def test_an_engine_gets_the_request_and_answers_in_the_services_shape(aws: Aws) -> None:
    text = aws.client("rekognition").detect_text(Image={"Bytes": b"\x89PNG\x00\xff"})
    speech = aws.client("polly").synthesize_speech(**SPEECH)

    assert (text["TextDetections"], text["TextModelVersion"]) == ([], "3.0")
    assert speech["AudioStream"].read() == b"\xff\xf3mp3"
    assert (speech["ContentType"], speech["RequestCharacters"]) == ("audio/mpeg", 5)
    assert aws.engines.asked == [{"Image": {"Bytes": b"\x89PNG\x00\xff"}}, SPEECH]


def test_an_operation_that_no_engine_has_is_refused_not_made_up(aws: Aws) -> None:
    with pytest.raises(ClientError, match=r"\(NotImplemented\).* have rekognition\.DetectLabels"):
        aws.client("rekognition").detect_labels(Image={"Bytes": b"x"})


def test_requests_are_counted_by_boto3s_names_without_the_stacks_own(aws: Aws) -> None:
    aws.stack_client("s3").create_bucket(Bucket="media")
    app = aws.client("s3")
    app.put_object(Bucket="media", Key="a", Body=b"1")
    app.put_object(Bucket="media", Key="b", Body=b"2")
    app.list_objects_v2(Bucket="media")
    aws.client("polly").synthesize_speech(**SPEECH)

    assert aws.control("requests") == {
        "polly.SynthesizeSpeech": 1,
        "s3.ListObjectsV2": 1,
        "s3.PutObject": 2,
    }

    assert aws.http("DELETE", "/_local/requests").status == 204
    assert aws.control("requests") == {}


def test_the_time_in_the_engines_is_summed_by_operation(aws: Aws) -> None:
    for _ in range(2):
        aws.client("rekognition").detect_text(Image={"Bytes": b"x"})

    timing = aws.control("timings")["rekognition.DetectText"]
    assert timing["calls"] == 2
    assert 0 <= timing["seconds"] < 10

    aws.http("DELETE", "/_local/timings")
    assert aws.control("timings") == {}


def test_an_unknown_control_is_404_and_the_answer_names_the_others(aws: Aws) -> None:
    answer = aws.http("GET", "/_local/nothing")

    assert answer.status == 404
    assert answer.json()["code"] == "not_found"
    assert "/_local/inbox" in answer.json()["message"]
    assert aws.http("POST", "/_local/inbox").status == 405


@pytest.mark.parametrize("size", [0, 1, 5_000_000], ids=["empty", "one byte", "5 MB"])
def test_an_object_of_any_size_is_put_without_waiting_for_more(aws: Aws, size: int) -> None:
    s3 = aws.client("s3", read_timeout=5)
    s3.create_bucket(Bucket="media")
    content = bytes(size)

    s3.put_object(Bucket="media", Key="k", Body=content)

    assert s3.get_object(Bucket="media", Key="k")["Body"].read() == content


def test_a_failed_transaction_does_not_undo_other_writes(aws: Aws) -> None:
    dynamodb = aws.client("dynamodb", max_pool_connections=20)
    # The client makes its exceptions when they are first asked for; threads that ask at the
    # same time would get different ones.
    assert dynamodb.exceptions
    create_stories_table(dynamodb, "stories")
    taken = {"TableName": "stories", "Item": {"pk": {"S": "taken"}}}
    dynamodb.put_item(**taken)
    refused = {"Put": taken | {"ConditionExpression": "attribute_not_exists(pk)"}}

    def write(number: int) -> None:
        if number % 2:
            dynamodb.put_item(TableName="stories", Item={"pk": {"S": f"mine-{number}"}})
            return
        with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
            dynamodb.transact_write_items(TransactItems=[refused])

    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)  # a thousand times more turns, so that what can go wrong does
    try:
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(write, range(60)))
    finally:
        sys.setswitchinterval(usual)

    assert dynamodb.scan(TableName="stories")["Count"] == 31


def test_other_services_are_left_to_moto(aws: Aws) -> None:
    assert aws.client("sts").get_caller_identity()["Account"] == "123456789012"
