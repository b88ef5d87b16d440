"""Listing stories, and asking for many at once."""

import pytest

from samples.draw_page import draw_page, photo
from tests.end_to_end.client import Client
from tests.fakes.builders import jpeg

pytestmark = pytest.mark.engines

UNKNOWN_ID = "5a1f9f52-6b1c-5f0e-9d3c-0123456789ab"


def test_stories_are_listed_newest_first_a_page_at_a_time(client: Client) -> None:
    sent = [client.upload(jpeg(shade=60 + shade)).json()["id"] for shade in range(5)]
    expected = sent[::-1]

    first = client.get("/stories?limit=2").json()
    second = client.get(f"/stories?limit=2&cursor={first['next_cursor']}").json()

    assert [story["id"] for story in first["stories"] + second["stories"]] == expected[:4]
    client.settle()


def test_a_whole_list_ends(client: Client) -> None:
    page = client.get("/stories?limit=3").json()
    seen = [story["id"] for story in page["stories"]]
    while page["next_cursor"]:
        page = client.get(f"/stories?limit=3&cursor={page['next_cursor']}").json()
        seen += [story["id"] for story in page["stories"]]

    assert len(seen) == len(set(seen)) >= 5


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
def test_a_page_that_cannot_be_meant_is_refused(client: Client, query: str, code: str) -> None:
    answer = client.get(f"/stories?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert client.requests_made() == {}


def test_a_changed_cursor_is_refused(client: Client) -> None:
    client.upload(jpeg(shade=60))
    client.upload(jpeg(shade=61))
    cursor = client.get("/stories?limit=1").json()["next_cursor"]
    changed = ("X" if cursor[5] != "X" else "Y").join((cursor[:5], cursor[6:]))

    answer = client.get(f"/stories?cursor={changed}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_each_of_many_is_answered_as_if_it_were_alone(client: Client) -> None:
    ready = client.upload(photo(draw_page("A bell for every boat.", seed=61))).json()["id"]
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
    pages = [photo(draw_page(f"Chapter {number} was short.", seed=number)) for number in (1, 2)]
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
def test_a_list_that_cannot_be_meant_is_refused(client: Client, body: bytes, code: str) -> None:
    answer = client.post_json("/bulk", body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert client.requests_made() == {}


def test_asking_for_none_is_answered_with_none(client: Client) -> None:
    assert client.post_json("/bulk", []).json() == []
