"""Whatever AWS says, and whatever a request says, answers tell nothing that they should not."""

from typing import Any

import pytest

from tests.end_to_end.client import Client
from tests.fakes.builders import jpeg

ALWAYS = 1000
UNKNOWN = "5a1f9f52-6b1c-5f0e-9d3c-0123456789ab"
WANTED = {"name": "page.jpg", "content_type": "image/jpeg"}
PHOTO = {"data": jpeg(), "headers": {"Content-Type": "image/jpeg"}}

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/upload", PHOTO),
    ("POST", "/uploads", {"json": WANTED}),
    ("GET", f"/retrieve/{UNKNOWN}", {}),
    ("GET", "/getResult", {"headers": {"ETag": UNKNOWN}}),
    ("POST", "/bulk", {"json": [{"id": UNKNOWN}]}),
    ("GET", "/stories", {}),
    ("DELETE", f"/stories/{UNKNOWN}", {}),
    ("PUT", "/profiles/anna/photo", PHOTO),
    ("GET", "/profiles/anna", {}),
    ("DELETE", "/profiles/anna", {}),
]


def test_no_answer_repeats_an_error_of_aws(client: Client) -> None:
    for operation in ("PutItem", "GetItem", "BatchGetItem", "Query"):
        client.inject(f"dynamodb.{operation}", "AccessDeniedException", ALWAYS)

    for method, path, parts in CALLS:
        answer = client.call(method, path, **parts)  # which looks for what it must not say

        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), path
        assert "AccessDenied" not in answer.text


@pytest.mark.parametrize("path", ["/stories", f"/retrieve/{UNKNOWN}", "/nothing"])
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
