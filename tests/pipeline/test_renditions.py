"""Renditions are made beside the story, which does not wait for them."""

import io

import pytest
from PIL import Image

from chalicelib.delivery.messages import about
from chalicelib.stories import keys
from chalicelib.stories.queues import DEAD_LETTERS, Step
from chalicelib.stories.story import Status
from tests.fakes.builders import jpeg
from tests.fakes.trouble import failing
from tests.fakes.world import World
from tests.pipeline.test_reading import CLEAR
from tests.unit.test_mp3 import tone


@pytest.fixture
def world() -> World:
    """A page is read; its renditions and its narration are enqueued."""
    world = World()
    world.detector.script.append(CLEAR)
    world.speaker.script.append(tone(0.5))
    world.upload(jpeg(800, 600))
    world.deliver(Step.READING)
    return world


def test_the_record_says_what_is_in_the_bucket(world: World) -> None:
    world.deliver(Step.RENDITIONS)

    renditions = world.story().renditions
    sizes = {name: (each.width, each.height) for name, each in renditions.items()}
    assert sizes == {
        "thumbnail": (160, 120),
        "small": (480, 360),
        "medium": (800, 600),
        "large": (800, 600),
    }
    for name, rendition in renditions.items():
        content, content_type = world.media.objects[rendition.key]
        assert rendition.key == keys.rendition(world.story(), name)
        assert (len(content), content_type) == (rendition.bytes, "image/jpeg")
        assert Image.open(io.BytesIO(content)).size == (rendition.width, rendition.height)


def test_a_second_message_makes_nothing_again(world: World) -> None:
    world.deliver(Step.RENDITIONS)
    before, small = world.story(), keys.rendition(world.story(), "small")
    world.media.put(small, b"as it was", "image/jpeg")
    world.queues[Step.RENDITIONS].send(about(before))

    world.deliver(Step.RENDITIONS)

    assert world.story() == before
    assert world.media.get(small) == b"as it was"


def test_failed_renditions_do_not_fail_their_story_and_can_be_redriven(world: World) -> None:
    world.deliver(Step.NARRATION)
    ready = world.story()
    assert (ready.last_error, ready.retry_at) == (None, None)
    with failing(world.media, "put"):
        for _ in range(6):
            world.deliver(Step.RENDITIONS)
            world.clock.advance(100)
    world.deliver(Step.RENDITIONS, DEAD_LETTERS)

    assert world.queues[Step.RENDITIONS].retries[0] == ("renditions-1/1", 5)
    assert world.story() == ready
    parked = world.parked_queues[Step.RENDITIONS]
    assert [kept.message for kept in parked.kept] == [about(ready)]

    parked.move_all_to(world.queues[Step.RENDITIONS])
    world.deliver(Step.RENDITIONS)
    assert len(world.story().renditions) == 4


def test_a_page_whose_text_cannot_be_spoken_has_renditions(world: World) -> None:
    world.make_failed()

    world.deliver(Step.RENDITIONS)

    assert len(world.story().renditions) == 4
    assert world.story().status is Status.FAILED


def test_a_message_that_arrives_before_its_page_comes_again() -> None:
    world = World()
    world.queues[Step.RENDITIONS].send(about(world.upload()))

    world.deliver(Step.RENDITIONS)

    assert world.queues[Step.RENDITIONS].retries == [("renditions-1/1", 5)]
