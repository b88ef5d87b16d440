"""Many stories in one request."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib.errors import InvalidRequestError, TransientError, UnknownStoryError
from chalicelib.steps.bulk import Bulk
from chalicelib.stories import keys, moves
from chalicelib.stories.changes import Move
from chalicelib.stories.ports import StoriesFound
from chalicelib.stories.story import Spoken, Story
from tests.fakes.builders import SIZE, jpeg, read_move, story, upload_request
from tests.fakes.trouble import fail, put
from tests.fakes.world import World


def look_up(world: World, ids: Sequence[str], *, notify: bool = False) -> Sequence[object]:
    return world.part(Bulk).look_up(ids, notify=notify)


def ready(world: World, count: int) -> list[Story]:
    """Stories that are ready; no notice was sent about them."""
    stories = []
    for number in range(count):
        story = world.upload(jpeg(shade=100 + number), notify=False)
        story = world.stories.apply(story, read_move(story))
        story = world.stories.apply(
            story, moves.narrated(story, keys.audio(story), Spoken(1, 1000), SIZE)
        )
        stories.append(world.stories.apply(story, Move({"unfinished_since": None})))
    return stories


def lost(world: World, count: int) -> list[Story]:
    """Stories whose work was lost a minute ago."""
    stories = [world.upload(jpeg(shade=60 + n)) for n in range(count)]
    world.lose_messages()
    world.clock.advance(61)
    return stories


def ids_of(stories: Sequence[Story]) -> list[str]:
    return [each.id for each in stories]


def subjects(world: World) -> list[str]:
    return [subject for subject, _ in world.outbox.notices]


def test_each_id_is_answered_in_its_place(world: World) -> None:
    first, second = ready(world, 2)
    request = upload_request()
    world.upload_requests.add(request)

    found = look_up(
        world, [second.id, "nonsense", story().id, request.id, first.id.upper(), second.id]
    )

    assert [type(each) for each in found[1:3]] == [InvalidRequestError, UnknownStoryError]
    assert [found[0], found[3], found[4], found[5]] == [second, request, first, second]


def test_one_notice_tells_of_all_that_are_ready(world: World) -> None:
    ids = ids_of(ready(world, 3))

    look_up(world, [*ids, ids[0]], notify=True)

    ((subject, body),) = world.outbox.notices
    assert subject == "3 stories are ready to hear"
    assert re.findall(r"#story=(\S+)/\w+/1$", body, re.MULTILINE) == ids


@pytest.mark.parametrize(("seconds", "notices"), [(59, 1), (60, 2)])
def test_a_notice_is_repeated_after_a_minute(world: World, seconds: int, notices: int) -> None:
    ids = ids_of(ready(world, 2))

    look_up(world, ids, notify=True)
    world.clock.advance(seconds)
    look_up(world, ids[::-1], notify=True)

    assert len(world.outbox.notices) == notices


def test_a_second_request_for_more_is_notified_of_the_others(world: World) -> None:
    ids = ids_of(ready(world, 3))

    look_up(world, ids[:1], notify=True)
    look_up(world, ids, notify=True)

    assert subjects(world) == ["page one.jpg is ready to hear", "2 stories are ready to hear"]


def test_no_notice_is_sent_without_a_wish_or_without_a_ready_story(world: World) -> None:
    ids = ids_of(ready(world, 2))
    waiting = world.upload()

    look_up(world, ids)
    look_up(world, [waiting.id], notify=True)

    assert world.outbox.notices == []


def test_a_notice_that_cannot_be_sent_does_not_change_the_answer(world: World) -> None:
    stories = ready(world, 2)
    fail(world.announcer, "publish")

    assert look_up(world, ids_of(stories), notify=True) == stories


def test_a_story_that_cannot_be_resumed_does_not_stop_the_others(world: World) -> None:
    first, second = lost(world, 2)
    apply = world.stories.apply

    def stuck(story: Story, move: Move, **more: Any) -> Story:
        if story.id == first.id:
            raise TransientError("UpdateItem failed with ThrottlingException")
        return apply(story, move, **more)

    put(world.stories, "apply", stuck)

    found = look_up(world, ids_of([first, second]))

    assert found[0] == world.stories.kept[first.id]
    assert [kept.message.id for kept in world.reading_queue.kept] == [second.id]


def test_a_table_of_upload_requests_that_is_away_is_an_error(world: World) -> None:
    fail(world.upload_requests, "find")

    with pytest.raises(TransientError):
        look_up(world, [story().id])


def test_a_table_of_stories_that_does_not_answer_is_an_error(world: World) -> None:
    put(world.stories, "find_all", lambda story_ids: StoriesFound({}, list(story_ids)))

    with pytest.raises(TransientError):
        look_up(world, [story().id])


def test_a_request_names_at_most_a_hundred_stories(world: World) -> None:
    stories = ready(world, 100)
    ids = ids_of(stories)

    assert look_up(world, ids) == stories
    with pytest.raises(InvalidRequestError, match="at most 100"):
        look_up(world, [*ids, story().id])
    assert look_up(world, [], notify=True) == []
