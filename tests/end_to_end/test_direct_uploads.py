"""Photos that go straight to S3, as a browser or a phone sends them."""

import io
import zipfile

import pytest
import requests
from PIL.PngImagePlugin import PngInfo

from local.runner.launcher import RunningStack
from samples.draw_page import draw_page
from tests.end_to_end.client import TIMEOUT, Client, page_of
from tests.fakes.builders import jpeg

pytestmark = pytest.mark.engines


def in_bucket(stack: RunningStack, prefix: str = "images/") -> list[str]:
    bucket = stack.environment["INTAKE_BUCKET"]
    listed = stack.clients.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for entry in listed.get("Contents", [])]


def drop(stack: RunningStack, key: str, content: bytes) -> None:
    stack.clients.s3.put_object(Bucket=stack.environment["INTAKE_BUCKET"], Key=key, Body=content)


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("page.txt", "Once upon a time")
    return target.getvalue()


def test_a_photo_sent_straight_to_s3_becomes_a_story(client: Client, stack: RunningStack) -> None:
    page = page_of("The mole kept a map of moonlight.", seed=41)
    asked = client.request_upload(name="mole.jpg", content_type="image/jpeg")
    assert asked.status_code == 201
    form = asked.json()
    assert form.keys() == {"id", "url", "fields", "expires_at"}
    waiting = client.get(f"/retrieve/{form['id']}")
    assert (waiting.status_code, waiting.json()["status"]) == (503, "requested")
    assert waiting.headers["Retry-After"] == "60"

    assert client.post(form, page).status_code == 201

    ready = client.ended(form["id"])
    assert (ready.status_code, ready.json()["text"]) == (200, "The mole kept a map of moonlight.")
    story = ready.json()
    assert story["name"] == "mole.jpg"
    assert story["id"] != form["id"]
    assert client.get(f"/retrieve/{story['id']}").json()["id"] == story["id"]
    assert client.mail()[0]["subject"] == "mole.jpg is ready to hear"
    client.settle()
    assert in_bucket(stack) == []
    assert client.requests_made()["dynamodb.TransactWriteItems"] == 1


def test_a_browser_may_post_the_form(client: Client) -> None:
    """Any page's script may: the form itself is the permission."""
    form = client.request_upload(name="page.jpg", content_type="image/jpeg").json()
    origin = {"Origin": "https://stories.example"}
    asks = {"Access-Control-Request-Method": "POST"}

    allowed = requests.options(form["url"], headers=origin | asks, timeout=TIMEOUT)
    posted = client.post(form, jpeg(), **origin)

    assert allowed.status_code == 200
    assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
    assert posted.status_code == 201
    assert posted.headers["Access-Control-Allow-Origin"] in {"*", "https://stories.example"}


def test_a_photo_too_large_for_the_api_can_be_posted_to_s3(client: Client) -> None:
    filler = PngInfo()
    filler.add_text("comment", "x" * 6_000_000)
    target = io.BytesIO()
    picture = draw_page("Big pages need big doors.", seed=43, width=640)
    picture.convert("RGB").save(target, "PNG", pnginfo=filler)
    assert client.upload(target.getvalue(), "image/png").status_code == 413
    form = client.request_upload(name="big.png", content_type="image/png").json()

    client.post(form, target.getvalue())

    assert client.ended(form["id"]).json()["text"] == "Big pages need big doors."


def test_a_file_that_is_no_photo_fails_its_upload_with_the_reason(
    client: Client, stack: RunningStack
) -> None:
    form = client.request_upload(name="page.jpg", content_type="image/jpeg").json()

    client.post(form, zipped())

    answer = client.ended(form["id"])
    assert (answer.status_code, answer.json()["code"]) == (422, "failed")
    assert "not a photo that can be read" in answer.json()["message"]
    client.settle()
    assert in_bucket(stack) == []
    assert client.parked("intake") == 0


