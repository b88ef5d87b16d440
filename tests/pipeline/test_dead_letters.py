"""Messages that a step gave up are parked, and their stories failed, unless they are well."""

from datetime import timedelta

import pytest

from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.errors import TransientError
from chalicelib.pages.detection import TextDetection
from chalicelib.stories.moves import Move, StoryChanges
from chalicelib.stories.queues import DEAD_LETTERS, TIME_LIMITS, Step
from chalicelib.stories.story import Lease, Status, Story
from tests.fakes.builders import jpeg, upload
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.outputs import Outbox
from tests.fakes.queues import MAX_RECEIVES, InMemoryQueue
from tests.fakes.world import World
from tests.pipeline.test_reading import CLEAR

THROTTLED = TransientError("DetectText failed with ThrottlingException")


def world_with_a_dead_letter(*script: object) -> World:
    """DetectText failed until SQS gave the message up."""
    detector = ScriptedTextDetector(*[THROTTLED] * MAX_RECEIVES, *script)  # type: ignore[arg-type]
    world = World(detector=detector, speaker=ScriptedSpeaker(b"mp3"))
    world.intake.take_in(upload())
    for _ in range(MAX_RECEIVES + 1):
        world.deliver(world.reading_queue, world.reading)
        world.clock.advance(100)
    assert world.story().status is Status.RECEIVED
    return world


def bury(world: World) -> None:
    world.deliver(
        world.dead_letter_queues[Step.READING], world.part.handler(Step.READING, DEAD_LETTERS)
    )


def parked(world: World) -> list[StoryMessage]:
    return [kept.message for kept in world.parked_queues[Step.READING].kept]


def test_the_story_fails_with_the_last_error_and_one_notice() -> None:
    world = world_with_a_dead_letter()

    bury(world)

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


def test_a_stage_that_died_without_a_word_is_said_to_have_run_out_of_time_or_memory() -> None:
    world = world_with_a_dead_letter()
    world.stories.apply(world.story(), Move({"last_error": None}))

    bury(world)

    failure = world.story().failure
    assert failure is not None
    assert "timeout or memory" in failure.reason


def test_a_redriven_message_finishes_the_story() -> None:
    world = world_with_a_dead_letter(CLEAR)
    bury(world)

    world.parked_queues[Step.READING].move_all_to(world.reading_queue)
    world.deliver(world.reading_queue, world.reading)
    world.deliver(world.narration_queue, world.narration)

    story = world.story()
    assert (story.status, story.failure, story.last_error) == (Status.READY, None, None)
    assert [subject for subject, _ in world.outbox.notices] == [
        "page one.jpg could not be read",
        "page one.jpg is ready to hear",
    ]
    assert story.unfinished_since is None


def test_a_story_that_went_on_since_is_not_failed_by_a_stray_dead_letter() -> None:
    world = world_with_a_dead_letter()
    world.stories.apply(world.story(), Move({"status": Status.READ, "text": "Once."}))

    bury(world)

    assert world.story().status is Status.READ
    assert world.outbox.notices == []
    assert len(parked(world)) == 1


def test_a_story_that_was_enqueued_since_is_not_failed_by_a_stray_dead_letter() -> None:
    world = world_with_a_dead_letter()
    world.clock.advance(1)
    world.failover.resume(world.story())

    bury(world)

    assert world.story().status is Status.RECEIVED
    assert world.outbox.notices == []


def test_a_story_that_somebody_works_on_is_not_failed_by_a_stray_dead_letter() -> None:
    world = world_with_a_dead_letter()
    world.reading_queue.send(about(world.story()))
    at_work = world.reading_queue.receive()
    assert at_work is not None
    runner = world.part.runner(Step.READING, world.reading_queue, TIME_LIMITS[Step.READING])

    def while_working(story: Story, _lease: Lease) -> Story:
        bury(world)
        return story

    runner.run(at_work, while_working)

    assert world.story().status is Status.RECEIVED
    assert len(parked(world)) == 1


