"""What stands for CloudFront: the page, the media and the API behind one origin."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.wrappers import Request, Response

from local.resources.distribution import configuration
from local.resources.names import MACHINE, MEDIA_BUCKET, WEB_BUCKET
from local.server.distribution import CloudFront
from local.services.cloudfront.edge_cache import CACHE_BYTES, EdgeCache
from tests.local.conftest import API_HOST, Aws, Edge, SharedServer

AUDIO = bytes(range(200))
PATH = quote("/public/story/ünï code/story.mp3")
KEY = "public/story/ünï code/story.mp3"


def store(
    aws: Aws, key: str, body: bytes = b"first", bucket: str = MEDIA_BUCKET, **headers: str
) -> None:
    aws.stack_client("s3").put_object(Bucket=bucket, Key=key, Body=body, **headers)


def remove(aws: Aws, key: str) -> None:
    aws.stack_client("s3").delete_object(Bucket=MEDIA_BUCKET, Key=key)


@pytest.fixture(autouse=True)
def _objects(aws: Aws) -> None:
    for bucket in (MEDIA_BUCKET, WEB_BUCKET):
        aws.stack_client("s3").create_bucket(Bucket=bucket)
    store(aws, KEY, AUDIO, ContentType="audio/mpeg", CacheControl="public, max-age=60")
    store(aws, "private/photo")


def test_a_public_file_is_served_to_anybody_as_it_was_stored(edge: Edge) -> None:
    answer = edge.http("GET", PATH)

    assert (answer.status, answer.data) == (200, AUDIO)
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["Accept-Ranges"] == "bytes"
    head = edge.http("HEAD", PATH)
    assert (head.status, head.data, head.headers["Content-Length"]) == (200, b"", "200")


def test_the_type_of_a_text_is_the_stored_one(aws: Aws, edge: Edge) -> None:
    store(aws, KEY, "¡Olé!".encode(), ContentType="text/vtt; charset=utf-8")

    assert edge.http("GET", PATH).headers["Content-Type"] == "text/vtt; charset=utf-8"


@pytest.mark.parametrize("path", [PATH, "/public/missing.mp3"])
def test_each_answer_has_the_headers_that_the_template_adds(edge: Edge, path: str) -> None:
    headers = edge.http("GET", path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; img-src 'self'")
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert (headers["X-Frame-Options"], headers["Referrer-Policy"]) == ("DENY", "no-referrer")
    assert "Access-Control-Allow-Origin" not in headers


def test_a_players_preflight_is_answered_by_the_buckets_rules(aws: Aws, edge: Edge) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "range",
    }
    assert edge.http("OPTIONS", PATH, headers=asked).status == 403  # the bucket has no rules yet
    aws.with_resources()

    answer = edge.http("OPTIONS", PATH, headers=asked)

    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] in {"range", "*"}
    assert answer.headers["Access-Control-Max-Age"] == "7200"
    other = edge.http("OPTIONS", PATH, headers=asked | {"Access-Control-Request-Method": "PUT"})
    assert other.status == 403


def test_a_web_page_may_read_a_file(edge: Edge) -> None:
    headers = edge.http("GET", PATH, headers={"Origin": "https://app.example"}).headers

    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Range" in headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("asked", ["bytes=0-1,5-9", "items=0-1"])
def test_ranges_that_are_not_served_are_ignored(edge: Edge, asked: str) -> None:
    answer = edge.http("GET", PATH, headers={"Range": asked})

    assert (answer.status, answer.data) == (200, AUDIO)


@pytest.mark.parametrize(
    "path",
    [
        "/private/photo",
        "/public/../private/photo",
        "/public/%2e%2e/private/photo",
        "/public/%2E./private/photo",
        "/private/../public/../private/photo",
        "//public/story",
        "/public//story",
        "/publicity",
        "/Public/story.mp3",
        "/public%2Fstory.mp3",
        "/public",
        "/public/",
        "/public/missing.mp3",
        "/missing.js",
        "/v-0123456789ab/app/main.js",
        "/../../etc/passwd",
        "/%00",
        "/%ff",
    ],
)
def test_a_private_or_missing_file_is_403(aws: Aws, edge: Edge, path: str) -> None:
    store(aws, "public/story.mp3")

    answer = edge.http("GET", path)

    assert answer.status == 403
    assert b"<Code>AccessDenied</Code>" in answer.data


@pytest.mark.parametrize(
    "path",
    ["/public/story.mp3", "/%70ublic/story.mp3", "/public/story%2Emp3", "/public/story.mp3?a=1"],
)
def test_an_encoding_that_is_not_needed_and_a_query_make_no_difference(
    aws: Aws, edge: Edge, path: str
) -> None:
    store(aws, "public/story.mp3")

    assert edge.http("GET", path).data == b"first"


def test_nothing_can_be_changed_through_it(edge: Edge) -> None:
    refused = ("PUT", "POST", "DELETE", "PATCH", "TRACE")

    assert {edge.http(method, PATH).status for method in refused} == {403}
    assert edge.http("GET", PATH).data == AUDIO


@pytest.mark.parametrize(
    ("asked", "part"),
    [("bytes=0-", AUDIO), ("bytes=10-19", AUDIO[10:20]), ("bytes=-5", AUDIO[-5:])],
)
def test_an_audio_player_can_ask_for_a_part(edge: Edge, asked: str, part: bytes) -> None:
    answer = edge.http("GET", PATH, headers={"Range": asked})

    assert (answer.status, answer.data) == (206, part)
    assert answer.headers["Content-Range"].endswith("/200")
    assert answer.headers["Content-Length"] == str(len(part))


def test_a_part_behind_the_end_or_a_file_that_the_client_has_is_not_sent(edge: Edge) -> None:
    assert edge.http("GET", PATH, headers={"Range": "bytes=200-"}).status == 416
    etag = edge.http("GET", PATH).headers["ETag"]
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)

    assert edge.http("GET", PATH, headers={"If-None-Match": etag}).status == 304
    assert edge.http("GET", PATH, headers={"If-Modified-Since": tomorrow}).status == 304


def test_a_fetched_file_is_served_after_its_object_is_deleted(aws: Aws, edge: Edge) -> None:
    store(aws, "public/page.jpg")
    first = edge.http("GET", "/public/page.jpg")
    remove(aws, "public/page.jpg")
    aws.clock.pass_by(60)

    again = edge.http("GET", "/public/page.jpg")

    assert (again.status, again.data) == (200, b"first")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert first.headers["X-Cache"] == "Miss from cloudfront"
    assert again.headers["X-Cache"] == "Hit from cloudfront"
    assert "Age" not in first.headers
    assert 60 <= int(again.headers["Age"]) < 70


def test_a_head_request_fills_the_cache_and_parts_come_from_there(aws: Aws, edge: Edge) -> None:
    store(aws, "public/story.mp3")
    edge.http("HEAD", "/public/story.mp3")
    remove(aws, "public/story.mp3")

    part = edge.http("GET", "/public/story.mp3", headers={"Range": "bytes=1-2"})

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
    aws: Aws, edge: Edge, cache_control: str | None, seconds: int
) -> None:
    headers: dict[str, Any] = {} if cache_control is None else {"CacheControl": cache_control}
    store(aws, "public/page.jpg", **headers)
    with aws.clock.stopped():
        edge.http("GET", "/public/page.jpg")
        store(aws, "public/page.jpg", b"second")

        aws.clock.pass_by(seconds - 0.01)
        assert edge.http("GET", "/public/page.jpg").data == b"first"
        aws.clock.pass_by(0.01)
        assert edge.http("GET", "/public/page.jpg").data == b"second"


def test_a_missing_object_is_asked_for_each_time(aws: Aws, edge: Edge) -> None:
    with aws.clock.stopped():
        first = edge.http("GET", "/public/page.jpg")
        store(aws, "public/page.jpg")
        again = edge.http("GET", "/public/page.jpg")

    assert [first.status, again.status] == [403, 200]
    assert first.headers["X-Cache"] == "Error from cloudfront"


def test_a_full_cache_drops_the_file_that_was_asked_for_longest_ago(aws: Aws, edge: Edge) -> None:
    content = bytes(CACHE_BYTES * 2 // 5)
    paths = {name: f"public/{name}.mp3" for name in "abc"}
    for path in paths.values():
        store(aws, path, content)
    for name in "abac":
        assert edge.http("HEAD", f"/{paths[name]}").status == 200
    for path in paths.values():
        remove(aws, path)

    statuses = {name: edge.http("HEAD", f"/{path}").status for name, path in paths.items()}

    assert statuses == {"a": 200, "b": 403, "c": 200}


# The page.

INDEX = b"<!doctype html>" + b"<p>Storytime</p>" * 100
NO_CACHE = {"ContentType": "text/html; charset=utf-8", "CacheControl": "no-cache"}
FOREVER = {
    "ContentType": "text/javascript; charset=utf-8",
    "CacheControl": "public, max-age=31536000, immutable",
}


def put_page(aws: Aws, index: bytes = INDEX) -> None:
    store(aws, "index.html", index, WEB_BUCKET, **NO_CACHE)
    store(aws, "v-1/app/main.js", b"start();" * 200, WEB_BUCKET, **FOREVER)


def test_the_page_is_at_the_root_and_may_run_what_it_brings(aws: Aws, edge: Edge) -> None:
    put_page(aws)

    answer = edge.http("GET", "/")

    assert (answer.status, answer.data) == (200, INDEX)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'; img-src")
    assert answer.headers["Permissions-Policy"] == "camera=(self), microphone=()"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert edge.http("GET", "/index.html").data == INDEX
    head = edge.http("HEAD", "/?from=mail")
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(INDEX)))


def test_a_new_page_is_served_at_once_and_an_unchanged_one_not_again(aws: Aws, edge: Edge) -> None:
    put_page(aws)
    etag = edge.http("GET", "/").headers["ETag"]
    unchanged = edge.http("GET", "/", headers={"If-None-Match": etag})
    put_page(aws, INDEX + b"<p>new</p>")

    changed = edge.http("GET", "/", headers={"If-None-Match": etag})

    assert (unchanged.status, unchanged.data) == (304, b"")
    assert "Content-Security-Policy" in unchanged.headers
    assert (changed.status, changed.data) == (200, INDEX + b"<p>new</p>")


def test_a_file_of_a_version_is_asked_for_once(aws: Aws, edge: Edge) -> None:
    put_page(aws)
    edge.http("GET", "/v-1/app/main.js")
    store(aws, "v-1/app/main.js", b"other", WEB_BUCKET, **FOREVER)

    again = edge.http("GET", "/v-1/app/main.js")

    assert again.data == b"start();" * 200
    assert again.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert again.headers["X-Cache"] == "Hit from cloudfront"


@pytest.mark.parametrize("path", ["/", "/v-1/app/main.js"])
def test_texts_of_the_page_are_compressed_for_who_can_read_that(
    aws: Aws, edge: Edge, path: str
) -> None:
    put_page(aws)
    plain = edge.http("GET", path)

    small = edge.http("GET", path, headers={"Accept-Encoding": "gzip, deflate, br"})

    assert gzip.decompress(small.data) == plain.data
    assert small.headers["Content-Encoding"] == "gzip"
    assert small.headers["Content-Length"] == str(len(small.data))
    assert small.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert small.headers["ETag"] == f"W/{plain.headers['ETag']}"
    assert "Content-Encoding" not in plain.headers
    again = {"If-None-Match": small.headers["ETag"], "Accept-Encoding": "gzip"}
    assert edge.http("GET", path, headers=again).status == 304


@pytest.mark.parametrize(
    ("path", "content_type", "asked"),
    [
        ("icon.png", "image/png", {}),
        ("part.js", "text/javascript", {"Range": "bytes=0-1999"}),
        ("never.js", "text/javascript", {"Accept-Encoding": "gzip;q=0"}),
        ("public/story.json", "application/json", {}),
    ],
)
def test_nothing_else_is_compressed(
    aws: Aws, edge: Edge, path: str, content_type: str, asked: dict[str, str]
) -> None:
    bucket = MEDIA_BUCKET if path.startswith("public/") else WEB_BUCKET
    store(aws, path, bytes(2000), bucket, ContentType=content_type)

    answer = edge.http("GET", f"/{path}", headers={"Accept-Encoding": "gzip", **asked})

    assert "Content-Encoding" not in answer.headers
    assert answer.data == bytes(2000)


def test_a_short_text_is_not_compressed(aws: Aws, edge: Edge) -> None:
    store(aws, "short.css", b"x" * 999, WEB_BUCKET, ContentType="text/css")

    assert edge.http("GET", "/short.css", headers={"Accept-Encoding": "gzip"}).data == b"x" * 999


def test_a_part_of_the_demos_sound_can_be_asked_for(aws: Aws, edge: Edge) -> None:
    store(aws, "v-1/demo/story.mp3", AUDIO, WEB_BUCKET, ContentType="audio/mpeg")

    part = edge.http("GET", "/v-1/demo/story.mp3", headers={"Range": "bytes=100-149"})

    assert (part.status, part.data) == (206, AUDIO[100:150])
    assert part.headers["Content-Range"] == "bytes 100-149/200"


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_the_page_can_only_be_read(aws: Aws, edge: Edge, method: str) -> None:
    put_page(aws)

    answer = edge.http(method, "/")

    assert answer.status == 403
    assert answer.headers["X-Cache"] == "Error from cloudfront"
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("192.168.1.20:8080", 200),
        ("[::1]:8080", 200),
        ("localhost", 200),
        ("LOCALHOST:8080", 200),
        (MACHINE, 200),
        (f"{MACHINE.upper()}.local:8080", 200),
        ("rebound.example:8080", 403),
        ("127.0.0.1.example", 403),
        ("", 403),
    ],
)
def test_no_other_name_leads_here(aws: Aws, edge: Edge, host: str, status: int) -> None:
    """Else a web page whose name is given this address could use the API."""
    put_page(aws)

    assert edge.http("GET", "/", headers={"Host": host}).status == status


def test_a_url_may_have_8192_bytes_and_a_get_request_no_body(aws: Aws, edge: Edge) -> None:
    assert edge.http("GET", "/".ljust(8192, "x")).status == 403  # there is no such file
    assert edge.http("GET", "/".ljust(8193, "x")).status == 414
    put_page(aws)
    assert edge.http("GET", "/", b"body").status == 403


# The API.


def echo(request: Request) -> Response:
    said = {
        "method": request.method,
        "target": request.environ["REQUEST_URI"],
        "path": request.path,
        "query": request.args.to_dict(),
        "host": request.host,
        "authorization": request.headers.get("Authorization"),
        "bytes": len(request.get_data()),
    }
    headers = {"X-Cache": "the API's", "Cache-Control": "no-store", "ETag": '"1"'}
    return Response(json.dumps(said), 201, headers, mimetype="application/json")


def test_the_api_gets_all_of_a_request_but_its_stage_and_the_host(edge: Edge) -> None:
    edge.api = echo
    body = bytes(range(256)) * 20_000

    answer = edge.http(
        "POST", "/api/stories/a%2Fb?limit=1&x=%C3%BC", body, {"Authorization": "Bearer st_1"}
    )

    assert json.loads(answer.data) == {
        "method": "POST",
        "target": "/stories/a%2Fb?limit=1&x=%C3%BC",
        "path": "/stories/a/b",
        "query": {"limit": "1", "x": "ü"},
        "host": API_HOST,
        "authorization": "Bearer st_1",
        "bytes": len(body),
    }
    assert (answer.status, answer.headers["X-Cache"]) == (201, "Miss from cloudfront")
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"])
def test_the_api_gets_every_method(edge: Edge, method: str) -> None:
    asked: list[str] = []
    edge.api = lambda request: asked.append(request.method) or Response()  # type: ignore[func-returns-value]

    edge.http(method, "/api/stories")
    edge.http(method, "/api/stories")

    assert asked == [method, method]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api/", "/"),
        ("/api//stories", "//stories"),
        ("/api/./stories", "/./stories"),
        ("/%61pi/stories", "/%61pi/stories"),
        ("/x/../api/stories", "/x/../api/stories"),
        ("/api", None),
        ("/api/../stories", None),
        ("/API/stories", None),
        ("/apiary", None),
    ],
)
def test_the_path_reaches_the_api_as_it_came(edge: Edge, path: str, target: str | None) -> None:
    edge.api = echo

    answer = edge.http("POST" if target else "GET", path)

    if target is None:
        assert b"<Code>AccessDenied</Code>" in answer.data  # the web bucket answered
    else:
        assert json.loads(answer.data)["target"] == target


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 422, 500, 503])
@pytest.mark.parametrize("cache_control", ["no-store", "private, max-age=3600", "max-age=60", ""])
def test_nothing_that_the_api_answers_is_given_to_somebody_else(
    edge: Edge, status: int, cache_control: str
) -> None:
    edge.api = lambda request: Response(
        request.headers["Authorization"], status, {"Cache-Control": cache_control}
    )

    anna, ben = (
        edge.http("GET", "/api/stories", headers={"Authorization": f"Bearer {name}"}).data
        for name in ("anna", "ben")
    )

    assert (anna, ben) == (b"Bearer anna", b"Bearer ben")


def test_an_error_would_be_cached_for_ten_seconds_if_the_template_did_not_say_more(
    aws: Aws, edge: Edge, web_server: SharedServer
) -> None:
    """What this test sees is what the codes of the template prevent."""
    found = configuration()
    careless = replace(
        found,
        behaviors=[replace(each, times=replace(each.times, errors={})) for each in found.behaviors],
    )
    statuses = {"/api/403": 403, "/api/404": 404, "/api/401": 401, "/api/503": 503, "/api/200": 200}
    made = aws.distribution(edge.answer_as_api, API_HOST)
    assert isinstance(made, CloudFront)
    web_server.start(CloudFront(careless, made.origins, EdgeCache(aws.clock)))

    def asked_by(who: str) -> dict[str, str]:
        edge.api = lambda request: Response(
            who, statuses[f"/api{request.path}"], {"Cache-Control": "no-store"}
        )
        return {path: edge.http("GET", path).data.decode() for path in statuses}

    with aws.clock.stopped():
        asked_by("anna")
        first = asked_by("ben")
        aws.clock.pass_by(10)
        later = asked_by("ben")

    assert first == {
        "/api/403": "anna",
        "/api/404": "ben",  # CloudFront obeys no-store here
        "/api/401": "ben",  # and never keeps this
        "/api/503": "anna",
        "/api/200": "ben",
    }
    assert {*later.values()} == {"ben"}
