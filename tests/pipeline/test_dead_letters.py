"""Messages that a step gave up are parked; their stories fail, unless they went on meanwhile."""

from datetime import timedelta

import pytest

from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.errors import TransientError
from chalicelib.stories.changes import Move
from chalicelib.stories.queues import DEAD_LETTERS, Step
from chalicelib.stories.story import Status
from tests.fakes.engines import ScriptedTextDetector
from tests.fakes.queues import MAX_RECEIVES
from tests.fakes.trouble import failing
from tests.fakes.world import World

THROTTLED = TransientError("DetectText failed with ThrottlingException")


def world_with_a_dead_letter() -> World:
    """DetectText failed until SQS gave the message up."""
    world = World(detector=ScriptedTextDetector(*[THROTTLED] * MAX_RECEIVES))
    world.upload()
    for _ in range(MAX_RECEIVES + 1):
        world.deliver(Step.READING)
        world.clock.advance(100)
    assert world.story().status is Status.RECEIVED
    return world


def give_up(world: World) -> None:
    """Deliver the dead letters of reading."""
    world.deliver(Step.READING, DEAD_LETTERS)


def parked(world: World) -> list[StoryMessage]:
    return [kept.message for kept in world.parked_queues[Step.READING].kept]


def test_a_dead_letter_fails_its_story_with_the_last_error_and_one_notice() -> None:
    world = world_with_a_dead_letter()

    give_up(world)

    story = world.story()
    assert (story.status, story.leases) == (Status.FAILED, {})
    assert story.failure is not None
    assert THROTTLED.message in story.failure.reason
    assert not story.failure.final
    ((subject, body),) = world.outbox.notices
    assert "could not be read" in subject
    assert story.failure.reason in body
    assert parked(world) == [about(story)]
    assert world.dead_letter_queues[Step.READING].kept == []


def test_a_step_that_left_no_error_is_said_to_have_run_out_of_time_or_memory() -> None:
    world = world_with_a_dead_letter()
    world.stories.apply(world.story(), Move({"last_error": None}))

    give_up(world)

    failure = world.story().failure
    assert failure is not None
    assert "timeout or memory" in failure.reason


def test_a_stray_dead_letter_does_not_fail_a_story_that_was_enqueued_again() -> None:
    world = world_with_a_dead_letter()
    world.clock.advance(1)
    world.failover.resume(world.story())

    give_up(world)

    assert world.story().status is Status.RECEIVED
    assert world.outbox.notices == []
    assert len(parked(world)) == 1


@pytest.mark.parametrize("seconds", [-4, 0, 4])
def test_a_dead_letter_counts_although_clocks_differ(seconds: int) -> None:
    world = world_with_a_dead_letter()
    enqueued = world.dead_letter_queues[Step.READING].kept[0].sent_at
    world.stories.apply(world.story(), Move({"enqueued_at": enqueued + timedelta(seconds=seconds)}))

    give_up(world)

    assert world.story().status is Status.FAILED


def test_a_dead_letter_of_a_story_that_is_gone_is_parked() -> None:
    world = world_with_a_dead_letter()
    message = about(world.story())
    world.stories.kept.clear()

    give_up(world)

    assert parked(world) == [message]
    assert world.outbox.notices == []


def test_a_dead_letter_that_cannot_be_parked_comes_again_in_seconds() -> None:
    world = world_with_a_dead_letter()

    with failing(world.parked_queues[Step.READING], "send"):
        give_up(world)
    assert world.story().status is Status.FAILED
    world.clock.advance(5)
    give_up(world)

    assert len(parked(world)) == 1
    assert len(world.outbox.notices) == 1


def test_polls_do_not_change_when_a_story_fails() -> None:
    detector = ScriptedTextDetector(*[THROTTLED] * 99)
    world = World(detector=detector)
    world.upload()

    for _ in range(60):
        world.deliver(Step.READING)
        give_up(world)
        world.clock.advance(5)
        world.retrieve()

    assert world.story().status is Status.FAILED
    assert len(detector.images) == MAX_RECEIVES
    assert len(world.outbox.notices) == 1
    assert world.reading_queue.kept == []
