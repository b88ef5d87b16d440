"""A deleted story is gone for every client at once; then nothing is left of it."""

import hashlib
import re
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


def item_of(stack: RunningStack, pk: str) -> dict[str, Any]:
    """An item of the table, as DynamoDB has it."""
    found = stack.clients.dynamodb.get_item(
        TableName=stack.environment["STORIES_TABLE"], Key={"pk": {"S": pk}}
    )
    return dict(found["Item"])


def is_empty(value: Any) -> bool:
    return not any(value.values())


def statuses(*links: str) -> list[int]:
    return [requests.get(link, timeout=TIMEOUT).status_code for link in links]


def opened_by(email: str) -> list[str]:
    """What the page loads, without a token, for who follows an e-mail's link."""
    (link,) = re.findall(r"\S+/#story=\S+", email)
    page, _, narration = link.partition("#story=")
    assert statuses(page) == [200]
    files = f"{page}public/{narration}"
    photo = f"{files.rpartition('/')[0]}/page.jpg"
    return [photo, *(f"{files}/{name}" for name in ("story.mp3", "story.json", "read-along.json"))]


def test_a_deleted_story_leaves_a_tombstone(client: Client, stack: RunningStack) -> None:
    form = client.request_upload(name="owl.jpg", content_type="image/jpeg").json()
    photo = page_of("The owl forgot the third verse.", seed=51)
    client.post(form, photo)
    ready = client.ended(form["id"]).json()
    story_id = ready["id"]
    client.settle()
    links = [ready["audio_url"], ready["image_url"]]
    (email,) = client.mail()
    links += opened_by(email["body"])
    assert statuses(*links) == [200] * len(links)
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
    assert statuses(*links) == [403] * len(links)
    items = [item_of(stack, f"story#{story_id}"), item_of(stack, f"upload#{form['id']}")]
    photo_id = hashlib.sha256(photo).hexdigest()
    assert not [word for word in ("owl", photo_id) if word in str(items).lower()]
    empty = {"name", "content_id", "skipped", "renditions", "leases"}
    story, upload = (
        {name for name, value in item.items() if not (name in empty and is_empty(value))}
        for item in items
    )
    both = {"pk", "id", "generation", "status", "content_type", "language", "voice", "notify"}
    both |= {"created_at", "expires_at", "resumes", "listed_as"}
    both |= {"read_along"}
    moments = {"enqueued_at", "notified_at", "deleted_at", "erased_at"}
    assert story - both == {"revision", "notified_of", *moments}
    assert upload - both == {
        *("key", "usable_until", "story_id", "photo_staged_at", "listed_under")
    }
