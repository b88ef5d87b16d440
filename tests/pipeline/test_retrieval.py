import pytest

from chalicelib.delivery.messages import about
from chalicelib.errors import InvalidRequestError, UnknownStoryError
from chalicelib.stories.changes import Move
from tests.fakes.clock import NOW
from tests.fakes.world import World


@pytest.mark.parametrize("spelling", ["{}", '"{}"', 'W/"{}"', ' "{}" '])
def test_a_story_is_found_by_every_spelling_of_its_entity_tag(world: World, spelling: str) -> None:
    story = world.upload()

    assert world.retrieval.retrieve(spelling.format(story.id)) == story
    assert world.retrieval.retrieve(spelling.format(story.id.upper())) == story


@pytest.mark.parametrize(
    ("given", "code"),
    [
        *((missing, "missing_id") for missing in (None, "", "  ")),
        *(
            (malformed, "malformed_id")
            for malformed in ("7", "story", '"', "%00", "x" * 5000, "../../health")
        ),
    ],
)
def test_a_malformed_id_is_refused(world: World, given: str | None, code: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        world.retrieval.retrieve(given)
    assert refused.value.code == code


def test_an_unknown_id_is_not_found(world: World) -> None:
    with pytest.raises(UnknownStoryError):
        world.retrieval.retrieve("5a1f9f52-6b1c-5f0e-9d3c-0123456789ab")


@pytest.mark.parametrize(("seconds", "messages"), [(60, 1), (61, 2)])
def test_polls_start_the_work_once_more_after_a_minute(
    world: World, seconds: int, messages: int
) -> None:
    world.upload()
    world.clock.advance(seconds)

    for _ in range(5):
        world.retrieve()

    assert world.reading_queue.sent == [about(world.story())] * messages
    assert (world.story().enqueued_at == world.clock()) == (messages == 2)


def test_of_simultaneous_polls_one_starts_the_work(world: World) -> None:
    seen_by_both = world.upload()
    world.clock.advance(61)

    world.failover.resume(seen_by_both)
    world.clock.advance(0.001)
    world.failover.resume(seen_by_both)

    assert len(world.reading_queue.sent) == 2


@pytest.mark.parametrize("status", ["ready", "failed"])
def test_a_poll_does_not_change_a_story_that_ended(world: World, status: str) -> None:
    world.upload()
    ended = world.make_ready() if status == "ready" else world.make_failed()
    world.stories.apply(ended, Move({"unfinished_since": None}))
    world.clock.advance(3600)

    world.retrieve()

    assert len(world.reading_queue.sent) == 1
    assert world.narration_queue.sent == []
    assert world.story().enqueued_at == NOW
