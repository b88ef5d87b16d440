"""Listing stories, and asking for many at once."""

import pytest

from tests.end_to_end.client import Client, page_of
from tests.fakes.builders import jpeg

pytestmark = pytest.mark.engines

UNKNOWN_ID = "5a1f9f52-6b1c-5f0e-9d3c-0123456789ab"


def test_stories_are_listed_newest_first_a_page_at_a_time(client: Client) -> None:
    sent = [client.upload(jpeg(shade=60 + shade)).json()["id"] for shade in range(5)]
    expected = sent[::-1]

    first = client.get("/stories?limit=2").json()
    second = client.get(f"/stories?limit=2&cursor={first['next_cursor']}").json()

    seen = [story["id"] for story in first["stories"] + second["stories"]]
    assert seen == expected[:4]
    page = second
    while page["next_cursor"]:
        page = client.get(f"/stories?limit=50&cursor={page['next_cursor']}").json()
        seen += [story["id"] for story in page["stories"]]
    assert len(seen) == len(set(seen)) >= 5

    cursor = first["next_cursor"]
    changed = ("X" if cursor[5] != "X" else "Y").join((cursor[:5], cursor[6:]))
    refused = client.get(f"/stories?cursor={changed}")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "invalid_limit"),
        ("limit=-1", "invalid_limit"),
        ("limit=101", "invalid_limit"),
        ("limit=ten", "invalid_limit"),
        ("limit=", "invalid_limit"),
        ("limit=9999999999999", "invalid_limit"),
        ("cursor=", "invalid_cursor"),
        ("cursor=forged", "invalid_cursor"),
        ("cursor=WyIyMDI2LTExLTAxIixudWxsXQ.AAAAAAAAAAAAAAAAAAAAAAAAAAA", "invalid_cursor"),
        ("cursor=%00%ff", "invalid_cursor"),
    ],
)
def test_an_invalid_page_of_the_list_is_refused(client: Client, query: str, code: str) -> None:
    answer = client.get(f"/stories?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert client.requests_made() == {}


def test_each_story_of_a_bulk_request_has_its_own_answer(client: Client) -> None:
    ready = client.upload(page_of("A bell for every boat.", seed=61)).json()["id"]
    failed = client.upload(jpeg(shade=62)).json()["id"]
    client.ended(ready)
    client.ended(failed)
    upload = client.request_upload(name="later.jpg", content_type="image/jpeg").json()["id"]
    client.start_afresh()

    answer = client.post_json(
        "/bulk", [{"id": each} for each in (ready, failed, UNKNOWN_ID, "nonsense", upload, ready)]
    )

    assert answer.status_code == 200
    codes = [entry["status_code"] for entry in answer.json()]
    assert codes == [200, 422, 404, 400, 503, 200]
    assert answer.json()[0]["text"] == "A bell for every boat."
    assert [mail["subject"] for mail in client.mail()] == ["page is ready to hear"]
    assert client.requests_made()["dynamodb.BatchGetItem"] == 1


def test_one_notice_tells_of_all_that_are_ready(client: Client) -> None:
    pages = [page_of(f"Chapter {number} was short.", seed=number) for number in (1, 2)]
    ids = [client.upload(page, X_Notification_Required="false").json()["id"] for page in pages]
    for story_id in ids:
        client.ended(story_id)
    client.start_afresh()
    body = [{"id": story_id} for story_id in ids]

    client.post_json("/bulk", body, X_Notification_Required="false")
    client.post_json("/bulk", body)
    client.post_json("/bulk", body)

    (mail,) = client.mail()
    assert mail["subject"] == "2 stories are ready to hear"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_body"),
        (b"{}", "invalid_body"),
        (b'[{"id": 7}]', "invalid_body"),
        (b'["x"]', "invalid_body"),
        (b"[" * 5000, "invalid_body"),
        (b"\xff\xfe", "invalid_body"),
        (b"[" + b",".join([b'{"id": "x"}'] * 101) + b"]", "too_many_ids"),
    ],
)
def test_an_invalid_list_of_ids_is_refused(client: Client, body: bytes, code: str) -> None:
    answer = client.post_json("/bulk", body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert client.requests_made() == {}


def test_an_empty_bulk_request_has_an_empty_answer(client: Client) -> None:
    assert client.post_json("/bulk", []).json() == []
