"""Renditions are made beside the story, which does not wait for them."""

import io

from PIL import Image

from chalicelib.delivery.messages import about
from chalicelib.errors import TransientError
from chalicelib.stories import keys
from chalicelib.stories.moves import Move
from chalicelib.stories.queues import DEAD_LETTERS, Step
from chalicelib.stories.story import Status
from tests.fakes.builders import jpeg, line, upload, with_words
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.media import InMemoryMedia
from tests.fakes.world import World
from tests.unit.test_mp3 import tone


class NoThumbnails(InMemoryMedia):
    """Refuses the last one of a set, for as long as it is told to."""

    refuses = True

    def put(self, key: str, content: bytes, content_type: str) -> None:
        if self.refuses and key.endswith("thumbnail.jpg"):
            raise TransientError("PutObject failed with SlowDown")
        super().put(key, content, content_type)


def world_with_a_page(media: InMemoryMedia | None = None) -> World:
    page = with_words(line("Once upon a time.", 0.1, 0.1))
    world = World(
        media=media, detector=ScriptedTextDetector(page), speaker=ScriptedSpeaker(tone(0.2))
    )
    world.intake.take_in(upload(jpeg(800, 600)))
    world.deliver(world.reading_queue, world.reading)
    return world


def make(world: World) -> int:
    return world.deliver(world.queues[Step.RENDITIONS], world.part.handler(Step.RENDITIONS))


def test_the_record_says_what_is_in_the_bucket() -> None:
    world = world_with_a_page()

    make(world)

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


def test_nothing_is_made_twice() -> None:
    world = world_with_a_page()
    make(world)
    before, small = world.story(), keys.rendition(world.story(), "small")
    world.media.put(small, b"as it was", "image/jpeg")
    world.queues[Step.RENDITIONS].send(about(before))

    make(world)

    assert world.story() == before
    assert world.media.get(small) == b"as it was"


def test_the_story_is_ready_without_them() -> None:
    world = world_with_a_page()

    world.deliver(world.narration_queue, world.narration)

    assert world.story().status is Status.READY
    assert world.story().unfinished_since is None
    make(world)
    assert len(world.story().renditions) == 4


def test_their_failure_does_not_fail_the_story_and_can_be_redriven() -> None:
    media = NoThumbnails()
    world = world_with_a_page(media)
    world.deliver(world.narration_queue, world.narration)
    ready = world.story()
    for _ in range(6):
        make(world)
        world.clock.advance(100)
    letters = world.part.handler(Step.RENDITIONS, DEAD_LETTERS)
    world.deliver(world.dead_letter_queues[Step.RENDITIONS], letters)

    assert world.story() == ready
    parked = world.parked_queues[Step.RENDITIONS]
    assert [kept.message for kept in parked.kept] == [about(ready)]

    media.refuses = False
    parked.move_all_to(world.queues[Step.RENDITIONS])
    make(world)
    assert len(world.story().renditions) == 4


def test_trouble_with_them_is_not_the_storys_last_error() -> None:
    world = world_with_a_page(NoThumbnails())

    make(world)

    assert world.story().last_error is None
    assert world.story().retry_at is None
    assert world.queues[Step.RENDITIONS].retries == [("renditions-1/1", 5)]


def test_they_are_made_of_a_page_whose_text_cannot_be_spoken() -> None:
    world = world_with_a_page()
    world.stories.apply(world.story(), Move({"status": Status.FAILED}))

    make(world)

    assert len(world.story().renditions) == 4
    assert world.story().status is Status.FAILED


def test_a_message_before_its_page_comes_again() -> None:
    world = World()
    world.intake.take_in(upload())
    world.queues[Step.RENDITIONS].send(about(world.story()))

    make(world)

    assert world.queues[Step.RENDITIONS].retries == [("renditions-1/1", 5)]
