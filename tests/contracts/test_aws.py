"""What is stored and sent on AWS, and how errors are reported."""

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from chalicelib.aws.cloudfront import Distribution
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.aws.dynamodb.upload_requests_table import UploadRequestsTable
from chalicelib.aws.requests import RequestFailedError, check_botocore
from chalicelib.aws.s3 import MediaBucket
from chalicelib.aws.sns import NotificationTopic
from chalicelib.errors import CdnBusyError, StorytimeError
from chalicelib.stories.changes import Move
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Lease
from local.resources.creation import create_stories_table
from tests.fakes.builders import story, upload_request
from tests.fakes.clock import NOW


def test_an_object_has_its_content_type(aws: boto3.session.Session) -> None:
    client = aws.client("s3")
    client.create_bucket(Bucket="media")

    MediaBucket(client, "media").put("a.mp3", b"mp3", "audio/mpeg")

    assert client.head_object(Bucket="media", Key="a.mp3")["ContentType"] == "audio/mpeg"


def test_a_story_is_one_item_and_times_are_numbers(aws: boto3.session.Session) -> None:
    client = aws.client("dynamodb")
    create_stories_table(client, "stories")
    table = StoriesTable(client, "stories")
    table.claim(story())
    table.lease(story().id, story().generation, Lease(Step.READING, "m", 1, NOW), NOW)
    table.apply(story(), Move({"notified_at": NOW}))

    (item,) = client.scan(TableName="stories")["Items"]
    assert item["pk"] == {"S": f"story#{story().id}"}
    assert item["created_at"] == {"N": "1772366400"}
    assert item["notified_at"] == {"N": "1772366400"}
    assert item["leases"]["M"]["reading"]["M"]["until"] == {"N": "1772366400"}
    assert "text" not in item


def test_a_notice_reaches_the_topics_subscribers(aws: boto3.session.Session) -> None:
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="notices")["TopicArn"]
    url = sqs.create_queue(QueueName="mailbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])

    NotificationTopic(sns, topic).publish("page is ready \N{FOX FACE}", "Listen")

    (received,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert '"Message": "Listen"' in received["Body"]
    assert '"Subject": "page is ready ' in received["Body"]


def test_an_error_names_the_operation_and_the_code_and_nothing_else(
    aws: boto3.session.Session,
) -> None:
    bucket = MediaBucket(aws.client("s3"), "no-such-bucket")

    with pytest.raises(RequestFailedError) as failed:
        bucket.put("a", b"secret", "text/plain")
    assert failed.value.message == "PutObject failed with NoSuchBucket"
    assert isinstance(failed.value.__cause__, ClientError)


def test_objects_that_were_not_deleted_are_an_error(boto3_session: boto3.session.Session) -> None:
    client = boto3_session.client("s3")
    errors = {"Errors": [{"Key": "a", "Code": "SlowDown"}]}

    with Stubber(client) as answers:
        answers.add_response("delete_objects", errors)
        with pytest.raises(RequestFailedError, match="SlowDown"):
            MediaBucket(client, "media").delete(["a", "b"])


def test_an_invalidation_that_finds_no_room_says_so(boto3_session: boto3.session.Session) -> None:
    client = boto3_session.client("cloudfront")

    with Stubber(client) as answers:
        for code, error in (
            ("TooManyInvalidationsInProgress", CdnBusyError),
            ("AccessDenied", RequestFailedError),
        ):
            answers.add_client_error("create_invalidation", code)
            with pytest.raises(error, match=code):
                Distribution(client, "E123").invalidate("public/", "all")


def test_a_transaction_in_conflict_with_another_is_tried_again(
    boto3_session: boto3.session.Session,
) -> None:
    client = boto3_session.client("dynamodb")
    requests, new = UploadRequestsTable(client, "stories"), upload_request()
    reasons = {"CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]}

    with Stubber(client) as answers:
        for _ in range(2):
            answers.add_client_error(
                "transact_write_items", "TransactionCanceledException", modeled_fields=reasons
            )
        with pytest.raises(RequestFailedError, match="TransactionCanceledException"):
            requests.claim_story(new, NOW, story())
        with pytest.raises(RequestFailedError, match="TransactionCanceledException"):
            requests.fulfil(new, story(), NOW)


def test_a_botocore_without_conditional_deletes_is_refused_at_the_start() -> None:
    with pytest.raises(StorytimeError, match=r"^This is botocore 1\.35\.66; .*1\.35\.67 or newer"):
        check_botocore("1.35.66")
    for version in ("1.35.67", "1.36.0", "2.0.0"):
        check_botocore(version)
