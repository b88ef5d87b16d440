"""Listing stories, and asking for many at once."""

import pytest

from tests.end_to_end.client import Client, page_of
from tests.fakes.builders import jpeg

pytestmark = pytest.mark.engines

UNKNOWN_ID = "5a1f9f52-6b1c-5f0e-9d3c-0123456789ab"


def test_stories_are_listed_newest_first_a_page_at_a_time(client: Client) -> None:
    sent = [client.upload(jpeg(shade=60 + shade)).json()["id"] for shade in range(3)]

    first = client.get("/stories?limit=2").json()
    second = client.get(f"/stories?limit=2&cursor={first['next_cursor']}").json()

    seen = [story["id"] for story in first["stories"] + second["stories"]]
    assert seen[:3] == sent[::-1]
    page = second
    while page["next_cursor"]:
        page = client.get(f"/stories?limit=50&cursor={page['next_cursor']}").json()
        seen += [story["id"] for story in page["stories"]]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("query", "code"),
    [("limit=0", "invalid_limit"), ("limit=ten", "invalid_limit"), ("cursor=x", "invalid_cursor")],
)
def test_an_invalid_page_of_the_list_is_refused(client: Client, query: str, code: str) -> None:
    answer = client.get(f"/stories?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, code)


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