def test_a_form_refuses_empty_huge_and_wrong_files(client: Client) -> None:
    form = client.request_upload(name="page.jpg", content_type="image/jpeg").json()

    empty = client.post(form, b"")
    huge = client.post(form, bytes(25_000_001))
    form["fields"]["Content-Type"] = "text/html"
    another = client.post(form, jpeg())

    assert (empty.status_code, "EntityTooSmall" in empty.text) == (400, True)
    assert (huge.status_code, "EntityTooLarge" in huge.text) == (400, True)
    assert another.status_code == 403


def test_a_photo_dropped_by_hand_is_a_story_named_by_its_key(
    client: Client, stack: RunningStack
) -> None:
    names = {
        "my page.jpg",
        "über+the moon.JPG",
        "100%25 \N{FOX FACE}.jpg",
        "no extension",
    }
    for shade, name in enumerate(names, 100):
        drop(stack, f"images/from hand/{name}", jpeg(shade=shade))

    client.until(lambda: names <= {story["name"] for story in client.stories()} or None)

    client.settle()
    assert in_bucket(stack) == []


def test_a_dropped_file_that_is_no_photo_is_parked_with_the_reason(
    client: Client, stack: RunningStack
) -> None:
    files = {
        "images/page.jpg": (zipped(), "This is not a photo that can be read"),
        "images/notes.txt": (jpeg(), "A file that ends in .txt is not a photo."),
        "images/empty.jpg": (b"", "This is not a photo that can be read"),
        "images/huge.jpg": (bytes(25_000_001), "This photo has 25,000,001 bytes; at most"),
    }
    for key, (content, _) in files.items():
        drop(stack, key, content)

    client.until(lambda: True if client.parked("intake") == len(files) else None)

    reasons = {message["key"]: message["reason"] for message in client.parked_messages("intake")}
    assert reasons.keys() == {f"rejected/{key}" for key in files}
    for key, (_, reason) in files.items():
        assert reasons[f"rejected/{key}"].startswith(reason)
    client.settle()
    assert in_bucket(stack) == []
    assert set(in_bucket(stack, "rejected/")) >= reasons.keys()


def test_an_event_about_a_removed_object_is_ignored(client: Client) -> None:
    client.send("intake", '{"bucket": "storytime-local-staging", "key": "images/gone.jpg"}')

    client.settle()

    assert client.parked("intake") == 0
    assert client.requests_made() == {"s3.GetObject": 1}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "invalid_body"),
        ("hello", "invalid_body"),
        ("[]", "invalid_body"),
        ('{"name": "x.jpg"}', "invalid_body"),
        ('{"name": 7, "content_type": "image/jpeg"}', "invalid_body"),
        ('{"name": "", "content_type": "image/jpeg"}', "invalid_body"),
        ('{"name": "x", "content_type": "image/jpeg", "notify": "yes"}', "invalid_body"),
        ('{"name": "x", "content_type": "image/jpeg", "language": "xx"}', "unknown_language"),
        ('{"name": "x", "content_type": "image/jpeg", "voice": "Nobody"}', "unknown_voice"),
        ('{"a":' * 5000, "invalid_body"),
        ("\ud800", "invalid_body"),
    ],
)
def test_a_malformed_request_of_a_form_is_refused(client: Client, body: str, code: str) -> None:
    answer = client.post_json("/uploads", body.encode("utf-8", "surrogatepass"))

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert client.requests_made() == {}


def test_only_photos_can_be_announced(client: Client) -> None:
    answer = client.request_upload(name="page.pdf", content_type="application/pdf")

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "image/heic" in answer.json()["message"]


def test_a_posted_photo_becomes_a_story_although_requests_fail(
    client: Client, stack: RunningStack
) -> None:
    page = page_of("A badger baked a lantern.", seed=44)
    client.inject("dynamodb.TransactWriteItems", "InternalServerError", 4)  # to the last retry
    client.inject("s3.DeleteObject", "SlowDown", 1)
    form = client.request_upload(name="badger.jpg", content_type="image/jpeg").json()

    client.post(form, page)

    assert client.ended(form["id"]).json()["text"] == "A badger baked a lantern."
    client.settle()
    assert in_bucket(stack) == []
    made = client.requests_made()
    assert (made["rekognition.DetectText"], made["polly.SynthesizeSpeech"]) == (1, 1)
