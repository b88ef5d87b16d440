"""A photographed page becomes a story that can be heard, on the real engines."""

import io
import json
import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from samples.draw_page import SAMPLE_TEXT, draw_page, draw_sample, photo
from tests.end_to_end.client import TIMEOUT, Client, page_of

pytestmark = pytest.mark.engines

LONGEST = {"thumbnail": 160, "small": 480, "medium": 1080, "large": 1920}


def words_of(text: str) -> list[str]:
    """The words alone: a listener does not hear which quotation mark it was."""
    return re.findall(r"[\w'-]+", text.replace("’", "'"))


def test_a_page_becomes_a_story_that_can_be_heard(client: Client) -> None:
    page = photo(draw_sample(), comment="another file than the one of the demo")
    uploaded = client.upload(page, Content_Disposition='attachment; filename="lighthouse.jpg"')
    assert uploaded.status_code == 200
    story_id = uploaded.json()["id"]
    assert uploaded.headers["ETag"] == f'"{story_id}"'
    assert uploaded.headers["Timestamp"] == uploaded.json()["timestamp"]

    answer = client.ended(story_id)

    assert answer.status_code == 200
    story = answer.json()
    assert re.sub("[“”]", '"', story["text"]) == re.sub("[“”]", '"', SAMPLE_TEXT)
    assert (story["name"], story["status"], story["truncated"]) == (
        "lighthouse.jpg",
        "ready",
        False,
    )

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
    for part in ("lighthouse.jpg", story["image_url"], story["audio_url"], story["text"]):
        assert part in mail["body"]

    made = client.requests_made()
    assert made["rekognition.DetectText"] == 1
    assert made["polly.SynthesizeSpeech"] == 1
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


def image_at(url: str) -> JpegImageFile:
    answer = requests.get(url, timeout=TIMEOUT)
    assert answer.headers["Content-Type"] == "image/jpeg"
    image = Image.open(io.BytesIO(answer.content))
    assert isinstance(image, JpegImageFile)
    return image


def test_a_photo_seen_before_costs_nothing_and_answers_at_once(client: Client) -> None:
    page = page_of("The kettle sang and nobody danced.", seed=1)
    story_id = client.upload(page).json()["id"]
    ready = client.ended(story_id).json()
    client.start_afresh()

    again = client.upload(page)

    assert again.status_code == 200
    body = again.json()
    assert body["duplicate"]
    for name in ("id", "text", "image_url", "audio_url"):
        assert body[name] == ready[name]
    made = client.requests_made()
    assert sum(made.values()) <= 3
    assert not any(name.startswith(("rekognition", "polly", "s3")) for name in made)
    assert len(client.mail()) == 1

    form = client.request_upload(name="again.jpg", content_type="image/jpeg").json()
    client.post(form, page)

    answer = client.ended(form["id"])
    assert (answer.status_code, answer.json()["id"]) == (200, story_id)
    client.settle()
    made = client.requests_made()
    assert not any(name.startswith(("rekognition", "polly")) for name in made)


def test_a_story_is_found_by_its_entity_tag(client: Client) -> None:
    page = page_of("A snail, a hill, a day.", seed=2)
    story_id = client.upload(page, X_Notification_Required="false").json()["id"]
    client.ended(story_id)

    for path, spelling in product(("/retrieve", "/getResult"), ("{}", '"{}"', 'W/"{}"')):
        answer = client.get(path, ETag=spelling.format(story_id))

        assert (answer.status_code, answer.json()["id"]) == (200, story_id), (path, spelling)


def test_a_page_without_text_fails_with_a_reason_and_a_notice(client: Client) -> None:
    blank = page_of("", seed=3)
    story_id = client.upload(blank).json()["id"]

    answer = client.ended(story_id)

    assert answer.status_code == 422
    assert answer.json()["code"] == "failed"
    assert "no text was found on this page" in answer.json()["message"]
    (mail,) = client.mail()
    assert "no text was found on this page" in mail["body"]


def test_a_page_of_more_than_100_words_is_marked_as_truncated(client: Client) -> None:
    text = "\n".join(["The hen and the hare ran far and sat in the sun all day"] * 9)
    page = photo(draw_page(text, seed=4, width=1200))

    story = client.ended(client.upload(page).json()["id"]).json()

    assert story["truncated"] is True
    assert len(words_of(story["text"])) <= 100


def test_another_language_is_read_in_its_own_voice(client: Client) -> None:
    page = page_of("Der Hund und die Katze gingen ans Meer.", seed=5)

    uploaded = client.upload(page, X_Language="de-de").json()

    assert (uploaded["language"], uploaded["voice"]) == ("de-DE", "Vicki")
    story = client.ended(uploaded["id"]).json()
    assert story["text"] == "Der Hund und die Katze gingen ans Meer."


def test_every_log_line_is_one_json_object_with_story_step_and_request(
    client: Client, log_file: Path
) -> None:
    page = page_of("Log, log, said the frog.", seed=6)
    story_id = client.upload(page).json()["id"]
    client.ended(story_id)
    client.mail()

    lines = [json.loads(line) for line in log_file.read_text().splitlines()]

    about_it = [line for line in lines if line.get("story_id") == story_id]
    requests_of = {line["step"]: line["function_request_id"] for line in about_it}
    assert requests_of.keys() >= {"intake", "reading", "narration"}
    assert len(set(requests_of.values())) == len(requests_of), "each has an invocation of its own"


def test_the_app_is_healthy(client: Client) -> None:
    answer = client.get("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
