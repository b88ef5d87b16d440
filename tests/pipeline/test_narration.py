import json
from typing import Any

import msgspec
import pytest

from chalicelib.delivery.messages import about
from chalicelib.delivery.notification import body_of
from chalicelib.errors import RejectedError, ThrottledError, TransientError
from chalicelib.speech.ssml import ssml_requests
from chalicelib.speech.voices import Engine
from chalicelib.stories import keys
from chalicelib.stories.changes import Move
from chalicelib.stories.keys import Links
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Spoken, Status
from tests.fakes.engines import ScriptedSpeaker, marks_of
from tests.fakes.queues import delivery_to
from tests.fakes.trouble import failing, lose_answer
from tests.fakes.world import World
from tests.unit.test_mp3 import tone

SPEECH = tone(0.5)
LONG = ("The ant carried a crumb. " * 200).strip()


def world_with_a_text(text: str, *script: bytes | Exception, **fields: Any) -> World:
    world = World(speaker=ScriptedSpeaker(*script))
    world.upload(**fields)
    world.make_read(text)
    return world


def narrate(world: World, **delivery: int) -> None:
    world.narration(delivery_to(about(world.story()), **delivery))  # type: ignore[arg-type]


def test_a_text_is_spoken_and_its_story_is_ready() -> None:
    world = world_with_a_text("Once.\nTwice.", SPEECH, language="en-GB", voice="Brian")

    narrate(world)

    story = world.story()
    assert (story.status, story.audio) == (Status.READY, keys.audio(story))
    assert world.media.objects[keys.audio(story)] == (SPEECH, "audio/mpeg")
    assert world.speaker.spoken == [
        ("<speak><p><s>Once.</s></p><p><s>Twice.</s></p></speak>", "en-GB", "Brian", "neural")
    ]
    assert story.leases == {}


@pytest.mark.parametrize(
    ("language", "voice", "engine"),
    [("en-US", "Ruth", "generative"), ("ru-RU", "Tatyana", "standard")],
)
def test_a_voice_without_the_engine_of_the_stage_speaks_with_another_one(
    language: str, voice: str, engine: str
) -> None:
    world = World(speaker=ScriptedSpeaker(SPEECH), speech_engine="generative", read_along=False)
    world.upload(language=language, voice=voice)
    world.make_read("1")

    narrate(world)

    assert [engine for *_, engine in world.speaker.spoken] == [engine]


def test_the_notice_says_where_to_listen_and_what_the_page_says() -> None:
    world = world_with_a_text("Once.", SPEECH)

    narrate(world)

    story = world.story()
    ((subject, body),) = world.outbox.notices
    assert ".mp3" not in body
    assert subject == "page one.jpg is ready to hear"
    for part in (
        "page one.jpg",
        f"Listen and read along: https://cdn.example/#story={story.id}/{story.generation}/1\n",
        "Once.",
    ):
        assert part in body
    assert (story.notified_of, story.notified_at) == (Status.READY, world.clock())


def test_a_narration_from_before_the_web_page_could_read_it_is_told_by_its_files() -> None:
    world = world_with_a_text("Once.", SPEECH)
    narrate(world)
    old = msgspec.structs.replace(world.story(), spoken=None)

    body = body_of(old, Links("https://cdn.example"))

    assert f"Listen: https://cdn.example/{keys.audio(old)}\n" in body
    assert f"See the page: https://cdn.example/{keys.page(old)}\n" in body
    assert "#story=" not in body


@pytest.mark.parametrize("complete", [True, False, None])
def test_the_published_text_says_whether_it_is_the_whole_page(complete: bool | None) -> None:
    world = world_with_a_text("Once.", SPEECH)
    world.stories.apply(world.story(), Move({"complete": complete}))

    narrate(world)

    published = world.media.get(keys.spoken_file(world.story(), keys.STORY))
    assert json.loads(published or "")["complete"] is complete


def test_a_long_text_becomes_one_mp3_of_several_requests() -> None:
    parts = [tone(0.5), tone(0.7)]
    world = world_with_a_text(LONG, *parts)

    narrate(world)

    audio = world.media.get(keys.audio(world.story()))
    assert len(world.speaker.spoken) == 2
    assert audio is not None
    assert len(audio) > 0.8 * sum(map(len, parts))


