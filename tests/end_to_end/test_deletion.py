"""A deleted story is gone for every client at once; then nothing is left of it."""

from typing import Any

import pytest
import requests

from local.runner.launcher import RunningStack
from tests.end_to_end.client import TIMEOUT, Client, page_of

pytestmark = pytest.mark.engines


def files_of(stack: RunningStack, story_id: str) -> list[str]:
    """Keys of everything that any bucket holds of a story."""
    return [
        entry["Key"]
        for bucket in stack.clients.s3.list_buckets()["Buckets"]
        for entry in stack.clients.s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
        if story_id in entry["Key"]
    ]


def statuses(*links: str) -> list[int]:
    return [requests.get(link, timeout=TIMEOUT).status_code for link in links]


def test_a_deleted_story_leaves_a_tombstone(client: Client, stack: RunningStack) -> None:
    form = client.request_upload(name="owl.jpg", content_type="image/jpeg").json()
    client.post(form, page_of("The owl forgot the third verse.", seed=51))
    ready = client.ended(form["id"]).json()
    story_id = ready["id"]
    client.settle()
    links = [ready["audio_url"], ready["image_url"]]
    assert statuses(*links) == [200, 200]
    assert len(files_of(stack, story_id)) >= 8

    answer = client.delete(story_id)

    assert answer.status_code == 202
    assert answer.json()["status"] == "deleted"
    for known_id in (story_id, form["id"]):
        gone = client.get(f"/retrieve/{known_id}")
        assert (gone.status_code, gone.json()["code"]) == (410, "deleted")
    assert story_id not in [story["id"] for story in client.stories()]

    def erased() -> Any:
        tombstone = client.get(f"/retrieve/{story_id}").json()
        return tombstone if tombstone["erased_at"] else None

    tombstone = client.until(erased)
    assert tombstone["erased_at"] > tombstone["deleted_at"]
    assert files_of(stack, story_id) == []
    assert statuses(*links) == [403, 403]
    item = stack.clients.dynamodb.get_item(
        TableName=stack.environment["STORIES_TABLE"], Key={"pk": {"S": f"story#{story_id}"}}
    )["Item"]
    assert "owl" not in str(item)
    assert "expires_at" in item
