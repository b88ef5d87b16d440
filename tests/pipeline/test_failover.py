"""The story resumes exactly where its data stops, whoever asks for it."""

from datetime import timedelta

import pytest

from chalicelib.delivery.messages import about
from chalicelib.delivery.timeouts import GIVE_UP_AFTER
from chalicelib.http import answers
from chalicelib.stories import keys
from chalicelib.stories.moves import Move
from chalicelib.stories.queues import DEAD_LETTERS
from chalicelib.stories.story import PHOTO_MISSING, Failure, Status, Story
from tests.fakes.builders import upload
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.world import World
from tests.pipeline.test_reading import CLEAR

DAY = GIVE_UP_AFTER.total_seconds() + 1


def world_with_lost_work() -> World:
    """A photo was taken in, and then its messages were lost."""
    world = World(
        detector=ScriptedTextDetector(*[CLEAR] * 3), speaker=ScriptedSpeaker(*[b"mp3"] * 3)
    )
    world.intake.take_in(upload())
    lose_messages(world)
    return world


def lose_messages(world: World) -> None:
    for queue in world.queues.values():
        queue.kept.clear()


def work_off(world: World) -> None:
    world.deliver(world.reading_queue, world.reading)
    world.deliver(world.narration_queue, world.narration)
    for step, letters in world.dead_letter_queues.items():
        world.deliver(letters, world.part.handler(step, DEAD_LETTERS))


def status_over_http(world: World, story: Story) -> int:
    found = world.retrieval.retrieve(story.id)
    return int(answers.found_response(found, world.part.links).status_code)


def test_json_and_text_are_there_and_audio_is_not() -> None:
    """The documents' own case: 503, an event is sent, only Polly runs, then 200."""
    world = world_with_lost_work()
    world.retrieval.retrieve(world.story().id)
    world.clock.advance(61)
    world.retrieval.retrieve(world.story().id)
    world.deliver(world.reading_queue, world.reading)
    lose_messages(world)
    story = world.story()
    assert world.media.exists(keys.detection(story, 0))
    assert (story.text, story.audio) == ("Once upon a time.", None)
    world.clock.advance(61)

    assert status_over_http(world, story) == 503
    assert len(world.narration_queue.kept) == 1
    assert world.reading_queue.kept == []

    work_off(world)

    assert len(world.detector.images) == 1
    assert len(world.speaker.spoken) == 1
    assert status_over_http(world, story) == 200


def test_json_there_but_text_not_pays_for_no_second_detection() -> None:
    world = world_with_lost_work()
    world.clock.advance(61)
    world.failover.resume(world.story())
    work_off(world)
    story = world.story()
    world.stories.kept[story.id] = Story(
        **{f: getattr(story, f) for f in ("id", "generation", "content_id", "name")},
        status=Status.RECEIVED,
        content_type=story.content_type,
        language=story.language,
        voice=story.voice,
        notify=True,
        created_at=story.created_at,
        unfinished_since=story.created_at,
    )
    world.clock.advance(61)

    world.failover.resume(world.story())
    work_off(world)

    assert world.story().status is Status.READY
    assert len(world.detector.images) == 1
    assert len(world.speaker.spoken) == 1


def test_audio_there_is_only_finished() -> None:
    world = world_with_lost_work()
    story = world.stories.apply(world.story(), Move({"status": Status.READ, "text": "Once."}))
    world.media.put(keys.audio(story), b"spoken before", "audio/mpeg")
    world.clock.advance(61)

    world.retrieval.retrieve(story.id)
    work_off(world)

    assert world.story().status is Status.READY
    assert world.detector.images == []
    assert world.speaker.spoken == []
    assert len(world.outbox.notices) == 1


def test_a_ready_story_of_which_nobody_was_told_is_announced() -> None:
    world = world_with_lost_work()
    world.stories.apply(world.story(), Move({"status": Status.READ, "text": "Once."}))
    world.stories.apply(world.story(), Move({"status": Status.READY, "audio": "public/a"}))
    world.clock.advance(61)

    world.sweep()
    work_off(world)

    assert len(world.outbox.notices) == 1
    assert world.story().unfinished_since is None
    assert world.speaker.spoken == []


def test_a_failure_of_which_nobody_was_told_is_announced_and_not_tried_again() -> None:
    world = world_with_lost_work()
    failure = Failure("it was lost", final=False)
    world.stories.apply(world.story(), Move({"status": Status.FAILED, "failure": failure}))
    world.clock.advance(61)

    world.sweep()
    work_off(world)

    ((_, body),) = world.outbox.notices
    assert "it was lost" in body
    assert world.detector.images == []
    assert world.story().unfinished_since is None


