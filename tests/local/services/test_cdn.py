"""What stands for CloudFront."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from local.resources.names import MEDIA_BUCKET
from local.services.cloudfront.edge_cache import CACHE_BYTES
from tests.local.conftest import Aws

AUDIO = bytes(range(200))
PATH = "/cdn/public/story/ünï%20code/story.mp3"
KEY = "public/story/ünï code/story.mp3"


def store(aws: Aws, key: str, body: bytes = b"first", **headers: str) -> None:
    aws.stack_client("s3").put_object(Bucket=MEDIA_BUCKET, Key=key, Body=body, **headers)


def remove(aws: Aws, key: str) -> None:
    aws.stack_client("s3").delete_object(Bucket=MEDIA_BUCKET, Key=key)


@pytest.fixture(autouse=True)
def _objects(aws: Aws) -> None:
    aws.stack_client("s3").create_bucket(Bucket=MEDIA_BUCKET)
    store(aws, KEY, AUDIO, ContentType="audio/mpeg", CacheControl="public, max-age=60")
    store(aws, "private/photo")


def test_a_public_file_is_served_to_anybody_as_it_was_stored(aws: Aws) -> None:
    answer = aws.http("GET", PATH)

    assert (answer.status, answer.data) == (200, AUDIO)
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["Accept-Ranges"] == "bytes"
    head = aws.http("HEAD", PATH)
    assert (head.status, head.data, head.headers["Content-Length"]) == (200, b"", "200")


def test_the_type_of_a_text_is_the_stored_one(aws: Aws) -> None:
    store(aws, KEY, "¡Olé!".encode(), ContentType="text/vtt; charset=utf-8")

    assert aws.http("GET", PATH).headers["Content-Type"] == "text/vtt; charset=utf-8"


@pytest.mark.parametrize("path", [PATH, "/cdn/public/missing.mp3"])
def test_each_answer_has_the_headers_that_the_template_adds(aws: Aws, path: str) -> None:
    headers = aws.http("GET", path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; img-src 'self'")
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert (headers["X-Frame-Options"], headers["Referrer-Policy"]) == ("DENY", "no-referrer")
    assert "Access-Control-Allow-Origin" not in headers


def test_a_players_preflight_is_answered_by_the_buckets_rules(aws: Aws) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "range",
    }
    assert aws.http("OPTIONS", PATH, headers=asked).status == 403  # the bucket has no rules yet
    aws.with_resources()

    answer = aws.http("OPTIONS", PATH, headers=asked)

    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] in {"range", "*"}
    assert answer.headers["Access-Control-Max-Age"] == "7200"
    other = aws.http("OPTIONS", PATH, headers=asked | {"Access-Control-Request-Method": "PUT"})
    assert other.status == 403


def test_a_web_page_may_read_a_file(aws: Aws) -> None:
    headers = aws.http("GET", PATH, headers={"Origin": "https://app.example"}).headers

    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Range" in headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("asked", ["bytes=0-1,5-9", "items=0-1"])
def test_ranges_that_are_not_served_are_ignored(aws: Aws, asked: str) -> None:
    answer = aws.http("GET", PATH, headers={"Range": asked})

    assert (answer.status, answer.data) == (200, AUDIO)


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
def test_a_private_or_missing_file_is_403(aws: Aws, path: str) -> None:
    answer = aws.http("GET", path)

    assert answer.status == 403
    assert b"<Code>AccessDenied</Code>" in answer.data


def test_nothing_can_be_changed_through_it(aws: Aws) -> None:
    assert {aws.http(method, PATH).status for method in ("PUT", "POST", "DELETE")} == {403}
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


def test_a_part_behind_the_end_or_a_file_that_the_client_has_is_not_sent(aws: Aws) -> None:
    assert aws.http("GET", PATH, headers={"Range": "bytes=200-"}).status == 416
    etag = aws.http("GET", PATH).headers["ETag"]
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)

    assert aws.http("GET", PATH, headers={"If-None-Match": etag}).status == 304
    assert aws.http("GET", PATH, headers={"If-Modified-Since": tomorrow}).status == 304


def test_a_fetched_file_is_served_after_its_object_is_deleted(aws: Aws) -> None:
    store(aws, "public/page.jpg")
    first = aws.http("GET", "/cdn/public/page.jpg")
    remove(aws, "public/page.jpg")
    aws.clock.pass_by(60)

    again = aws.http("GET", "/cdn/public/page.jpg")

    assert (again.status, again.data) == (200, b"first")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert first.headers["X-Cache"] == "Miss from cloudfront"
    assert again.headers["X-Cache"] == "Hit from cloudfront"
    assert "Age" not in first.headers
    assert 60 <= int(again.headers["Age"]) < 70


def test_a_head_request_fills_the_cache_and_parts_come_from_there(aws: Aws) -> None:
    store(aws, "public/story.mp3")
    aws.http("HEAD", "/cdn/public/story.mp3")
    remove(aws, "public/story.mp3")

    part = aws.http("GET", "/cdn/public/story.mp3", headers={"Range": "bytes=1-2"})

    assert (part.status, part.data) == (206, b"ir")


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        (None, 86_400),
        ("public, max-age=60", 60),
        ("max-age=60, s-maxage=120", 120),
        ("max-age=0", 1),
        ("no-store", 1),
        ("max-age=99999999", 31_536_000),
    ],
)
def test_an_object_stays_for_the_time_of_its_cache_control_or_a_day(
    aws: Aws, cache_control: str | None, seconds: int
) -> None:
    headers: dict[str, Any] = {} if cache_control is None else {"CacheControl": cache_control}
    store(aws, "public/page.jpg", **headers)
    with aws.clock.stopped():
        aws.http("GET", "/cdn/public/page.jpg")
        store(aws, "public/page.jpg", b"second")

        aws.clock.pass_by(seconds - 0.01)
        assert aws.http("GET", "/cdn/public/page.jpg").data == b"first"
        aws.clock.pass_by(0.01)
        assert aws.http("GET", "/cdn/public/page.jpg").data == b"second"


def test_a_missing_object_is_asked_for_each_time(aws: Aws) -> None:
    with aws.clock.stopped():
        first = aws.http("GET", "/cdn/public/page.jpg")
        store(aws, "public/page.jpg")
        again = aws.http("GET", "/cdn/public/page.jpg")

    assert [first.status, again.status] == [403, 200]
    assert first.headers["X-Cache"] == "Error from cloudfront"


def test_a_full_cache_drops_the_file_that_was_asked_for_longest_ago(aws: Aws) -> None:
    content = bytes(CACHE_BYTES * 2 // 5)
    paths = {name: f"public/{name}.mp3" for name in "abc"}
    for path in paths.values():
        store(aws, path, content)
    for name in "abac":
        assert aws.http("HEAD", f"/cdn/{paths[name]}").status == 200
    for path in paths.values():
        remove(aws, path)

    statuses = {name: aws.http("HEAD", f"/cdn/{path}").status for name, path in paths.items()}

    assert statuses == {"a": 200, "b": 403, "c": 200}
