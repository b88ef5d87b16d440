"""What every step does with a delivery, shown on the reading step."""

from datetime import timedelta

import pytest

from chalicelib.delivery.messages import StoryMessage
from chalicelib.errors import LeaseHeldError, TransientError
from chalicelib.stories.changes import Move
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Lease, Status
from tests.fakes.clock import NOW
from tests.fakes.queues import delivery_to
from tests.fakes.trouble import before, fail
from tests.fakes.world import World
from tests.pipeline.test_reading import CLEAR, read, world_with_a_photo

LATER = NOW + timedelta(seconds=60)


def lease_to(world: World, message_id: str) -> None:
    until = world.clock() + timedelta(seconds=60)
    story, lease = world.story(), Lease(Step.READING, message_id, 1, until)
    world.stories.lease(story.id, story.generation, lease, world.clock())


def leased_to(message_id: str) -> World:
    world = world_with_a_photo()
    lease_to(world, message_id)
    return world


def test_a_delivery_ends_quietly_while_another_message_holds_the_lease() -> None:
    world = leased_to("another")

    read(world)

    assert world.detector.images == []
    assert world.reading_queue.retries == []
    assert world.story().leases[Step.READING].message_id == "another"


def test_a_redelivery_comes_again_when_its_own_messages_lease_is_over() -> None:
    world = leased_to("m-1")

    with pytest.raises(LeaseHeldError):
        read(world, receives=2)

    assert world.reading_queue.retries == [("m-1/2", 61)]
    assert world.detector.images == []


@pytest.mark.parametrize(
    ("receives", "seconds"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (12, 900)]
)
def test_a_failed_attempt_is_tried_again_in_seconds(receives: int, seconds: int) -> None:
    world = world_with_a_photo(TransientError("DetectText failed with ThrottlingException"))

    with pytest.raises(TransientError):
        read(world, receives=receives)

    assert world.reading_queue.retries == [(f"m-1/{receives}", seconds)]
    assert world.story().last_error == "DetectText failed with ThrottlingException"
    assert world.story().leases == {}
    assert world.story().status is Status.RECEIVED


def test_a_lease_that_cannot_be_written_is_tried_again_in_seconds(world: World) -> None:
    world.upload()
    fail(world.stories, "lease")

    with pytest.raises(TransientError):
        read(world)

    assert world.reading_queue.retries == [("m-1/1", 5)]


def test_the_story_does_not_repeat_the_message_of_a_bug() -> None:
    world = world_with_a_photo(KeyError("secret/path"))

    with pytest.raises(KeyError):
        read(world)

    assert world.story().last_error == "unexpected KeyError"


def test_a_failure_is_raised_although_its_retry_cannot_be_arranged() -> None:
    world = world_with_a_photo(TransientError("the first trouble"))
    fail(world.reading_queue, "retry_in", error=TransientError("the second trouble"))

    with pytest.raises(TransientError, match="the first trouble"):
        read(world)


def test_a_message_of_another_generation_is_ignored() -> None:
    world = world_with_a_photo()

    world.reading(delivery_to(StoryMessage(world.story().id, "00000000")))

    assert world.detector.images == []
    assert world.story().leases == {}


def test_a_message_about_no_story_is_ignored(world: World) -> None:
    world.reading(delivery_to(StoryMessage("no-such-story", "a1b2c3d4")))

    assert world.outbox.notices == []


def test_a_worker_that_lost_its_lease_changes_nothing() -> None:
    """The lease ran out while DetectText was slow, and another delivery took over."""
    world = world_with_a_photo(CLEAR)

    def take_over() -> None:
        world.clock.advance(61)
        lease_to(world, "another")

    before(world.detector, "detect", take_over)

    read(world)

    assert world.story().status is Status.RECEIVED
    assert world.story().leases[Step.READING].message_id == "another"


def test_a_late_message_does_not_restart_a_story_that_failed_at_another_step() -> None:
    world = world_with_a_photo()
    world.make_read()
    world.make_failed()

    read(world)

    assert world.story().status is Status.FAILED
    assert world.narration_queue.sent == []


def test_a_late_message_that_restarts_a_failed_story_counts_from_then_on() -> None:
    """When that message is given up as well, the story must fail again."""
    world = world_with_a_photo(TransientError("no answer"))
    world.stories.apply(world.make_failed(), Move({"enqueued_at": LATER}))

    with pytest.raises(TransientError):
        read(world)

    assert (world.story().status, world.story().enqueued_at) == (Status.RECEIVED, NOW)
