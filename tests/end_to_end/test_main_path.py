"""A photographed page becomes a story that can be heard, on the real engines."""

import io
import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from samples.camera import photograph
from samples.draw_page import SAMPLE_TEXT, draw_sample, photo
from samples.layouts.kinds import SPREAD
from samples.layouts.prose import Prose
from samples.layouts.sheet import Sheet
from tests.end_to_end.client import TIMEOUT, Client, page_of

pytestmark = pytest.mark.engines

LONGEST = {"thumbnail": 160, "small": 480, "medium": 1080, "large": 1920}


def words_of(text: str) -> list[str]:
    """The words alone: a listener does not hear which quotation mark it was."""
    return re.findall(r"[\w'-]+", text.replace("’", "'"))


def test_a_page_becomes_a_story_that_can_be_heard(client: Client, log_file: Path) -> None:
    page = photo(draw_sample(), comment="another file than the one of the demo")
    uploaded = client.upload(page, Content_Disposition='attachment; filename="lighthouse.jpg"')
    assert uploaded.status_code == 200
    story_id = uploaded.json()["id"]
    assert uploaded.headers["ETag"] == f'"{story_id}"'
    assert uploaded.headers["Timestamp"] == uploaded.json()["timestamp"]

    being_made = client.get(f"/stories/{story_id}")
    assert being_made.status_code == 200
    assert being_made.json()["progress"] in {"received", "read", "spoken"}
    assert being_made.headers["ETag"] == f'"{story_id}"'

    answer = client.ended(story_id)

    assert answer.status_code == 200
    story = answer.json()
    assert client.get(f"/stories/{story_id}").json() == {**story, "progress": "spoken"}
    assert re.sub("[“”]", '"', story["text"]) == re.sub("[“”]", '"', SAMPLE_TEXT)
    assert (story["name"], story["status"], story["complete"]) == (
        "lighthouse.jpg",
        "ready",
        True,
    )
    assert story["skipped"] == []

    image = image_at(story["image_url"])
    assert image.size == draw_sample().size
    assert not image.getexif()

    audio = requests.get(story["audio_url"], timeout=TIMEOUT)
    assert audio.headers["Content-Type"] == "audio/mpeg"
    wave, rate = soundfile.read(io.BytesIO(audio.content))
    words_a_minute = len(words_of(SAMPLE_TEXT)) / (len(wave) / rate / 60)
    assert 90 < words_a_minute < 240
    assert np.abs(wave).max() > 0.1

    (mail,) = client.mail()
    assert mail["subject"] == "lighthouse.jpg is ready to hear"
    link = story["story_url"].replace("/public/", "/#story=").removesuffix("/story.json")
    for part in ("lighthouse.jpg", f"Listen and read along: {link}\n", story["text"]):
        assert part in mail["body"]

    made = client.requests_made()
    assert made["rekognition.DetectText"] == 1
    assert made["polly.SynthesizeSpeech"] == 2, "an MP3, and when each word is spoken in it"
    assert made["sns.Publish"] == 1

    client.settle()
    renditions = client.get(f"/retrieve/{story_id}").json()["renditions"]
    assert renditions.keys() == LONGEST.keys()
    for name, rendition in renditions.items():
        image = image_at(rendition["url"])
        assert image.info["progressive"]
        assert image.size == (rendition["width"], rendition["height"])
        assert max(image.size) == LONGEST[name]
        assert not image.getexif()

    lines = [json.loads(line) for line in log_file.read_text().splitlines()]
    about_it = [line for line in lines if line.get("story_id") == story_id]
    invocations = {line["step"]: line["function_request_id"] for line in about_it}
    assert invocations.keys() >= {"intake", "reading", "narration", "renditions"}
    assert len(set(invocations.values())) == len(invocations), "each has one of its own"


def image_at(url: str) -> JpegImageFile:
    answer = requests.get(url, timeout=TIMEOUT)
    assert answer.headers["Content-Type"] == "image/jpeg"
    image = Image.open(io.BytesIO(answer.content))
    assert isinstance(image, JpegImageFile)
    return image


def test_a_photo_seen_before_costs_nothing_and_answers_at_once(client: Client) -> None:
    page = page_of("Der Hund und die Katze gingen ans Meer.", seed=1)
    uploaded = client.upload(page, X_Language="de-de").json()
    assert (uploaded["language"], uploaded["voice"]) == ("de-DE", "Vicki")
    ready = client.ended(uploaded["id"]).json()
    assert ready["text"] == "Der Hund und die Katze gingen ans Meer."
    found = client.get("/getResult", ETag=f'W/"{ready["id"]}"')
    assert (found.status_code, found.json()["id"]) == (200, ready["id"])
    client.start_afresh()

    again = client.upload(page, X_Language="de-DE", X_Voice="vicki")

    assert again.status_code == 200
    body = again.json()
    assert body["duplicate"]
    for name in ("id", "text", "image_url", "audio_url"):
        assert body[name] == ready[name]
    made = client.requests_made()
    assert sum(made.values()) <= 3
    assert not any(name.startswith(("rekognition", "polly", "s3")) for name in made)
    assert len(client.mail()) == 1

    form = client.request_upload(
        name="again.jpg", content_type="image/jpeg", language="de-DE"
    ).json()
    client.post(form, page)

    answer = client.ended(form["id"])
    assert (answer.status_code, answer.json()["id"]) == (200, ready["id"])
    client.settle()
    made = client.requests_made()
    assert not any(name.startswith(("rekognition", "polly")) for name in made)


def test_a_spread_of_180_words_is_read_in_order(client: Client) -> None:
    """More than Rekognition returns; the second request for text is Textract's."""
    rng = random.Random("a spread")  # noqa: S311  # no secret
    sheet, prose = Sheet(*SPREAD, rng), Prose("en", rng)
    for left, number in ((130, "16"), (1430, "17")):
        sheet.column([prose.paragraph(5), prose.paragraph(5)], left, 220, 1040)
        sheet.row(number, left + 500, 1650)
    spread = photograph(sheet.drawn().reduce(2), angle=1.5, noise=4, seed=1)

    story = client.ended(client.upload(photo(spread)).json()["id"]).json()

    text = " ".join(sheet.spoken)
    assert len(text.split()) >= 180
    assert words_of(story["text"]) == words_of(text)
    assert story["complete"]
    assert {(each["text"], each["reason"]) for each in story["skipped"]} == {
        ("16", "page_number"),
        ("17", "page_number"),
    }
    made = client.requests_made()
    assert (made["rekognition.DetectText"], made["textract.DetectDocumentText"]) == (1, 1)