@pytest.mark.parametrize("seconds", [-4, 0, 4])
def test_clocks_that_differ_make_no_dead_letter_a_stray(seconds: int) -> None:
    world = world_with_a_dead_letter()
    enqueued = world.dead_letter_queues[Step.READING].kept[0].sent_at
    shifted: StoryChanges = {"enqueued_at": enqueued + timedelta(seconds=seconds)}
    world.stories.apply(world.story(), Move(shifted))

    bury(world)

    assert world.story().status is Status.FAILED


def test_a_message_that_meets_its_storys_burial_brings_the_story_back() -> None:
    """The holder of that lease will not bring the story on: the message must not be dropped."""
    world = world_with_a_dead_letter(CLEAR)

    class Telling(Outbox):
        def publish(self, subject: str, body: str) -> None:
            super().publish(subject, body)
            world.reading_queue.send(about(world.story()))
            world.deliver(world.reading_queue, world.reading)

    told = World(stories=world.stories, announcer=Telling())
    told.clock.now = world.clock.now
    dead = world.dead_letter_queues[Step.READING].receive()
    assert dead is not None
    told.part.handler(Step.READING, DEAD_LETTERS)(dead)
    assert world.story().status is Status.FAILED

    world.clock.advance(30)
    world.deliver(world.reading_queue, world.reading)
    world.deliver(world.narration_queue, world.narration)

    assert world.story().status is Status.READY


def test_a_dead_letter_of_a_story_that_is_gone_is_parked_all_the_same() -> None:
    world = world_with_a_dead_letter()
    message = about(world.story())
    world.stories.kept.clear()

    bury(world)

    assert parked(world) == [message]
    assert world.outbox.notices == []


def test_a_message_that_cannot_be_parked_comes_again_in_seconds() -> None:
    world = world_with_a_dead_letter()

    class Full(InMemoryQueue[StoryMessage]):
        def send(self, message: StoryMessage) -> None:
            raise TransientError("SendMessage failed with RequestThrottled")

    room = world.parked_queues[Step.READING]
    world.parked_queues[Step.READING] = Full(world.clock)
    bury(world)
    assert world.story().status is Status.FAILED

    world.parked_queues[Step.READING] = room
    world.clock.advance(5)
    bury(world)

    assert len(parked(world)) == 1
    assert len(world.outbox.notices) == 1


@pytest.mark.parametrize("times", [1, 3])
def test_a_dead_letter_that_is_delivered_again_fails_and_tells_once(times: int) -> None:
    world = world_with_a_dead_letter()
    dead = world.dead_letter_queues[Step.READING]
    for _ in range(times):
        dead.send(about(world.story()))

    bury(world)

    assert len(world.outbox.notices) == 1


def test_a_poisoned_photo_holds_up_no_other() -> None:
    class Choosy(ScriptedTextDetector):
        """Fails for the first image that it sees, each time it comes back."""

        def detect(self, image: bytes) -> list[TextDetection]:
            self.images.append(image)
            if image == self.images[0]:
                raise THROTTLED
            return CLEAR

    world = World(detector=Choosy(), speaker=ScriptedSpeaker(b"mp3"))
    poisoned = world.intake.take_in(upload(jpeg(shade=40))).story
    healthy = world.intake.take_in(upload(jpeg(shade=220))).story

    world.deliver(world.reading_queue, world.reading)
    world.deliver(world.narration_queue, world.narration)

    assert world.stories.kept[healthy.id].status is Status.READY
    assert world.stories.kept[poisoned.id].status is Status.RECEIVED
    assert [kept.message.id for kept in world.reading_queue.kept] == [poisoned.id]


def test_whoever_polls_meanwhile_neither_hastens_nor_delays_the_end() -> None:
    detector = ScriptedTextDetector(*[THROTTLED] * 99)
    world = World(detector=detector)
    story_id = world.intake.take_in(upload()).story.id

    for _ in range(60):
        world.deliver(world.reading_queue, world.reading)
        bury(world)
        world.clock.advance(5)
        world.retrieval.retrieve(story_id)

    assert world.story().status is Status.FAILED
    assert len(detector.images) == MAX_RECEIVES
    assert len(world.outbox.notices) == 1
    assert world.reading_queue.kept == []
