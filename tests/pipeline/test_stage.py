"""What every step does with a delivery, shown on the reading step."""

from datetime import datetime, timedelta

import pytest

from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.errors import LeaseHeldError, TransientError
from chalicelib.pages.detection import TextDetection
from chalicelib.stories.moves import Move, StoryChanges
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Failure, Lease, Status, Story
from tests.fakes.builders import upload
from tests.fakes.clock import NOW
from tests.fakes.engines import ScriptedTextDetector
from tests.fakes.outputs import Outbox
from tests.fakes.queues import InMemoryQueue, delivery_to
from tests.fakes.stories import InMemoryStories
from tests.fakes.world import World
from tests.pipeline.test_reading import CLEAR, world_with_a_photo

LATER = NOW + timedelta(seconds=60)


def leased_to(message_id: str, *script: object) -> World:
    world = world_with_a_photo(*script)
    story = world.story()
    lease = Lease(Step.READING, message_id, 1, LATER)
    world.stories.lease(story.id, story.generation, lease, NOW)
    return world


def test_a_delivery_that_meets_anothers_lease_ends_quietly() -> None:
    world = leased_to("another")

    world.reading(delivery_to(about(world.story())))

    assert world.detector.images == []
    assert world.reading_queue.retries == []
    assert world.story().leases[Step.READING].message_id == "another"


def test_the_same_message_under_its_own_lease_comes_back_when_the_lease_is_over() -> None:
    world = leased_to("m-1")

    with pytest.raises(LeaseHeldError):
        world.reading(delivery_to(about(world.story()), message_id="m-1", receives=2))

    assert world.reading_queue.retries == [("m-1/2", 61)]
    assert world.detector.images == []


def test_a_dead_workers_lease_is_taken_over_when_it_is_over() -> None:
    world = leased_to("another", CLEAR)
    world.clock.advance(60)

    world.reading(delivery_to(about(world.story())))

    assert world.story().status is Status.READ


def test_leases_of_two_stages_do_not_meet() -> None:
    world = leased_to("another")
    world.stories.apply(world.story(), Move({"status": Status.READ, "text": "Once."}))
    world.speaker.script.append(b"mp3")

    world.narration(delivery_to(about(world.story())))

    assert world.story().status is Status.READY


@pytest.mark.parametrize(
    ("receives", "seconds"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (12, 900)]
)
def test_a_failed_attempt_is_tried_again_in_seconds(receives: int, seconds: int) -> None:
    world = world_with_a_photo(TransientError("DetectText failed with ThrottlingException"))

    with pytest.raises(TransientError):
        world.reading(delivery_to(about(world.story()), receives=receives))

    assert world.reading_queue.retries == [(f"m-1/{receives}", seconds)]
    assert world.story().last_error == "DetectText failed with ThrottlingException"
    assert world.story().leases == {}
    assert world.story().status is Status.RECEIVED


def test_a_lease_that_cannot_be_asked_for_is_asked_for_again_in_seconds() -> None:
    class OutOfReach(InMemoryStories):
        def lease(self, story_id: str, generation: str, lease: Lease, now: datetime) -> Story:
            raise TransientError("UpdateItem failed with InternalServerError")

    world = World(stories=OutOfReach())
    world.intake.take_in(upload())

    with pytest.raises(TransientError):
        world.reading(delivery_to(about(world.story())))

    assert world.reading_queue.retries == [("m-1/1", 5)]


def test_what_a_bug_says_is_for_the_log_and_not_for_people() -> None:
    world = world_with_a_photo(KeyError("secret/path"))

    with pytest.raises(KeyError):
        world.reading(delivery_to(about(world.story())))

    assert world.story().last_error == "unexpected KeyError"


def test_a_failure_that_cannot_be_written_down_is_still_raised() -> None:
    class OutOfReach(InMemoryQueue[StoryMessage]):
        def retry_in(self, receipt: str, seconds: int) -> None:
            raise TransientError("the second trouble")

    detector = ScriptedTextDetector(TransientError("the first trouble"))
    world = World(detector=detector, queue=OutOfReach)
    world.intake.take_in(upload())

    with pytest.raises(TransientError, match="the first trouble"):
        world.reading(delivery_to(about(world.story())))


def test_a_message_of_another_generation_is_ignored() -> None:
    world = world_with_a_photo()
    old = StoryMessage(world.story().id, "00000000")

    world.reading(delivery_to(old))

    assert world.detector.images == []
    assert world.story().leases == {}


def test_a_message_about_no_story_is_ignored() -> None:
    world = World()

    world.reading(delivery_to(StoryMessage("no-such-story", "a1b2c3d4")))

    assert world.outbox.notices == []


def test_a_story_that_another_worker_finished_first_is_left_as_it_is() -> None:
    """The lease ran out while DetectText was slow, and another delivery took over."""

    class SlowDetector(ScriptedTextDetector):
        def detect(self, image: bytes) -> list[TextDetection]:
            world.clock.advance(61)
            other = Lease(Step.READING, "another", 1, world.clock() + timedelta(seconds=60))
            world.stories.lease(world.story().id, world.story().generation, other, world.clock())
            return super().detect(image)

    world = World(detector=SlowDetector(CLEAR))
    world.intake.take_in(upload())

    world.reading(delivery_to(about(world.story())))

    assert world.story().status is Status.RECEIVED
    assert world.story().leases[Step.READING].message_id == "another"


def test_a_story_that_was_sent_again_while_people_were_told_is_given_up_at_once() -> None:
    """The new message would otherwise meet a lease that nobody holds any more."""

    class Impatient(Outbox):
        def publish(self, subject: str, body: str) -> None:
            super().publish(subject, body)
            world.intake.take_in(upload())

    world = World(detector=ScriptedTextDetector([], []), announcer=Impatient())
    world.intake.take_in(upload())

    world.reading(delivery_to(about(world.story())))

    assert world.story().status is Status.RECEIVED
    assert world.story().leases == {}
    assert world.story().unfinished_since == NOW
    assert len(world.reading_queue.sent) == 2


def test_a_late_message_takes_back_no_failure_of_another_stage() -> None:
    world = world_with_a_photo()
    failed: StoryChanges = {
        "status": Status.FAILED,
        "failure": Failure("the voice was ill", final=False),
    }
    world.stories.apply(world.story(), Move({"status": Status.READ, "text": "Once."}))
    world.stories.apply(world.story(), Move(failed))

    world.reading(delivery_to(about(world.story())))

    assert world.story().status is Status.FAILED
    assert world.narration_queue.sent == []


def test_a_late_message_that_takes_a_failure_back_is_the_one_that_counts() -> None:
    """Should it be given up as well, it must not pass for a stray."""
    world = world_with_a_photo(TransientError("no answer"))
    failed: StoryChanges = {"status": Status.FAILED, "failure": Failure("no answer", final=False)}
    world.stories.apply(world.story(), Move({**failed, "enqueued_at": LATER}))

    with pytest.raises(TransientError):
        world.reading(delivery_to(about(world.story())))

    assert (world.story().status, world.story().enqueued_at) == (Status.RECEIVED, NOW)
