"""Whatever AWS says, and whatever a request says, answers tell nothing that they should not."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.end_to_end.client import Client
from tests.fakes.builders import jpeg

ALWAYS = 1000
UNKNOWN = "5a1f9f52-6b1c-5f0e-9d3c-0123456789ab"
WANTED = {"name": "page.jpg", "content_type": "image/jpeg"}


def put_profile_photo(client: Client) -> Any:
    return client.call(
        "PUT", "/profiles/anna/photo", data=jpeg(), headers={"Content-Type": "image/jpeg"}
    )


CALLS: dict[str, tuple[str, Callable[[Client], Any]]] = {
    "upload": ("dynamodb.PutItem", lambda client: client.upload(jpeg())),
    "uploads": ("dynamodb.PutItem", lambda client: client.request_upload(**WANTED)),
    "retrieve": ("dynamodb.GetItem", lambda client: client.get(f"/retrieve/{UNKNOWN}")),
    "getResult": ("dynamodb.GetItem", lambda client: client.get("/getResult", ETag=UNKNOWN)),
    "bulk": (
        "dynamodb.BatchGetItem",
        lambda client: client.post_json("/bulk", [{"id": UNKNOWN}]),
    ),
    "stories": ("dynamodb.Query", lambda client: client.get("/stories")),
    "delete": ("dynamodb.GetItem", lambda client: client.delete(UNKNOWN)),
    "profile photo": ("dynamodb.GetItem", put_profile_photo),
    "profile": ("dynamodb.GetItem", lambda client: client.get("/profiles/anna")),
    "delete profile": (
        "dynamodb.GetItem",
        lambda client: client.call("DELETE", "/profiles/anna"),
    ),
}


@pytest.mark.parametrize("what", CALLS)
def test_no_answer_repeats_an_error_of_aws(client: Client, what: str) -> None:
    operation, call = CALLS[what]
    client.inject(operation, "AccessDeniedException", ALWAYS)

    answer = call(client)  # which looks for what it must not say

    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert "AccessDenied" not in answer.text


@pytest.mark.parametrize("path", ["/stories", f"/retrieve/{UNKNOWN}", "/nothing", "/retrieve"])
def test_a_requests_headers_are_not_reflected(client: Client, path: str) -> None:
    names = ("Host", "X-Forwarded-Host", "Origin", "Referer", "User-Agent", "Cookie", "X-Email")

    answer = client.call("GET", path, headers=dict.fromkeys(names, "evil.example"))

    assert "evil.example" not in answer.text + str(answer.headers)


@pytest.mark.parametrize("path", ["/nothing/<script>", "/retrieve/<script>", "/profiles/<script>"])
def test_an_answer_that_repeats_a_path_is_json(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code in {400, 404}
    assert answer.headers["Content-Type"] == "application/json"


def test_links_do_not_repeat_the_requests_host(client: Client) -> None:
    answer = client.call("POST", "/uploads", json=WANTED, headers={"Host": "evil.example"})

    assert answer.status_code == 201
    assert answer.json()["url"].startswith(client.aws)


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: b", "a\u2028b", "a\x00b", "a\x85b"])
def test_a_name_breaks_no_line(client: Client, name: str) -> None:
    body = {**WANTED, "name": name}

    answer = client.post_json("/uploads", body)
    found = client.get(f"/retrieve/{answer.json()['id']}")

    assert answer.status_code == 201
    assert found.json()["name"].isprintable()
    assert "Set-Cookie" not in found.headers
