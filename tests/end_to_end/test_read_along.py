"""A reader sees each word on the page while it is heard, on the real engines."""

import io
import itertools
import re
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
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
FILES = {
    "audio_url": "audio/mpeg",
    "story_url": "application/json",
    "read_along_url": "application/json",
    "captions_url": "text/vtt; charset=utf-8",
}


@dataclass(frozen=True)
class Case:
    """A page, and the correction of a word that it has once."""

    draw: Callable[..., KnownPage]
    printed: str
    corrected: str

    def corrected_page(self) -> KnownPage:
        """The page if it had been printed right: the word's place stays."""
        page = self.draw()
        words = [(self._right(word), polygons) for word, polygons in page.words]
        return replace(page, text=self._right(page.text), words=words)

    def _right(self, text: str) -> str:
        return text.replace(self.printed, self.corrected)


@dataclass(frozen=True)
class Told:
    """A story and what was downloaded of its narration."""

    story: dict[str, Any]
    files: dict[str, requests.Response]

    @classmethod
    def of(cls, story: dict[str, Any]) -> "Told":
        files = {name: requests.get(story[name], timeout=TIMEOUT) for name in FILES}
        return cls(story, files)


@pytest.fixture(
    scope="module",
    params=[Case(sample_page, "brass", "silver"), Case(spread, "blue", "golden")],
    ids=lambda case: case.draw.__name__,
)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture(scope="module")
def first(stack: RunningStack, case: Case) -> Told:
    """The story as it was read."""
    client = Client(stack)
    photo = case.draw(comment="to be read along").photo
    return Told.of(client.ended(client.upload(photo).json()["id"]).json())


@pytest.fixture(scope="module")
def second(stack: RunningStack, case: Case, first: Told) -> Told:
    """The story after the correction."""
    client = Client(stack)
    before = first.story
    text = before["text"].replace(case.printed, case.corrected)
    path = f"/stories/{before['id']}"
    changed = client.call("PATCH", path, json={"text": text}, headers={"If-Match": "1"})
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)

    def when_spoken() -> Any:
        answer = client.get(f"/retrieve/{before['id']}")
        assert answer.status_code == 200, "the first narration is heard until then"
        return answer if answer.json()["spoken_revision"] == 2 else None

    told = Told.of(client.until(when_spoken).json())
    client.settle()
    return told


def test_each_word_is_shown_where_it_is_printed_while_it_is_spoken(case: Case, first: Told) -> None:
    assert_words_are_shown(first, case.draw())


def test_a_corrected_word_is_shown_where_the_wrong_one_is_printed(case: Case, second: Told) -> None:
    assert case.corrected in second.story["text"].split()
    assert_words_are_shown(second, case.corrected_page())


def test_a_correction_leaves_nothing_of_the_narration_before(
    stack: RunningStack, first: Told, second: Told
) -> None:
    for name in FILES:
        folder, _, file = first.story[name].rpartition("/")
        assert second.story[name] == f"{folder.removesuffix('/1')}/2/{file}"
        assert second.files[name].content != first.files[name].content
    assert second.story["image_url"] == first.story["image_url"]

    listed = stack.clients.s3.list_objects_v2(Bucket=stack.environment["MEDIA_BUCKET"])
    keys = [each["Key"] for each in listed["Contents"] if first.story["id"] in each["Key"]]
    assert sorted(re.findall(r"^public/.+?/.+?/(\d+/.+)$", "\n".join(keys), re.MULTILINE)) == [
        "2/read-along.json",
        "2/story.json",
        "2/story.mp3",
        "2/story.vtt",
    ]
    spoken = [key.rpartition(".")[2] for key in keys if "/speech-" in key]
    assert sorted(spoken) == ["marks", "mp3"], "of one request to Polly each"


def assert_words_are_shown(told: Told, page: KnownPage) -> None:
    """The times and places of a narration are those of the page that is narrated."""
    for name, content_type in FILES.items():
        assert told.files[name].headers["Content-Type"] == content_type
    story, text = told.story, told.story["text"]
    assert text == plain(page.text)
    found = told.files["read_along_url"].json()
    words, sentences, duration = found["words"], found["sentences"], found["duration_ms"]
    assert found["language"] == story["language"] == "en-US"
    assert duration == story["duration_ms"]
    assert duration == pytest.approx(milliseconds_of(told.files["audio_url"].content), abs=1)
    assert tuple(found["image"].values()) == image_at(story["image_url"]).size

    known = iter(page.words)
    for *_, start, end, polygons in words:
        # Words that are spoken as one, such as "2 kg", are one entry.
        printed = list(itertools.islice(known, len(text[start:end].split())))
        assert text[start:end] == plain(" ".join(word for word, _ in printed))
        assert len(polygons) == sum(len(places) for _, places in printed)
    assert list(known) == []
    assert_in_order(words, duration, text)
    assert_in_order(sentences, duration, text)
    for word in words:
        assert sum(is_within(word, sentence) for sentence in sentences) == 1, word

    places = [[polygon_of(each)] for word in words for each in word[-1]]
    for ((top_left, top_right, _, bottom_left),) in places:
        assert top_left.x < top_right.x
        assert top_left.y < bottom_left.y
    alone = [(word, [polygon]) for word, polygons in page.words for polygon in polygons]
    worst_first = overlaps(places, alone)
    assert statistics.median(worst_first) > 0.6
    assert worst_first[0] > 0.3

    kept = told.files["story_url"].json()
    assert (kept["text"], kept["image"]) == (text, found["image"])
    assert [text[start:end] for start, end, _ in kept["words"]] == text.split()
    assert [corners for *_, polygons in kept["words"] for corners in polygons] == [
        corners for *_, polygons in words for corners in polygons
    ]

    captions = told.files["captions_url"].content.decode()
    assert captions.startswith("WEBVTT\n\n")
    assert [
        (milliseconds(start), milliseconds(end), said.split())
        for start, end, said in CUE.findall(captions)
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


def milliseconds_of(mp3: bytes) -> float:
    wave, rate = soundfile.read(io.BytesIO(mp3))
    return float(1000 * len(wave) / rate)