def test_a_redelivery_pays_for_no_part_that_is_stored() -> None:
    world = world_with_a_text(LONG, tone(0.5), TransientError("throttled"), tone(0.5))
    with pytest.raises(TransientError):
        narrate(world)

    narrate(world, receives=2)

    first, failed, second = (ssml for ssml, *_ in world.speaker.spoken)
    assert first != failed
    assert failed == second
    assert world.story().status is Status.READY


@pytest.mark.parametrize("is_notice_sent", [True, False])
def test_a_redelivery_sends_a_notice_only_if_it_is_due(is_notice_sent: bool) -> None:
    world = world_with_a_text("Once.", SPEECH)
    narrate(world)
    if not is_notice_sent:
        world.outbox.notices.clear()
        world.stories.apply(world.story(), Move({"notified_of": None}))

    narrate(world, receives=2)

    assert len(world.outbox.notices) == 1
    assert len(world.speaker.spoken) == 1


# Times.

SSML = "<speak><p><s>One red fox.</s></p></speak>"
MARKS = marks_of(SSML, 0.5, "neural")
NOT_MARKS = MARKS.replace(b'"start"', b'"begin"')


def world_with_marks(*marks: bytes | Exception, engine: Engine = "neural") -> World:
    """A page is read; Polly answers with these marks first."""
    speaker = ScriptedSpeaker(*[SPEECH] * 9, marks=marks)
    world = World(speaker=speaker, speech_engine=engine)
    world.upload(language="en-US")
    world.make_read("One red fox.")
    return world


def files_of(world: World) -> dict[str, str]:
    """The names and types of everything that narration stored."""
    story = world.story()
    prefixes = keys.prefixes(story.id, story.generation)
    return {
        key.removeprefix(prefixes[0]).removeprefix(prefixes[1]): content_type
        for key, (_, content_type) in world.media.objects.items()
        if key != keys.photo(story)
    }


def part_of(name: str) -> str:
    return name if not name.startswith("speech-") else f"speech.{name.rpartition('.')[2]}"


def test_each_request_is_asked_for_an_mp3_and_then_for_marks() -> None:
    world = world_with_marks()

    narrate(world)

    asked = (SSML, "en-US", "Joanna", "neural")
    assert (world.speaker.spoken, world.speaker.marked) == ([asked], [asked])
    assert {part_of(name): kind for name, kind in files_of(world).items()} == {
        "speech.mp3": "audio/mpeg",
        "speech.marks": "application/x-json-stream",
        "1/story.mp3": "audio/mpeg",
        "1/story.json": "application/json",
        "1/read-along.json": "application/json",
        "1/story.vtt": "text/vtt; charset=utf-8",
    }
    story = world.story()
    assert story.spoken is not None
    assert (story.spoken.revision, story.spoken.timed_words) == (1, 3)
    assert story.spoken.duration_ms == pytest.approx(500, abs=100)


@pytest.mark.parametrize(("read_along", "times"), [(True, 2), (False, 0)])
def test_marks_cost_a_request_for_each_request(read_along: bool, times: int) -> None:
    world = World(speaker=ScriptedSpeaker(SPEECH, SPEECH), read_along=not read_along)
    world.upload(read_along=read_along)
    world.make_read(LONG)

    narrate(world)

    assert (len(world.speaker.spoken), len(world.speaker.marked)) == (2, times)


@pytest.mark.parametrize(("stage", "names"), [(True, 4), (False, 2)])
def test_the_stage_decides_for_senders_who_do_not_say(stage: bool, names: int) -> None:
    world = World(speaker=ScriptedSpeaker(SPEECH), read_along=stage)
    world.upload()
    world.make_read()

    narrate(world)

    assert world.story().read_along is stage
    assert sum(name.startswith("1/") for name in files_of(world)) == names


def test_the_words_of_several_requests_have_the_times_of_one_mp3() -> None:
    world = world_with_a_text(LONG, tone(0.5), tone(0.7))

    narrate(world)

    found = world.media.get(keys.spoken_file(world.story(), keys.READ_ALONG))
    words = json.loads(found or b"")["words"]
    assert len(words) == len(LONG.split())
    assert [LONG[start:end] for _, _, start, end, _ in words] == LONG.split()
    times = [begin for begin, *_ in words]
    assert times == sorted(times)
    spoken = world.story().spoken
    assert spoken is not None
    assert spoken.duration_ms / 3 < times[-1] < spoken.duration_ms


