import pytest

from chalicelib.delivery.messages import about
from chalicelib.errors import InvalidRequestError, UnknownStoryError
from chalicelib.stories.moves import Move
from chalicelib.stories.story import Status
from tests.fakes.builders import upload
from tests.fakes.clock import NOW
from tests.fakes.world import World


def world_with_a_story() -> World:
    world = World()
    world.intake.take_in(upload())
    return world


@pytest.mark.parametrize("spelling", ["{}", '"{}"', 'W/"{}"', ' "{}" '])
def test_a_story_is_found_by_every_spelling_of_its_entity_tag(spelling: str) -> None:
    world = world_with_a_story()
    story = world.story()

    assert world.retrieval.retrieve(spelling.format(story.id)) == story
    assert world.retrieval.retrieve(spelling.format(story.id.upper())) == story


@pytest.mark.parametrize("missing", [None, "", "  "])
def test_without_an_id_nothing_is_looked_up(missing: str | None) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        World().retrieval.retrieve(missing)
    assert refused.value.code == "missing_id"


@pytest.mark.parametrize("malformed", ["7", "story", '"', "%00", "x" * 5000, "../../health"])
def test_what_is_no_id_is_refused(malformed: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        World().retrieval.retrieve(malformed)
    assert refused.value.code == "malformed_id"


def test_an_unknown_id_is_not_found() -> None:
    with pytest.raises(UnknownStoryError):
        World().retrieval.retrieve("5a1f9f52-6b1c-5f0e-9d3c-0123456789ab")


def test_polling_right_after_the_upload_does_not_start_the_work_twice() -> None:
    world = world_with_a_story()
    world.clock.advance(60)

    world.retrieval.retrieve(world.story().id)

    assert len(world.reading_queue.sent) == 1


def test_polling_after_a_minute_starts_the_work_once_more() -> None:
    world = world_with_a_story()
    world.clock.advance(61)

    for _ in range(5):
        world.retrieval.retrieve(world.story().id)

    assert world.reading_queue.sent == [about(world.story())] * 2
    assert world.story().enqueued_at == world.clock()


def test_of_simultaneous_polls_one_starts_the_work() -> None:
    world = world_with_a_story()
    world.clock.advance(61)
    seen_by_both = world.story()

    world.failover.resume(seen_by_both)
    world.clock.advance(0.001)
    world.failover.resume(seen_by_both)

    assert len(world.reading_queue.sent) == 2


def test_text_there_but_audio_not_resumes_at_narration() -> None:
    world = world_with_a_story()
    world.stories.apply(world.story(), Move({"status": Status.READ, "text": "Once."}))
    world.clock.advance(61)

    world.retrieval.retrieve(world.story().id)

    assert len(world.reading_queue.sent) == 1
    assert world.narration_queue.sent == [about(world.story())]


@pytest.mark.parametrize("status", [Status.READY, Status.FAILED])
def test_a_story_that_ended_is_left_alone(status: Status) -> None:
    world = world_with_a_story()
    world.stories.apply(world.story(), Move({"status": Status.READ, "text": "Once."}))
    world.stories.apply(world.story(), Move({"status": status, "unfinished_since": None}))
    world.clock.advance(3600)

    world.retrieval.retrieve(world.story().id)

    assert world.narration_queue.sent == []
    assert world.story().enqueued_at == NOW
