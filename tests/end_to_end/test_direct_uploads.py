"""Photos that go straight to S3, as a browser or a phone sends them."""

import io

import pytest
from PIL.PngImagePlugin import PngInfo

from local.runner.launcher import RunningStack
from samples.draw_page import draw_page
from tests.end_to_end.client import Client
from tests.fakes.builders import jpeg

pytestmark = pytest.mark.engines


def in_bucket(stack: RunningStack, prefix: str = "images/") -> list[str]:
    bucket = stack.environment["INTAKE_BUCKET"]
    listed = stack.clients.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for entry in listed.get("Contents", [])]


def drop(stack: RunningStack, key: str, content: bytes) -> None:
    stack.clients.s3.put_object(Bucket=stack.environment["INTAKE_BUCKET"], Key=key, Body=content)


def test_a_photo_too_large_for_the_api_becomes_a_story_by_way_of_s3(
    client: Client, stack: RunningStack
) -> None:
    filler = PngInfo()
    filler.add_text("comment", "x" * 6_000_000)
    page = io.BytesIO()
    picture = draw_page("The mole kept a map of moonlight.", seed=41, width=640)
    picture.convert("RGB").save(page, "PNG", pnginfo=filler)
    assert client.upload(page.getvalue(), "image/png").status_code == 413

    asked = client.request_upload(name="mole.png", content_type="image/png")
    assert asked.status_code == 201
    form = asked.json()
    assert form.keys() == {"id", "url", "fields", "expires_at"}
    waiting = client.get(f"/retrieve/{form['id']}")
    assert (waiting.status_code, waiting.json()["status"]) == (503, "requested")
    assert waiting.headers["Retry-After"] == "60"

    assert client.post(form, page.getvalue()).status_code == 201

    ready = client.ended(form["id"])
    assert (ready.status_code, ready.json()["text"]) == (200, "The mole kept a map of moonlight.")
    story = ready.json()
    assert story["name"] == "mole.png"
    assert story["id"] != form["id"]
    assert client.get(f"/retrieve/{story['id']}").json()["id"] == story["id"]
    assert client.mail()[0]["subject"] == "mole.png is ready to hear"
    client.settle()
    assert in_bucket(stack) == []
    assert client.requests_made()["dynamodb.TransactWriteItems"] == 1


def test_a_form_refuses_wrong_files_and_a_file_that_is_no_photo_fails_its_upload(
    client: Client, stack: RunningStack
) -> None:
    form = client.request_upload(name="page.jpg", content_type="image/jpeg").json()
    html = {**form, "fields": {**form["fields"], "Content-Type": "text/html"}}

    huge = client.post(form, bytes(25_000_001))
    another = client.post(html, jpeg())
    posted = client.post(form, b"PK\x03\x04 a letter")

    assert (huge.status_code, "EntityTooLarge" in huge.text) == (400, True)
    assert another.status_code == 403
    assert posted.status_code == 201
    answer = client.ended(form["id"])
    assert (answer.status_code, answer.json()["code"]) == (422, "failed")
    assert "not a photo that can be read" in answer.json()["message"]
    client.settle()
    assert in_bucket(stack) == []
    assert client.parked("intake") == 0


def test_a_photo_dropped_by_hand_is_a_story_and_any_other_file_is_parked_with_the_reason(
    client: Client, stack: RunningStack
) -> None:
    name = "über+the moon, 100%25 \N{FOX FACE}.JPG"
    drop(stack, f"images/from hand/{name}", jpeg())
    drop(stack, "images/notes.txt", jpeg())

    client.until(lambda: name in {story["name"] for story in client.stories()} or None)
    client.until(lambda: client.parked("intake") or None)

    client.settle()
    (parked,) = client.parked_messages("intake")
    assert parked["key"] == "rejected/images/notes.txt"
    assert parked["reason"] == "A file that ends in .txt is not a photo."
    assert in_bucket(stack) == []
    assert "rejected/images/notes.txt" in in_bucket(stack, "rejected/")
