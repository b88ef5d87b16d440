"""How many messages are given up: what the sweeper counts, and alarms watch."""

import pytest

from chalicelib.delivery.messages import IntakeMessage, StoryMessage
from chalicelib.errors import TransientError
from chalicelib.stories.queues import Step
from chalicelib.telemetry import MESSAGES_GIVEN_UP, OLDEST_WORK, Work
from tests.fakes.trouble import failing
from tests.fakes.world import World

MESSAGE = StoryMessage("a-story", "a1b2c3d4")


def given_up(world: World) -> dict[str | None, float]:
    """Sweep, and return what that counted."""
    world.meter.kept.clear()
    world.sweep()
    counted = world.meter.of(MESSAGES_GIVEN_UP)
    assert len(dict(counted)) == len(counted)
    return dict(counted)


def test_nothing_is_counted_while_no_message_is_given_up(world: World) -> None:
    world.upload()

    assert given_up(world) == {}


def test_parked_messages_are_counted_as_long_as_they_lie_there(world: World) -> None:
    for _ in range(2):
        world.parked_queues[Step.READING].send(MESSAGE)
    world.parked_queues[Step.INTAKE].send(IntakeMessage("intake-bucket", "images/a.jpg"))

    for _ in range(3):
        assert given_up(world) == {Step.READING: 2, Step.INTAKE: 1}
        world.clock.advance(24 * 3600)  # SQS's own metrics have stopped

    world.parked_queues[Step.READING].move_all_to(world.queues[Step.READING])
    assert given_up(world) == {Step.INTAKE: 1}


def test_dead_letters_that_no_function_handles_are_counted(world: World) -> None:
    world.dead_letter_queues[Step.RENDITIONS].send(MESSAGE)
    world.parked_queues[Step.RENDITIONS].send(MESSAGE)

    assert given_up(world) == {Step.RENDITIONS: 2}


def test_lost_work_is_resumed_and_measured_when_messages_cannot_be_counted(world: World) -> None:
    world.upload()
    world.clock.advance(120)

    with failing(world.parked_queues[Step.INTAKE], "count"), pytest.raises(TransientError):
        world.sweep()

    assert len(world.queues[Step.READING].sent) == 2
    assert world.meter.of(OLDEST_WORK) == [(Work.STORY, 120)]
