"""Photos that go straight to S3, as a browser or a phone sends them."""

import io
import zipfile

import pytest
import requests
from PIL.PngImagePlugin import PngInfo

from local.runner.launcher import RunningStack
from samples.draw_page import draw_page, photo
from tests.end_to_end.client import Client
from tests.fakes.builders import jpeg

pytestmark = pytest.mark.engines


def staged(stack: RunningStack, prefix: str = "images/") -> list[str]:
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
    page = photo(draw_page("The mole kept a map of moonlight.", seed=41))
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
    assert staged(stack) == []
    assert client.requests_made()["dynamodb.TransactWriteItems"] == 1


def test_a_browser_may_post_the_form(client: Client) -> None:
    """Any page's script may: the form itself is the permission."""
    form = client.request_upload(name="page.jpg", content_type="image/jpeg").json()
    origin = {"Origin": "https://stories.example"}
    asks = {"Access-Control-Request-Method": "POST"}

    allowed = requests.options(form["url"], headers=origin | asks, timeout=10)
    posted = client.post(form, jpeg(), **origin)

    assert allowed.status_code == 200
    assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
    assert posted.status_code == 201
    assert posted.headers["Access-Control-Allow-Origin"] in {"*", "https://stories.example"}


def test_a_photo_seen_before_costs_nothing(client: Client) -> None:
    page = photo(draw_page("A hedgehog learned to whistle.", seed=42))
    story_id = client.upload(page).json()["id"]
    client.ended(story_id)
    client.start_afresh()
    form = client.request_upload(name="again.jpg", content_type="image/jpeg").json()

    client.post(form, page)

    answer = client.ended(form["id"])
    assert (answer.status_code, answer.json()["id"]) == (200, story_id)
    client.settle()
    made = client.requests_made()
    assert not any(name.startswith(("rekognition", "polly")) for name in made)


def test_more_than_the_api_takes_goes_straight_to_s3(client: Client) -> None:
    filler = PngInfo()
    filler.add_text("comment", "x" * 6_000_000)
    target = io.BytesIO()
    picture = draw_page("Big pages need big doors.", seed=43)
    picture.convert("RGB").save(target, "PNG", pnginfo=filler)
    assert client.upload(target.getvalue(), "image/png").status_code == 413
    form = client.request_upload(name="big.png", content_type="image/png").json()

    client.post(form, target.getvalue())

    assert client.ended(form["id"]).json()["text"] == "Big pages need big doors."


def test_what_is_no_photo_is_told_to_who_sent_it(client: Client, stack: RunningStack) -> None:
    form = client.request_upload(name="page.jpg", content_type="image/jpeg").json()

    client.post(form, zipped())

    answer = client.ended(form["id"])
    assert (answer.status_code, answer.json()["code"]) == (422, "failed")
    assert "not a photo that can be read" in answer.json()["message"]
    client.settle()
    assert staged(stack) == []
    assert client.parked("intake") == 0


def test_a_form_takes_neither_nothing_nor_too_much_nor_another_type(client: Client) -> None:
    form = client.request_upload(name="page.jpg", content_type="image/jpeg").json()

    empty = client.post(form, b"")
    huge = client.post(form, bytes(25_000_001))
    form["fields"]["Content-Type"] = "text/html"
    another = client.post(form, jpeg())

    assert (empty.status_code, "EntityTooSmall" in empty.text) == (400, True)
    assert (huge.status_code, "EntityTooLarge" in huge.text) == (400, True)
    assert another.status_code == 403


@pytest.mark.parametrize(
    ("shade", "name"),
    [
        (100, "my page.jpg"),
        (101, "über+the moon.JPG"),
        (102, "100%25 \N{FOX FACE}.jpg"),
        (103, "no extension"),
    ],
)
def test_a_photo_dropped_by_hand_is_a_story_named_by_its_key(
    client: Client, stack: RunningStack, shade: int, name: str
) -> None:
    drop(stack, f"images/from hand/{name}", jpeg(shade=shade))

    client.until(lambda: next((s for s in client.stories() if s["name"] == name), None))

    client.settle()
    assert staged(stack) == []


@pytest.mark.parametrize(
    ("key", "content", "reason"),
    [
        ("images/page.jpg", zipped(), "This is not a photo that can be read"),
        ("images/notes.txt", jpeg(), "A file that ends in .txt is not a photo."),
        ("images/empty.jpg", b"", "This is not a photo that can be read"),
        ("images/huge.jpg", bytes(25_000_001), "This photo has 25,000,001 bytes; at most"),
    ],
)
def test_what_nobody_asked_for_and_is_no_photo_is_parked_with_the_reason(
    client: Client, stack: RunningStack, key: str, content: bytes, reason: str
) -> None:
    drop(stack, key, content)

    parked = client.until(lambda: client.parked_messages("intake"))[0]

    assert parked["key"] == f"rejected/{key}"
    assert parked["reason"].startswith(reason)
    client.settle()
    assert staged(stack) == []
    assert f"rejected/{key}" in staged(stack, "rejected/")


def test_an_event_about_an_object_that_is_gone_is_done_with(client: Client) -> None:
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
def test_a_wish_that_cannot_be_understood_is_refused(client: Client, body: str, code: str) -> None:
    answer = client.post_json("/uploads", body.encode("utf-8", "surrogatepass"))

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert client.requests_made() == {}


def test_only_photos_can_be_announced(client: Client) -> None:
    answer = client.request_upload(name="page.pdf", content_type="application/pdf")

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "image/heic" in answer.json()["message"]


def test_an_upload_survives_aws_failing(client: Client, stack: RunningStack) -> None:
    page = photo(draw_page("A badger baked a lantern.", seed=44))
    client.inject("dynamodb.TransactWriteItems", "InternalServerError", 4)  # to the last retry
    client.inject("s3.DeleteObject", "SlowDown", 1)
    form = client.request_upload(name="badger.jpg", content_type="image/jpeg").json()

    client.post(form, page)

    assert client.ended(form["id"]).json()["text"] == "A badger baked a lantern."
    client.settle()
    assert staged(stack) == []
    made = client.requests_made()
    assert (made["rekognition.DetectText"], made["polly.SynthesizeSpeech"]) == (1, 1)