def test_what_nobody_could_be_told_of_for_a_day_is_tried_one_last_time() -> None:
    world = world_with_lost_work()
    world.stories.apply(world.story(), Move({"status": Status.READ, "text": "Once."}))
    world.stories.apply(world.story(), Move({"status": Status.READY, "audio": "public/a"}))
    world.clock.advance(DAY)

    world.sweep()
    assert world.story().unfinished_since is None
    assert world.narration_queue.kept == []
    assert world.outbox.notices == []
    work_off(world)

    assert len(world.outbox.notices) == 1
    assert world.story().status is Status.READY


def test_asking_for_a_ready_story_never_depends_on_a_queue() -> None:
    world = world_with_lost_work()
    world.stories.apply(world.story(), Move({"status": Status.READ, "text": "Once."}))
    world.stories.apply(world.story(), Move({"status": Status.READY, "audio": "public/a"}))
    world.clock.advance(61)

    assert status_over_http(world, world.story()) == 200
    assert world.narration_queue.kept == []


def test_work_that_gets_nowhere_is_resumed_less_and_less() -> None:
    world = world_with_lost_work()
    for _ in range(60):
        world.clock.advance(61)
        world.retrieval.retrieve(world.story().id)

    assert len(world.reading_queue.sent) == 1 + 5  # after 1, 3, 7, 15 and 31 minutes


def test_work_that_goes_on_is_resumed_after_a_minute_again() -> None:
    world = world_with_lost_work()
    for _ in range(5):
        world.clock.advance(61)
        world.retrieval.retrieve(world.story().id)
    world.deliver(world.reading_queue, world.reading)
    lose_messages(world)
    world.clock.advance(300)
    world.retrieval.retrieve(world.story().id)
    lose_messages(world)
    assert world.story().resumes == 1
    world.clock.advance(121)

    world.retrieval.retrieve(world.story().id)

    assert len(world.narration_queue.kept) == 1


def test_the_sweeper_resumes_every_story_that_nobody_asks_for() -> None:
    world = world_with_lost_work()
    world.intake.take_in(upload(voice="Ivy"))
    lose_messages(world)
    world.clock.advance(61)

    world.sweep()
    work_off(world)

    assert {story.status for story in world.stories.kept.values()} == {Status.READY}


def test_the_sweeper_leaves_what_is_at_work_or_done() -> None:
    world = world_with_lost_work()
    world.clock.advance(60)
    world.sweep()
    assert world.reading_queue.kept == []

    world.clock.advance(1)
    world.sweep()
    work_off(world)
    world.clock.advance(3600)
    world.sweep()

    assert len(world.reading_queue.sent) == 2


def test_the_sweeper_stops_before_its_time_is_over() -> None:
    world = world_with_lost_work()
    world.clock.advance(61)

    world.sweeper.sweep(lambda: timedelta(seconds=9))

    assert world.reading_queue.kept == []


def test_after_a_day_an_unfinished_story_fails_with_a_notice() -> None:
    world = world_with_lost_work()
    world.clock.advance(DAY)

    world.sweep()
    work_off(world)

    story = world.story()
    assert story.status is Status.FAILED
    assert story.failure is not None
    assert "stopped without an error" in story.failure.reason
    ((_, body),) = world.outbox.notices
    assert story.failure.reason in body


def test_who_sends_the_photo_again_gives_it_another_day() -> None:
    world = world_with_lost_work()
    world.clock.advance(DAY)

    world.intake.take_in(upload())
    world.sweep()

    assert all(not queue.kept for queue in world.dead_letter_queues.values())
    assert world.story().unfinished_since == world.clock()


@pytest.mark.parametrize("polls", [0, 3])
def test_a_claim_whose_photo_never_arrived_fails_after_a_day(polls: int) -> None:
    world = world_with_lost_work()
    world.media.objects.clear()
    world.stories.apply(world.story(), Move({"enqueued_at": None}))
    for _ in range(polls):
        world.clock.advance(61)
        world.retrieval.retrieve(world.story().id)
        world.sweep()
    assert world.story().enqueued_at is None
    world.clock.advance(DAY)

    world.sweep()
    work_off(world)

    assert world.story().failure == Failure(PHOTO_MISSING, final=False)
    ((_, body),) = world.outbox.notices
    assert PHOTO_MISSING in body

    again = world.intake.take_in(upload())
    work_off(world)

    assert again.story.status is Status.RECEIVED
    assert world.story().status is Status.READY
    assert len(world.outbox.notices) == 2


def test_a_claim_whose_photo_arrived_but_whose_message_did_not_is_resumed() -> None:
    world = world_with_lost_work()
    world.stories.apply(world.story(), Move({"enqueued_at": None}))
    world.clock.advance(61)

    world.sweep()

    assert world.reading_queue.sent == [about(world.story())] * 2
    assert world.story().enqueued_at == world.clock()
