"""What stands for CloudFront."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from local.resources import MEDIA_BUCKET
from tests.local.conftest import Aws

AUDIO = bytes(range(200))
PATH = "/cdn/public/story/ünï%20code/story.mp3"
KEY = "public/story/ünï code/story.mp3"


@pytest.fixture(autouse=True)
def _objects(aws: Aws) -> None:
    s3 = aws.stack_client("s3")
    s3.create_bucket(Bucket=MEDIA_BUCKET)
    s3.put_object(
        Bucket=MEDIA_BUCKET,
        Key=KEY,
        Body=AUDIO,
        ContentType="audio/mpeg",
        CacheControl="public, max-age=60",
    )
    s3.put_object(Bucket=MEDIA_BUCKET, Key="private/photo", Body=b"secret")


def test_a_public_file_is_served_to_anybody_as_it_was_stored(aws: Aws) -> None:
    answer = aws.http("GET", PATH)

    assert (answer.status, answer.data) == (200, AUDIO)
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_head_request_gets_the_headers_without_the_file(aws: Aws) -> None:
    answer = aws.http("HEAD", PATH)

    assert (answer.status, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == "200"


@pytest.mark.parametrize(
    "path",
    [
        "/cdn/private/photo",
        "/cdn/public/../private/photo",
        "/cdn/public/%2e%2e/private/photo",
        "/cdn//public/story",
        "/cdn/publicity",
        "/cdn/public/missing.mp3",
        "/cdn/",
    ],
)
def test_what_is_not_public_or_not_there_is_403(aws: Aws, path: str) -> None:
    answer = aws.http("GET", path)

    assert answer.status == 403
    assert b"<Code>AccessDenied</Code>" in answer.data


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_nothing_can_be_changed_through_it(aws: Aws, method: str) -> None:
    assert aws.http(method, PATH).status == 403
    assert aws.http("GET", PATH).data == AUDIO


@pytest.mark.parametrize(
    ("asked", "part"),
    [("bytes=0-", AUDIO), ("bytes=10-19", AUDIO[10:20]), ("bytes=-5", AUDIO[-5:])],
)
def test_an_audio_player_can_ask_for_a_part(aws: Aws, asked: str, part: bytes) -> None:
    answer = aws.http("GET", PATH, headers={"Range": asked})

    assert (answer.status, answer.data) == (206, part)
    assert answer.headers["Content-Range"].endswith("/200")
    assert answer.headers["Content-Length"] == str(len(part))


def test_a_part_behind_the_end_is_416(aws: Aws) -> None:
    assert aws.http("GET", PATH, headers={"Range": "bytes=200-"}).status == 416


def test_a_file_that_the_client_has_already_is_not_sent_again(aws: Aws) -> None:
    etag = aws.http("GET", PATH).headers["ETag"]
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)

    assert aws.http("GET", PATH, headers={"If-None-Match": etag}).status == 304
    assert aws.http("GET", PATH, headers={"If-Modified-Since": tomorrow}).status == 304