@pytest.mark.parametrize("failure", [TransientError("no answer"), KeyError("a bug")])
def test_after_a_crash_before_the_marks_the_mp3_is_not_paid_again(failure: Exception) -> None:
    world = world_with_marks(failure)
    with pytest.raises(type(failure)):
        narrate(world)

    narrate(world, receives=2)

    assert (len(world.speaker.spoken), len(world.speaker.marked)) == (1, 2)
    assert world.story().spoken is not None
    assert keys.beside_audio(world.story(), keys.READ_ALONG)


def test_after_a_crash_behind_the_marks_nothing_is_paid_again() -> None:
    world = world_with_marks()
    with failing(world.stories, "apply"), pytest.raises(TransientError):
        narrate(world)

    world.clock.advance(600)
    narrate(world, receives=2)

    assert (len(world.speaker.spoken), len(world.speaker.marked)) == (1, 1)
    assert keys.beside_audio(world.story(), keys.READ_ALONG)


def test_marks_that_are_stored_by_a_request_without_an_answer_are_not_paid_again() -> None:
    world = world_with_marks()
    lose_answer(world.stories, "apply", TransientError("no answer"))
    with pytest.raises(TransientError):
        narrate(world)

    narrate(world, receives=2)

    assert (len(world.speaker.spoken), len(world.speaker.marked)) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (MARKS + MARKS, "out of order"),
        (MARKS.replace(b'"end": 16', b'"end": 13'), "a word more"),
        (b"".join(line for line in MARKS.splitlines(True) if b'"red"' not in line), "a word less"),
        (NOT_MARKS, "not what they were"),
        (b"[]", "not what they were"),
        (MARKS.replace(b'"time": ', b'"time": 1000'), "go on after the speech ends"),
        (RejectedError("Polly's engine makes no speech marks"), "makes no speech marks"),
    ],
)
def test_marks_that_do_not_fit_cost_a_story_its_times_only(
    answer: bytes | Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = world_with_marks(answer)

    narrate(world)

    story = world.story()
    assert (story.status, story.audio, story.last_error) == (Status.READY, keys.audio(story), None)
    assert story.spoken is not None
    are_stored = isinstance(answer, bytes)
    assert story.spoken.timed_words == (0 if are_stored else None)
    assert {name for name in files_of(world) if name.startswith("1/")} == {
        "1/story.mp3",
        "1/story.json",
    }
    (told,) = (each for each in caplog.records if each.message == "spoken without times")
    assert reason in told.__dict__["reason"]
    assert len(world.outbox.notices) == 1


CUT_OFF = [
    (MARKS[:-30], "cut off"),
    (MARKS[: MARKS.rindex(b"{")], "cut off"),
    (b"", "empty"),
    (MARKS.replace(b"fox", b"\xff"), "cut off"),
    (TransientError("SynthesizeSpeech failed with ServiceFailure"), "ServiceFailure"),
]


@pytest.mark.parametrize(("answer", "reason"), CUT_OFF)
def test_marks_that_fail_are_asked_for_again(answer: bytes | Exception, reason: str) -> None:
    world = world_with_marks(answer, answer)
    for receives in (1, 2):
        with pytest.raises(TransientError, match=reason):
            narrate(world, receives=receives)
        assert reason in (world.story().last_error or "")

    narrate(world, receives=3)

    story = world.story()
    assert story.spoken is not None
    assert (story.status, story.spoken.timed_words) == (Status.READY, 3)
    assert (len(world.speaker.spoken), len(world.speaker.marked)) == (1, 3)


@pytest.mark.parametrize(("answer", "reason"), CUT_OFF)
def test_marks_that_keep_failing_never_fail_the_story(
    answer: bytes | Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = world_with_marks(*[answer] * 9)
    world.narration_queue.send(about(world.story()))

    while world.narration_queue.kept:
        world.deliver(Step.NARRATION)
        world.clock.advance(60)

    story = world.story()
    assert story.spoken is not None
    timed_words = 0 if reason == "cut off" else None  # what was cut off is stored
    assert (story.status, story.spoken.timed_words) == (Status.READY, timed_words)
    assert (len(world.speaker.spoken), len(world.speaker.marked)) == (1, 3)
    (told,) = (each for each in caplog.records if each.message == "spoken without times")
    assert reason in told.__dict__["reason"]


@pytest.mark.parametrize(("fails", "timed_words"), [(1, 3), (2, None)])
def test_marks_that_fail_first_in_a_late_delivery_are_asked_for_once_more(
    fails: int, timed_words: int | None
) -> None:
    world = world_with_marks(*[TransientError("Polly failed")] * fails)
    with pytest.raises(TransientError):
        narrate(world, receives=3)

    narrate(world, receives=4)

    story = world.story()
    assert story.spoken is not None
    assert (story.status, story.spoken.timed_words) == (Status.READY, timed_words)


def test_stored_marks_that_lack_a_word_do_not_fail_the_story() -> None:
    """They are of another text, which has the same SSML."""
    world = world_with_a_text("Once there was.", SPEECH)
    (request,) = ssml_requests("Once there was.", "en-US")
    whole = marks_of(request, 0.5, "neural")
    cut = b"".join(whole.splitlines(keepends=True)[:-1])
    world.media.put(keys.speech_marks(world.story(), request, "neural"), cut, "")

    narrate(world)

    assert world.story().status is Status.READY
    spoken = world.story().spoken
    assert spoken is not None
    assert spoken.timed_words == 0
    assert world.speaker.marked == []


def test_an_answer_that_is_no_mp3_is_not_stored() -> None:
    world = world_with_a_text("Once.", b"no MP3", SPEECH)
    with pytest.raises(TransientError, match="not an MP3"):
        narrate(world)
    assert not [key for key in world.media.objects if "speech-" in key]

    narrate(world, receives=2)

    assert world.story().status is Status.READY


def test_throttled_marks_wait_as_speech_does() -> None:
    busy = ThrottledError("SynthesizeSpeech failed with ThrottlingException")
    world = world_with_marks(busy, busy)
    began_at = world.clock()

    narrate(world, receives=4)

    assert len(world.speaker.marked) == 3
    assert 1 < (world.clock() - began_at).total_seconds() < 5
    assert keys.beside_audio(world.story(), keys.READ_ALONG)


def test_marks_that_are_throttled_to_the_end_are_postponed() -> None:
    busy = ThrottledError("SynthesizeSpeech failed with ThrottlingException")
    world = world_with_marks(*[busy] * 99)

    narrate(world, receives=4)

    story = world.story()
    assert (story.status, story.last_error) == (Status.READ, busy.message)
    assert world.narration_queue.sent == [about(story)]
    world.speaker.script_of_marks.clear()
    world.deliver(Step.NARRATION)
    assert len(world.speaker.spoken) == 1
    assert keys.beside_audio(world.story(), keys.READ_ALONG)


def test_an_engine_without_marks_speaks_without_times() -> None:
    """The stage had another engine when the photo came."""
    world = world_with_marks(engine="generative")

    narrate(world)

    story = world.story()
    assert (story.read_along, story.status) == (True, Status.READY)
    assert story.spoken == Spoken(1, story.spoken.duration_ms if story.spoken else 0)


def test_the_files_say_the_same_as_the_record() -> None:
    world = world_with_marks()

    narrate(world)

    story = world.story()
    said = {
        name: json.loads(world.media.get(keys.spoken_file(story, name)) or b"")
        for name in (keys.STORY, keys.READ_ALONG)
    }
    assert story.spoken is not None
    assert said[keys.STORY]["text"] == story.text
    assert [each["language"] for each in said.values()] == ["en-US"] * 2
    assert [each["image"] for each in said.values()] == [{"width": 120, "height": 90}] * 2
    assert said[keys.READ_ALONG]["duration_ms"] == story.spoken.duration_ms
    assert len(said[keys.READ_ALONG]["words"]) == story.spoken.timed_words
    vtt = world.media.get(keys.spoken_file(story, keys.CAPTIONS)) or b""
    assert vtt.startswith(b"WEBVTT\n\n00:00:00.")
    assert vtt.endswith(b"\nOne red fox.\n")
