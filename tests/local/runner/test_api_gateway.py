"""The API port: what API Gateway refuses, and what it makes of the rest."""

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3
from chalice.app import Chalice, ChaliceAuthorizer, CORSConfig, Response
from chalice.config import Config

from infrastructure.gateway.responses import RESPONSES
from local.runner.api_gateway import ApiGateway
from local.server.http_server import HttpServer

MB = 1024 * 1024
CONFIG = Config(chalice_stage="local", config_from_disk={"lambda_timeout": 29})


def current_request(app: Chalice) -> Any:
    return app.current_request


def tried_out() -> Chalice:
    app = Chalice("tried-out", configure_logs=False)
    app.api.cors = CORSConfig(
        allow_origin="https://books.example.com", allow_headers=["X-Voice"], expose_headers=["ETag"]
    )

    @app.route("/echo", methods=["POST"], content_types=["*/*"])
    def echo() -> dict[str, Any]:
        request = current_request(app)
        body = request.raw_body
        return {
            "bytes": list(body[:20]) if isinstance(body, bytes) else None,
            "length": len(body),
            "headers": dict(request.headers),
            "query": dict(request.query_params or {}),
            "milliseconds": app.lambda_context.get_remaining_time_in_millis(),
        }

    @app.route("/things/{name}", methods=["GET"])
    def thing(name: str) -> Response:
        return Response({"name": name}, headers={"ETag": '"1"'})

    @app.route("/slow/{number}", methods=["GET"])
    def slow(number: str) -> dict[str, str]:
        threading.Event().wait(0.05)
        return {"path": current_request(app).uri_params["number"], "argument": number}

    @app.route("/broken", methods=["GET"])
    def broken() -> None:
        raise ZeroDivisionError

    @app.authorizer()
    def nobody(_request: Any) -> Any:
        return {"policyDocument": {"Statement": []}, "context": {}, "principalId": "x"}

    guard: ChaliceAuthorizer = nobody

    @app.route("/guarded", methods=["GET"], authorizer=guard)
    def guarded() -> None: ...

    return app


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = HttpServer(0)
    server.start(ApiGateway(tried_out(), CONFIG))
    yield server.url
    server.stop()


def call(url: str, method: str, path: str, **parts: Any) -> urllib3.BaseHTTPResponse:
    return urllib3.request(method, f"{url}{path}", retries=False, timeout=60, **parts)


def exchange(url: str, request: str | bytes) -> bytes:
    """Send raw bytes, no more, and read the answer until the server closes."""
    port = int(url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request if isinstance(request, bytes) else request.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def status_and_json(answer: bytes) -> tuple[int, dict[str, Any]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def test_a_photo_arrives_byte_for_byte_and_headers_in_any_case(url: str) -> None:
    photo = bytes(range(256)) * 4000
    answer = call(
        url, "POST", "/echo?a=1&b=", body=photo, headers={"content-TYPE": "image/jpeg", "X-V": "é"}
    ).json()

    assert (answer["bytes"], answer["length"]) == (list(range(20)), len(photo))
    assert answer["headers"]["x-v"] == "é"
    assert answer["query"] == {"a": "1", "b": ""}
    assert 0 < answer["milliseconds"] <= 29_000


def test_a_body_in_chunks_arrives_whole_and_text_is_made_utf_8(url: str) -> None:
    chunks = (bytes([number]) * 1000 for number in range(20))
    jpeg, text = ({"Content-Type": each} for each in ("image/jpeg; name=x", "text/plain"))

    chunked = call(url, "POST", "/echo", body=chunks, headers=jpeg).json()
    plain = call(url, "POST", "/echo", body=b"\xff\xd8", headers=text).json()

    assert (chunked["length"], chunked["bytes"]) == (20_000, [0] * 20)
    assert bytes(plain["bytes"]).decode() == "\ufffd\ufffd"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/things/plain", "plain"),
        ("/things/two%20words", "two%20words"),
        ("/things/%C3%BC%2Fslash", "%C3%BC%2Fslash"),
        ("/things/a+b?query=1", "a+b"),
        ("/things/trailing/", "trailing"),
    ],
)
def test_path_parameters_arrive_as_they_stand_in_the_path(url: str, path: str, name: str) -> None:
    answer = exchange(url, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")

    assert status_and_json(answer) == (200, {"name": name})


def test_an_answers_headers_are_passed_on_as_they_are(url: str) -> None:
    answer = call(url, "GET", "/things/x")

    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "line",
    [
        *("GET /nothing", "GET /", "GET /things", "GET /things/a/b", "GET //things/a", "GET /../x"),
        *("DELETE /things/x", "PATCH /things/x"),
    ],
)
@pytest.mark.parametrize("header", ["", "Authorization: Bearer ünknown\r\n"])
def test_an_unknown_path_or_method_is_404_in_the_shape_of_all_errors(
    url: str, line: str, header: str
) -> None:
    answer = exchange(url, f"{line} HTTP/1.1\r\nHost: x\r\n{header}\r\n")

    status, error = status_and_json(answer)
    assert (status, error["code"]) == (404, "not_found")
    assert error["message"]


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, "UNAUTHORIZED"),
        ({"Authorization": ""}, "UNAUTHORIZED"),
        ({"Authorization": "x"}, "ACCESS_DENIED"),
    ],
)
def test_a_missing_and_a_wrong_token_are_refused_as_on_a_deployed_stage(
    url: str, headers: dict[str, str], refused: str
) -> None:
    answer = call(url, "GET", "/guarded", headers=headers)

    assert (answer.status, answer.data.decode()) == (401, RESPONSES[refused].body)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/nothing", None),
        ("DELETE", "/echo", None),
        ("POST", "/echo", bytes(5 * MB)),
        ("POST", "/echo", bytes(10 * MB + 1)),
    ],
    ids=["path", "method", "5 MB", "10 MB"],
)
def test_a_web_page_can_read_why_it_was_refused(
    url: str, method: str, path: str, body: bytes | None
) -> None:
    answer = call(url, method, path, body=body, headers={"Content-Type": "image/jpeg"})

    assert answer.status >= 400
    assert answer.headers["Access-Control-Allow-Origin"] == "https://books.example.com"


