"""Deleting a story: nobody gets it from that moment on, and then nothing is left of it."""

import pytest
import requests

from local.runner.launcher import RunningStack
from samples.draw_page import draw_page, photo
from tests.end_to_end.client import Client

pytestmark = pytest.mark.engines

UNKNOWN_ID = "5a1f9f52-6b1c-5f0e-9d3c-0123456789ab"


def files_of(stack: RunningStack, story_id: str) -> list[str]:
    """Keys of everything that any bucket holds of a story."""
    return [
        entry["Key"]
        for bucket in stack.clients.s3.list_buckets()["Buckets"]
        for entry in stack.clients.s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
        if story_id in entry["Key"]
    ]


def erased(client: Client, story_id: str) -> dict[str, str]:
    """The tombstone, once it says that everything is gone."""

    def when_erased() -> dict[str, str] | None:
        tombstone: dict[str, str] = client.get(f"/retrieve/{story_id}").json()
        return tombstone if tombstone["erased_at"] else None

    found: dict[str, str] = client.until(when_erased)
    return found


def test_nothing_is_left_of_a_deleted_story_but_when_it_went(
    client: Client, stack: RunningStack
) -> None:
    page = photo(draw_page("The owl forgot the third verse.", seed=51))
    story_id = client.upload(page).json()["id"]
    ready = client.ended(story_id).json()
    client.settle()
    links = [ready["audio_url"], ready["image_url"]]
    assert [requests.get(link, timeout=10).status_code for link in links] == [200, 200]
    assert len(files_of(stack, story_id)) >= 8

    answer = client.delete(story_id)

    assert answer.status_code == 202
    assert answer.json()["status"] == "deleted"
    gone = client.get(f"/retrieve/{story_id}")
    assert (gone.status_code, gone.json()["code"]) == (410, "deleted")
    assert story_id not in [story["id"] for story in client.stories()]
    tombstone = erased(client, story_id)
    assert tombstone["erased_at"] > tombstone["deleted_at"]
    assert files_of(stack, story_id) == []
    assert [requests.get(link, timeout=10).status_code for link in links] == [403, 403]
    item = stack.clients.dynamodb.get_item(
        TableName=stack.environment["STORIES_TABLE"], Key={"pk": {"S": f"story#{story_id}"}}
    )["Item"]
    assert "owl" not in str(item)
    assert "expires_at" in item


def test_a_deleted_photo_sent_again_is_a_new_story(client: Client, stack: RunningStack) -> None:
    page = photo(draw_page("Twice the fox, half the grapes.", seed=52))
    story_id = client.upload(page).json()["id"]
    client.ended(story_id)
    client.settle()
    client.delete(story_id)
    erased(client, story_id)

    again = client.upload(page)

    assert (again.status_code, again.json()["duplicate"]) == (200, False)
    ready = client.ended(story_id)
    assert (ready.status_code, ready.json()["text"]) == (200, "Twice the fox, half the grapes.")
    assert client.requests_made()["rekognition.DetectText"] == 2
    generation = ready.json()["image_url"].split("/")[-2]
    assert requests.get(ready.json()["audio_url"], timeout=10).status_code == 200
    client.delete(story_id)
    erased(client, story_id)
    assert generation not in str(files_of(stack, story_id))


def test_a_story_can_be_deleted_while_it_is_made(client: Client, stack: RunningStack) -> None:
    page = photo(draw_page("Nobody asked the moth.", seed=53))
    story_id = client.upload(page, X_Notification_Required="false").json()["id"]

    assert client.delete(story_id).status_code == 202
    assert client.delete(story_id).status_code == 202

    erased(client, story_id)
    client.settle()
    assert files_of(stack, story_id) == []
    assert client.get(f"/retrieve/{story_id}").status_code == 410


def test_the_upload_that_led_to_a_deleted_story_says_so(client: Client) -> None:
    page = photo(draw_page("A key without a door.", seed=54))
    form = client.request_upload(name="key.jpg", content_type="image/jpeg").json()
    client.post(form, page)
    story_id = client.ended(form["id"]).json()["id"]

    client.delete(story_id)

    assert client.get(f"/retrieve/{form['id']}").status_code == 410


def test_what_is_not_there_cannot_be_deleted(client: Client) -> None:
    unknown, malformed = client.delete(UNKNOWN_ID), client.delete("not-an-id")

    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert (malformed.status_code, malformed.json()["code"]) == (400, "malformed_id")
