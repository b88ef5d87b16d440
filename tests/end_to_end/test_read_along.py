"""A reader sees each word on the page while it is heard, on the real engines."""

import io
import itertools
import re
import statistics
from collections.abc import Callable
from typing import Any

import pytest
import requests
import soundfile

from chalicelib.pages.detection import Point, Polygon
from local.runner.launcher import RunningStack
from samples.known_places import KnownPage, sample_page, spread
from tests.end_to_end.client import TIMEOUT, Client, page_of
from tests.end_to_end.test_main_path import image_at
from tests.test_known_places import overlaps, plain

pytestmark = pytest.mark.engines

CUE = re.compile(r"(\S+) --> (\S+).*\n((?:.+\n?)+)")


@pytest.mark.parametrize("draw", [sample_page, spread])
def test_each_word_is_shown_where_it_is_printed_while_it_is_spoken(
    client: Client, draw: Callable[..., KnownPage]
) -> None:
    page = draw(comment="to be read along")
    story = client.ended(client.upload(page.photo).json()["id"]).json()
    text = story["text"]
    assert text == plain(page.text)

    answer = requests.get(story["read_along_url"], timeout=TIMEOUT)

    assert answer.headers["Content-Type"] == "application/json"
    found = answer.json()
    words, sentences, duration = found["words"], found["sentences"], found["duration_ms"]
    assert found["language"] == story["language"] == "en-US"
    assert duration == pytest.approx(milliseconds_of(story["audio_url"]), abs=100)
    assert tuple(found["image"].values()) == image_at(story["image_url"]).size

    assert [(bare(text[start:end]), len(polygons)) for _, _, start, end, polygons in words] == [
        (bare(word), len(polygons)) for word, polygons in page.words
    ]
    assert_in_order(words, duration, text)
    assert_in_order(sentences, duration, text)
    for word in words:
        assert sum(is_within(word, sentence) for sentence in sentences) == 1, word

    places = [[polygon_of(each) for each in polygons] for *_, polygons in words]
    for top_left, top_right, _, bottom_left in itertools.chain.from_iterable(places):
        assert top_left.x < top_right.x
        assert top_left.y < bottom_left.y
    worst_first = overlaps(places, page.words)
    assert statistics.median(worst_first) > 0.6
    assert worst_first[0] > 0.3

    captions = requests.get(story["captions_url"], timeout=TIMEOUT)
    assert captions.headers["Content-Type"].startswith("text/vtt")
    captions.encoding = "utf-8"
    assert re.match(r"WEBVTT\s*\n\n", captions.text)
    assert [
        (milliseconds(start), milliseconds(end), said.split())
        for start, end, said in CUE.findall(captions.text)
    ] == [(begin, until, text[start:end].split()) for begin, until, start, end in sentences]


def test_a_story_of_an_earlier_version_gets_times_when_its_photo_comes_again(
    client: Client, stack: RunningStack
) -> None:
    page = page_of("A cat came home, late.", seed=3, comment="sent to an earlier version")
    story = client.ended(client.upload(page, X_Read_Along="false").json()["id"]).json()
    since_then = ["revision", "read_along", "image", "spoken"]
    stack.clients.dynamodb.update_item(
        TableName=stack.environment["STORIES_TABLE"],
        Key={"pk": {"S": f"story#{story['id']}"}},
        UpdateExpression=f"REMOVE {', '.join(since_then)}",
    )
    assert client.get(f"/stories/{story['id']}").json()["duration_ms"] is None

    assert client.upload(page, X_Read_Along="true").json()["audio_url"] == story["audio_url"]

    def when_timed() -> Any:
        found = client.get(f"/stories/{story['id']}").json()
        return found if found["read_along_url"] else None

    timed = client.until(when_timed)
    found = requests.get(timed["read_along_url"], timeout=TIMEOUT).json()
    assert len(found["words"]) == 5
    assert tuple(found["image"].values()) == image_at(story["image_url"]).size
    assert {**timed["image"], "url": ""} == {**story["image"], "url": ""}


def bare(word: str) -> str:
    """Without the signs around it, which are not spoken."""
    return re.sub(r"^\W+|\W+$", "", word)


def polygon_of(corners: list[list[float]]) -> Polygon:
    first, second, third, fourth = (Point(x, y) for x, y in corners)
    return first, second, third, fourth


def assert_in_order(spoken: list[list[Any]], duration: int, text: str) -> None:
    """Each one takes time and has text, and begins when the one before has begun."""
    assert spoken[0][0] >= 0
    for begin, until, start, end, *_ in spoken:
        assert begin < until <= duration
        assert 0 <= start < end <= len(text)
    for before, after in itertools.pairwise(spoken):
        assert before[0] < after[0]
        assert before[3] <= after[2]


def is_within(word: list[Any], sentence: list[int]) -> bool:
    """Is a word a part of a sentence, in the text and while it is heard?"""
    begin, until, start, end = (int(each) for each in word[:4])
    return sentence[0] <= begin < until <= sentence[1] and sentence[2] <= start < end <= sentence[3]


def milliseconds(cue: str) -> int:
    """The time of a cue, "00:01.500" or "00:00:01.500"."""
    seconds = 0.0
    for part in cue.split(":"):
        seconds = 60 * seconds + float(part)
    return round(1000 * seconds)


def milliseconds_of(url: str) -> float:
    wave, rate = soundfile.read(io.BytesIO(requests.get(url, timeout=TIMEOUT).content))
    return float(1000 * len(wave) / rate)
