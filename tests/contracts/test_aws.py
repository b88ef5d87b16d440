"""What is stored and sent on AWS, and how errors are reported."""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.aws.dynamodb import items
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.aws.dynamodb.upload_requests_table import UploadRequestsTable
from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.aws.s3 import MediaBucket
from chalicelib.aws.sns import NotificationTopic
from chalicelib.aws.sqs import SqsQueue
from chalicelib.delivery.messages import StoryMessage, decode
from chalicelib.errors import StoryChangedError, TransientError
from chalicelib.stories.moves import Move
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Lease, Story
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


def test_a_message_is_sent_and_can_be_delayed(aws: boto3.session.Session) -> None:
    client = aws.client("sqs")
    url = client.create_queue(QueueName="reading")["QueueUrl"]
    queue = SqsQueue[StoryMessage](client, url)

    queue.send(StoryMessage("x", "g"))

    (received,) = client.receive_message(QueueUrl=url)["Messages"]
    assert decode(received["Body"], StoryMessage) == StoryMessage("x", "g")
    queue.retry_in(received["ReceiptHandle"], 0)
    assert len(client.receive_message(QueueUrl=url)["Messages"]) == 1


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


def test_an_unreachable_aws_is_a_temporary_error() -> None:
    client = boto3.client(
        "sqs",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",  # the discard port: nothing listens there
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106  # opens nothing
        config=Config(retries={"total_max_attempts": 1}),
    )

    with pytest.raises(TransientError) as failed:
        request(client.list_queues)
    assert isinstance(failed.value.__cause__, EndpointConnectionError)


class RetriedClient:
    """A DynamoDB client whose first attempt was stored and whose second met what it stored."""

    def __init__(self, item: dict[str, Any], retries: int) -> None:
        self._error = {
            "Error": {"Code": "ConditionalCheckFailedException"},
            "ResponseMetadata": {"RetryAttempts": retries},
            "Item": item,
        }

    def update_item(self, **_: Any) -> Any:
        raise ClientError(self._error, "UpdateItem")  # type: ignore[arg-type]


@pytest.mark.parametrize("retries", [1, 2])
def test_a_write_whose_answer_was_lost_is_recognised_by_what_it_wrote(retries: int) -> None:
    written = story(enqueued_at=NOW)
    client: Any = RetriedClient(items.story_item(written), retries)

    assert StoriesTable(client, "stories").apply(story(), Move({"enqueued_at": NOW})) == written


@pytest.mark.parametrize(
    ("retries", "stored"), [(0, story(text="Once.")), (1, story(text="Another's."))]
)
def test_another_writers_change_is_not_recognised_as_our_own(retries: int, stored: Story) -> None:
    client: Any = RetriedClient(items.story_item(stored), retries)

    with pytest.raises(StoryChangedError):
        StoriesTable(client, "stories").apply(story(), Move({"text": "Once."}))


class RefusingClient:
    """Does part of what it is asked for, and says so as S3 and DynamoDB do."""

    def delete_objects(self, **_: Any) -> Any:
        return {"Errors": [{"Key": "a", "Code": "SlowDown"}]}

    def transact_write_items(self, **_: Any) -> Any:
        reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
        error: Any = {
            "Error": {"Code": "TransactionCanceledException"},
            "CancellationReasons": reasons,
        }
        raise ClientError(error, "TransactWriteItems")


def test_objects_that_were_not_deleted_are_an_error() -> None:
    client: Any = RefusingClient()

    with pytest.raises(RequestFailedError, match="SlowDown"):
        MediaBucket(client, "media").delete(["a", "b"])


def test_a_transaction_in_conflict_with_another_is_tried_again() -> None:
    client: Any = RefusingClient()
    requests = UploadRequestsTable(client, "stories")

    with pytest.raises(RequestFailedError, match="TransactionCanceledException"):
        requests.claim_story(upload_request(), NOW, story())
    with pytest.raises(RequestFailedError, match="TransactionCanceledException"):
        requests.fulfil(upload_request(), story(), NOW)
