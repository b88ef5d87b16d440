from typing import Any

import pytest

from chalicelib.delivery.messages import about
from chalicelib.errors import TransientError
from chalicelib.stories import keys
from chalicelib.stories.changes import Move
from chalicelib.stories.story import Status
from tests.fakes.engines import ScriptedSpeaker
from tests.fakes.queues import delivery_to
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
    assert subject == "page one.jpg is ready to hear"
    for part in (
        "page one.jpg",
        f"https://cdn.example/{keys.audio(story)}",
        f"https://cdn.example/{keys.page(story)}",
        "Once.",
    ):
        assert part in body
    assert (story.notified_of, story.notified_at) == (Status.READY, world.clock())


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
