"""A story resumes exactly where its data stops."""

from datetime import timedelta

import msgspec
import pytest

from chalicelib.delivery.messages import about
from chalicelib.delivery.timeouts import GIVE_UP_AFTER
from chalicelib.http import answers
from chalicelib.pages.readings import ReadingCall, Service
from chalicelib.stories import keys
from chalicelib.stories.changes import Move
from chalicelib.stories.queues import DEAD_LETTERS, Step
from chalicelib.stories.story import PHOTO_MISSING, Failure, Status
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.world import World
from tests.pipeline.test_reading import CLEAR
from tests.unit.test_mp3 import tone

DAY = GIVE_UP_AFTER.total_seconds() + 1


@pytest.fixture
def world() -> World:
    """A photo was taken in, and then its messages were lost."""
    world = World(
        detector=ScriptedTextDetector(*[CLEAR] * 3), speaker=ScriptedSpeaker(*[tone(0.5)] * 3)
    )
    world.upload()
    world.lose_messages()
    return world


def work_off(world: World) -> None:
    world.deliver(Step.READING)
    world.deliver(Step.NARRATION)
    for step in world.dead_letter_queues:
        world.deliver(step, DEAD_LETTERS)


def status_over_http(world: World) -> int:
    return int(answers.found_response(world.retrieve(), world.part.links).status_code)


def test_a_story_without_audio_resumes_at_narration(world: World) -> None:
    """The documents' own case: 503, an event is sent, only Polly runs, then 200."""
    world.clock.advance(61)
    world.retrieve()
    world.deliver(Step.READING)
    world.lose_messages()
    story = world.story()
    assert world.media.exists(keys.detection(story, ReadingCall(Service.REKOGNITION)))
    assert (story.text, story.audio) == ("Once upon a time.", None)
    world.clock.advance(61)

    assert status_over_http(world) == 503
    assert len(world.narration_queue.kept) == 1
    assert world.reading_queue.kept == []

    work_off(world)

    assert len(world.detector.images) == 1
    assert len(world.speaker.spoken) == 1
    assert status_over_http(world) == 200


def test_a_story_without_text_pays_for_no_second_detection(world: World) -> None:
    claimed = world.story()
    world.clock.advance(61)
    world.failover.resume(world.story())
    work_off(world)
    world.stories.kept[claimed.id] = msgspec.structs.replace(claimed, enqueued_at=None)
    world.clock.advance(61)

    world.failover.resume(world.story())
    work_off(world)

    assert world.story().status is Status.READY
    assert len(world.detector.images) == 1
    assert len(world.speaker.spoken) == 1


@pytest.mark.parametrize("seconds", [61, DAY])
def test_the_sweeper_sends_the_notice_of_a_ready_story(world: World, seconds: float) -> None:
    """After a day for the last time."""
    world.make_ready()
    world.clock.advance(seconds)

    world.sweep()
    assert (world.story().unfinished_since is None) == (seconds == DAY)
    assert len(world.narration_queue.kept) == (seconds == 61)
    assert world.outbox.notices == []
    work_off(world)

    assert len(world.outbox.notices) == 1
    assert world.story().status is Status.READY
    assert world.story().unfinished_since is None
    assert world.speaker.spoken == []


def test_the_sweeper_sends_the_notice_of_a_failed_story_and_does_not_retry(world: World) -> None:
    world.make_failed("it was lost")
    world.clock.advance(61)

    world.sweep()
    work_off(world)

    ((_, body),) = world.outbox.notices
    assert "it was lost" in body
    assert world.detector.images == []
    assert world.story().unfinished_since is None


def test_a_story_without_progress_is_resumed_less_and_less(world: World) -> None:
    for _ in range(60):
        world.clock.advance(61)
        world.retrieve()

    assert len(world.reading_queue.sent) == 1 + 5  # after 1, 3, 7, 15 and 31 minutes


def test_a_story_that_made_progress_is_resumed_after_a_minute_again(world: World) -> None:
    for _ in range(5):
        world.clock.advance(61)
        world.retrieve()
    world.deliver(Step.READING)
    world.lose_messages()
    world.clock.advance(300)
    world.retrieve()
    world.lose_messages()
    assert world.story().resumes == 1
    world.clock.advance(121)

    world.retrieve()

    assert len(world.narration_queue.kept) == 1


def test_the_sweeper_resumes_every_story_that_no_client_polls(world: World) -> None:
    world.upload(voice="Ivy")
    world.lose_messages()
    world.clock.advance(61)

    world.sweep()
    work_off(world)

    assert {story.status for story in world.stories.kept.values()} == {Status.READY}


def test_the_sweeper_leaves_stories_that_are_in_work_or_done(world: World) -> None:
    world.clock.advance(60)
    world.sweep()
    assert world.reading_queue.kept == []

    world.clock.advance(1)
    world.sweep()
    work_off(world)
    world.clock.advance(3600)
    world.sweep()

    assert len(world.reading_queue.sent) == 2


def test_the_sweeper_stops_before_its_time_is_over(world: World) -> None:
    world.clock.advance(61)

    world.sweeper.sweep(lambda: timedelta(seconds=9))

    assert world.reading_queue.kept == []


def test_a_story_that_is_unfinished_for_a_day_fails_with_a_notice(world: World) -> None:
    world.clock.advance(DAY)

    world.sweep()
    work_off(world)

    story = world.story()
    assert story.status is Status.FAILED
    assert story.failure is not None
    assert "stopped without an error" in story.failure.reason
    ((_, body),) = world.outbox.notices
    assert story.failure.reason in body


def test_a_photo_sent_again_gives_its_story_another_day(world: World) -> None:
    world.clock.advance(DAY)

    world.upload()
    world.sweep()

    assert all(not queue.kept for queue in world.dead_letter_queues.values())
    assert world.story().unfinished_since == world.clock()


@pytest.mark.parametrize("polls", [0, 3])
def test_a_claim_whose_photo_never_arrived_fails_in_minutes(world: World, polls: int) -> None:
    world.media.objects.clear()
    world.stories.apply(world.story(), Move({"enqueued_at": None}))
    for _ in range(polls):
        world.clock.advance(61)
        world.retrieve()
        world.sweep()
    assert world.story().enqueued_at is None
    world.clock.advance(361 - 61 * polls)
    assert world.retrieve().status is Status.RECEIVED

    world.sweep()
    work_off(world)

    assert world.story().failure == Failure(PHOTO_MISSING, final=False)
    ((_, body),) = world.outbox.notices
    assert PHOTO_MISSING in body

    again = world.upload()
    work_off(world)

    assert again.status is Status.RECEIVED
    assert world.story().status is Status.READY
    assert len(world.outbox.notices) == 2


def test_a_claim_whose_message_was_never_sent_is_resumed(world: World) -> None:
    world.stories.apply(world.story(), Move({"enqueued_at": None}))
    world.clock.advance(61)

    world.sweep()

    assert world.reading_queue.sent == [about(world.story())] * 2
    assert world.story().enqueued_at == world.clock()
