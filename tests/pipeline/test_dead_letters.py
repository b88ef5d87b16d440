"""Messages that a step gave up are parked; their stories fail, unless they went on meanwhile."""

from datetime import timedelta

import pytest

from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.errors import TransientError
from chalicelib.pages.detection import TextDetection
from chalicelib.stories.moves import Move
from chalicelib.stories.queues import DEAD_LETTERS, TIME_LIMITS, Step
from chalicelib.stories.story import Lease, Status, Story
from tests.fakes.builders import jpeg
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.queues import MAX_RECEIVES
from tests.fakes.trouble import failing
from tests.fakes.world import World
from tests.pipeline.test_reading import CLEAR

THROTTLED = TransientError("DetectText failed with ThrottlingException")


def world_with_a_dead_letter(*script: object) -> World:
    """DetectText failed until SQS gave the message up."""
    detector = ScriptedTextDetector(*[THROTTLED] * MAX_RECEIVES, *script)  # type: ignore[arg-type]
    world = World(detector=detector, speaker=ScriptedSpeaker(b"mp3"))
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


def assert_parked_and_not_failed(world: World, status: Status = Status.RECEIVED) -> None:
    assert world.story().status is status
    assert world.outbox.notices == []
    assert len(parked(world)) == 1


def test_a_dead_letter_fails_its_story_with_the_last_error_and_one_notice() -> None:
    world = world_with_a_dead_letter()

    give_up(world)

    story = world.story()
    assert story.status is Status.FAILED
    assert story.failure is not None
    assert THROTTLED.message in story.failure.reason
    assert not story.failure.final
    ((subject, body),) = world.outbox.notices
    assert "could not be read" in subject
    assert story.failure.reason in body
    assert parked(world) == [about(story)]
    assert world.dead_letter_queues[Step.READING].kept == []
    assert story.leases == {}


def test_a_step_that_left_no_error_is_said_to_have_run_out_of_time_or_memory() -> None:
    world = world_with_a_dead_letter()
    world.stories.apply(world.story(), Move({"last_error": None}))

    give_up(world)

    failure = world.story().failure
    assert failure is not None
    assert "timeout or memory" in failure.reason


def test_a_redriven_message_finishes_the_story() -> None:
    world = world_with_a_dead_letter(CLEAR)
    give_up(world)

    world.parked_queues[Step.READING].move_all_to(world.reading_queue)
    world.make_story()

    story = world.story()
    assert (story.status, story.failure, story.last_error) == (Status.READY, None, None)
    assert [subject for subject, _ in world.outbox.notices] == [
        "page one.jpg could not be read",
        "page one.jpg is ready to hear",
    ]
    assert story.unfinished_since is None


def test_a_stray_dead_letter_does_not_fail_a_story_that_went_on() -> None:
    world = world_with_a_dead_letter()
    world.make_read()

    give_up(world)

    assert_parked_and_not_failed(world, Status.READ)


def test_a_stray_dead_letter_does_not_fail_a_story_that_was_enqueued_again() -> None:
    world = world_with_a_dead_letter()
    world.clock.advance(1)
    world.failover.resume(world.story())

    give_up(world)

    assert_parked_and_not_failed(world)


def test_a_stray_dead_letter_does_not_fail_a_story_that_is_in_work() -> None:
    world = world_with_a_dead_letter()
    world.reading_queue.send(about(world.story()))
    at_work = world.reading_queue.receive()
    assert at_work is not None
    runner = world.part.runner(Step.READING, world.reading_queue, TIME_LIMITS[Step.READING])

    def while_working(story: Story, _lease: Lease) -> Story:
        give_up(world)
        return story

    runner.run(at_work, while_working)

    assert_parked_and_not_failed(world)


@pytest.mark.parametrize("seconds", [-4, 0, 4])
def test_a_dead_letter_counts_although_clocks_differ(seconds: int) -> None:
    world = world_with_a_dead_letter()
    enqueued = world.dead_letter_queues[Step.READING].kept[0].sent_at
    world.stories.apply(world.story(), Move({"enqueued_at": enqueued + timedelta(seconds=seconds)}))

    give_up(world)

    assert world.story().status is Status.FAILED


def test_a_message_that_is_sent_while_its_story_fails_is_kept_and_restarts_the_story() -> None:
    """The lease's holder fails the story and does no work: the message must not be dropped."""
    world = world_with_a_dead_letter(CLEAR)
    publish = world.announcer.publish

    def send_during_notice(subject: str, body: str) -> None:
        world.announcer.publish = publish  # type: ignore[method-assign]
        publish(subject, body)
        world.reading_queue.send(about(world.story()))
        world.deliver(Step.READING)

    world.announcer.publish = send_during_notice  # type: ignore[method-assign]
    give_up(world)
    assert world.story().status is Status.FAILED

    world.clock.advance(30)
    world.make_story()

    assert world.story().status is Status.READY


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


@pytest.mark.parametrize("times", [1, 3])
def test_repeated_dead_letters_send_one_notice(times: int) -> None:
    world = world_with_a_dead_letter()
    for _ in range(times):
        world.dead_letter_queues[Step.READING].send(about(world.story()))

    give_up(world)

    assert len(world.outbox.notices) == 1


def test_a_photo_that_always_fails_does_not_stop_others() -> None:
    class Choosy(ScriptedTextDetector):
        """Fails for the first image that it sees, each time it comes back."""

        def detect(self, image: bytes) -> list[TextDetection]:
            self.images.append(image)
            if image == self.images[0]:
                raise THROTTLED
            return CLEAR

    world = World(detector=Choosy(), speaker=ScriptedSpeaker(b"mp3"))
    failing_story = world.upload(jpeg(shade=40))
    healthy = world.upload(jpeg(shade=220))

    world.make_story()

    assert world.stories.kept[healthy.id].status is Status.READY
    assert world.stories.kept[failing_story.id].status is Status.RECEIVED
    assert [kept.message.id for kept in world.reading_queue.kept] == [failing_story.id]


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
