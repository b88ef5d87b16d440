"""A photographed page becomes a story that can be heard, on the real engines."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile
from PIL import Image

from samples.draw_page import SAMPLE_PHOTO, SAMPLE_TEXT, draw_page, draw_sample, photo
from tests.end_to_end.client import Client

pytestmark = pytest.mark.engines


def words_of(text: str) -> list[str]:
    """The words alone: a listener does not hear which quotation mark it was."""
    return re.findall(r"[\w'-]+", text.replace("’", "'"))


def test_a_page_becomes_a_story_that_can_be_heard(client: Client) -> None:
    uploaded = client.upload(
        SAMPLE_PHOTO.read_bytes(), Content_Disposition='attachment; filename="lighthouse.jpg"'
    )
    assert uploaded.status_code == 200
    story_id = uploaded.json()["id"]
    assert uploaded.headers["ETag"] == f'"{story_id}"'
    assert uploaded.headers["Timestamp"] == uploaded.json()["timestamp"]

    answer = client.ended(story_id)

    assert answer.status_code == 200
    story = answer.json()
    assert words_of(story["text"]) == words_of(SAMPLE_TEXT)
    assert story["text"].count("\n") == SAMPLE_TEXT.count("\n")
    assert (story["name"], story["status"], story["truncated"]) == (
        "lighthouse.jpg",
        "ready",
        False,
    )

    page = requests.get(story["image_url"], timeout=10)
    assert page.headers["Content-Type"] == "image/jpeg"
    image = Image.open(io.BytesIO(page.content))
    assert image.size == draw_sample().size
    assert not image.getexif()

    audio = requests.get(story["audio_url"], timeout=10)
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


def test_a_photo_seen_before_costs_nothing_and_answers_at_once(client: Client) -> None:
    page = photo(draw_page("The kettle sang and nobody danced.", seed=1))
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


@pytest.mark.parametrize("path", ["/retrieve", "/getResult"])
@pytest.mark.parametrize("spelling", ["{}", '"{}"', 'W/"{}"'])
def test_a_story_is_found_by_its_entity_tag(client: Client, path: str, spelling: str) -> None:
    page = photo(draw_page("A snail, a hill, a day.", seed=2))
    story_id = client.upload(page, X_Notification_Required="false").json()["id"]
    client.ended(story_id)

    answer = client.get(path, ETag=spelling.format(story_id))

    assert answer.status_code == 200
    assert answer.json()["id"] == story_id


def test_a_page_without_text_fails_with_a_reason_and_a_notice(client: Client) -> None:
    blank = photo(draw_page("", seed=3))
    story_id = client.upload(blank).json()["id"]

    answer = client.ended(story_id)

    assert answer.status_code == 422
    assert answer.json()["code"] == "failed"
    assert "no text was found on this page" in answer.json()["message"]
    (mail,) = client.mail()
    assert "no text was found on this page" in mail["body"]


def test_a_page_of_more_than_100_words_says_that_it_is_cut(client: Client) -> None:
    text = "\n".join(["The hen and the hare ran far and sat in the sun all day"] * 9)
    page = photo(draw_page(text, seed=4))

    story = client.ended(client.upload(page).json()["id"]).json()

    assert story["truncated"] is True
    assert len(words_of(story["text"])) <= 100


def test_another_language_is_read_in_its_own_voice(client: Client) -> None:
    page = photo(draw_page("Der Hund und die Katze gingen ans Meer.", seed=5))

    uploaded = client.upload(page, X_Language="de-de").json()

    assert (uploaded["language"], uploaded["voice"]) == ("de-DE", "Vicki")
    story = client.ended(uploaded["id"]).json()
    assert words_of(story["text"]) == [
        "Der",
        "Hund",
        "und",
        "die",
        "Katze",
        "gingen",
        "ans",
        "Meer",
    ]


def test_every_log_line_is_one_json_object_with_its_story_stage_and_request(
    client: Client, log_file: Path
) -> None:
    page = photo(draw_page("Log, log, said the frog.", seed=6))
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