@pytest.mark.parametrize(
    ("size", "status"),
    [(4_400_000, 200), (5 * MB, 413), (10 * MB + 1, 413), (30 * MB, 413)],
    ids=["4.4 MB", "5 MB", "over 10 MB", "30 MB"],
)
@pytest.mark.parametrize("expect", [{}, {"Expect": "100-continue"}], ids=["", "expect"])
def test_a_body_over_the_limit_of_lambda_or_api_gateway_is_413(
    url: str, size: int, status: int, expect: dict[str, str]
) -> None:
    headers = {"Content-Type": "image/jpeg", **expect}
    answer = call(url, "POST", "/echo", body=bytes(size), headers=headers)

    assert answer.status == status
    if status == 413:
        assert answer.json()["code"] == "too_large"
        assert "MB" in answer.json()["message"]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: ".ljust(256 * 1024, b"x"), 431),
    ],
    ids=["words", "negative", "two", "encoding", "chunks", "nonsense", "endless header"],
)
def test_malformed_http_is_refused_in_the_shape_of_all_errors(
    url: str, head: bytes, status: int
) -> None:
    answered, error = status_and_json(exchange(url, head))

    assert (answered, set(error)) == (status, {"code", "message"})


def test_a_broken_upload_gets_no_answer_and_a_failure_of_the_app_a_500(url: str) -> None:
    failure = call(url, "GET", "/broken")

    assert (failure.status, b"ZeroDivisionError" in failure.data) == (500, False)
    assert exchange(url, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf") == b""


def test_requests_at_once_do_not_see_each_other(url: str) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: call(url, "GET", f"/slow/{n}").json(), range(40)))

    assert answers == [{"path": str(n), "argument": str(n)} for n in range(40)]


def test_a_head_requests_answer_has_no_body_and_the_connection_lives_on(url: str) -> None:
    with urllib3.HTTPConnectionPool("127.0.0.1", int(url.rsplit(":", 1)[1]), maxsize=1) as pool:
        head = pool.request("HEAD", "/things/x")
        after = pool.request("GET", "/things/x")

        assert head.data == b""
        assert after.json() == {"name": "x"}
        assert pool.num_connections == 1


@pytest.mark.parametrize("method", ["DELETE", "HEAD", "PATCH"])
def test_an_unknown_method_is_answered_as_an_unknown_path_is(url: str, method: str) -> None:
    answer = exchange(url, f"{method} /things/x HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.split()[1] == b"404"
