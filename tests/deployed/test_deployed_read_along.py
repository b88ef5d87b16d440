"""Times of words, and corrections, on the deployed stage."""

import json
from typing import Any

import pytest

from samples.draw_page import SAMPLE_PHOTO, SAMPLE_TEXT
from tests.deployed import version_before
from tests.deployed.stage import PHOTOS_BEFORE, DeployedStage
from tests.end_to_end.test_main_path import words_of
from tests.waiting import until

pytestmark = pytest.mark.deployed

PHOTO = SAMPLE_PHOTO.read_bytes()
CORRECTED = "A lighthouse keeper’s cat wrote this."
SPEECH = "polly.SynthesizeSpeech"


def timed_words(stage: DeployedStage, story: dict[str, Any]) -> list[Any]:
    """The words of a story's read-along.json; its other files tell the same."""
    found, told = (
        json.loads(stage.content(story[name])) for name in ("read_along_url", "story_url")
    )
    assert told["text"] == story["text"]
    assert found["duration_ms"] == story["duration_ms"]
    assert stage.content(story["captions_url"]).startswith(b"WEBVTT\n")
    heard = " ".join(story["text"][start:end] for _, _, start, end, _ in found["words"])
    assert words_of(heard) == words_of(story["text"])
    words: list[Any] = found["words"]
    return words


def places_of(words: list[Any], story: dict[str, Any], *wanted: str) -> list[Any]:
    """Where these words are on the page."""
    places = {story["text"][start:end]: polygons for _, _, start, end, polygons in words}
    return [places[word] for word in wanted]


def only_its_mp3s_are_left(stage: DeployedStage, story: dict[str, Any]) -> bool | None:
    """Is there the MP3 that is heard, and the one that Polly's only request made; no older one?"""
    folders = (f"public/{story['id']}/", f"private/{story['id']}/")
    stored = [key for each in folders for key in stage.keys("MEDIA_BUCKET", each)]
    return len([key for key in stored if key.endswith(".mp3")]) == 2 or None


def test_each_word_of_a_story_has_a_time_and_a_place(stage: DeployedStage) -> None:
    sent = stage.upload(PHOTO).json()
    being_made = stage.request("GET", f"/stories/{sent['id']}")
    assert being_made.status_code == 200
    assert being_made.json()["progress"] in {"received", "read", "spoken"}

    stage.ended(sent["id"])
    story = stage.request("GET", f"/stories/{sent['id']}").json()

    assert (story["progress"], story["status"], story["revision"]) == ("spoken", "ready", 1)
    words = timed_words(stage, story)
    assert words_of(story["text"]) == words_of(SAMPLE_TEXT)
    assert all(begin < end and len(places) == 1 for begin, end, *_, places in words)
    assert "Read-along is on: " in stage.said


def test_a_corrected_story_is_spoken_again_while_the_old_one_is_heard(
    stage: DeployedStage,
) -> None:
    photo = PHOTO + b"to be corrected"
    story = stage.ended(stage.upload(photo, X_Read_Along="false").json()["id"]).json()
    assert (story["read_along_url"], story["captions_url"]) == (None, None)
    audio = stage.content(story["audio_url"])

    with stage.resting("narrate"):
        corrected = stage.correct(story["id"], 1, text=CORRECTED).json()
        assert (corrected["text"], corrected["revision"]) == (CORRECTED, 2)
        assert corrected["spoken_revision"] == 1
        for path in ("retrieve", "stories"):
            meanwhile = stage.request("GET", f"/{path}/{story['id']}")
            assert meanwhile.status_code == 200
            assert stage.content(meanwhile.json()["audio_url"]) == audio
        assert stage.correct(story["id"], 1, text="Too late").status_code == 412

    spoken = stage.spoken(story["id"])
    assert spoken["spoken_revision"] == 2
    assert 0 < spoken["duration_ms"] < story["duration_ms"]
    assert json.loads(stage.content(spoken["story_url"]))["text"] == CORRECTED
    assert spoken["read_along_url"] is None

    paid, audio = stage.paid(), stage.content(spoken["audio_url"])
    again = stage.upload(photo, X_Read_Along="true").json()
    assert (again["id"], again["duplicate"], again["revision"]) == (story["id"], True, 3)
    timed = stage.spoken(story["id"])

    lighthouse, wrote = places_of(timed_words(stage, timed), timed, "lighthouse", "wrote")
    assert (len(lighthouse), wrote) == (1, [])
    assert stage.content(timed["audio_url"]) == audio
    assert stage.paid() == {**paid, SPEECH: paid[SPEECH] + 1}  # the marks: the speech is stored


def test_a_story_of_the_version_before_gets_times_and_can_be_corrected(
    stage: DeployedStage,
) -> None:
    if not version_before.is_here():
        pytest.skip(version_before.NOT_HERE)
    story, audio = stage.stories_before[1], stage.audio_before[1]

    with stage.resting("narrate"):
        again = stage.upload(PHOTOS_BEFORE[1], X_Read_Along="true").json()
        assert (again["id"], again["duplicate"]) == (story["id"], True)
        assert (again["audio_url"], again["text"]) == (story["audio_url"], story["text"])
        assert stage.content(again["audio_url"]) == audio

    timed = stage.spoken(story["id"])
    words = timed_words(stage, timed)
    assert all(places for *_, places in words)
    assert timed["text"] == story["text"]
    assert timed["image"]["width"] > 0
    assert until(lambda: only_its_mp3s_are_left(stage, timed))

    assert stage.correct(story["id"], timed["revision"], text=CORRECTED).status_code == 200
    corrected = stage.spoken(story["id"])
    assert corrected["text"] == CORRECTED
    found = places_of(timed_words(stage, corrected), corrected, "lighthouse", "cat", "wrote")
    assert found == [*places_of(words, timed, "lighthouse", "cat"), []]
    assert until(lambda: only_its_mp3s_are_left(stage, corrected))

    assert stage.request("DELETE", f"/stories/{story['id']}").status_code == 202
    assert stage.request("GET", f"/retrieve/{story['id']}").status_code == 410
