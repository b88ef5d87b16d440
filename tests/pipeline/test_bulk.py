"""Many stories at once."""

from collections.abc import Collection

import pytest

from chalicelib.errors import InvalidRequestError, TransientError, UnknownStoryError
from chalicelib.steps.bulk import Bulk
from chalicelib.stories.moves import Move, StoryChanges
from chalicelib.stories.ports import StoriesFound
from chalicelib.stories.story import Status, Story
from chalicelib.stories.upload_request import UploadRequest
from tests.fakes.builders import jpeg, story, upload, upload_request
from tests.fakes.outputs import Outbox
from tests.fakes.stories import InMemoryStories
from tests.fakes.uploads import InMemoryUploadRequests
from tests.fakes.world import World


def bulk(world: World) -> Bulk:
    return world.part(Bulk)


def ready(world: World, count: int) -> list[Story]:
    """Stories that are ready, without a notice so far."""
    stories = []
    for number in range(count):
        receipt = world.intake.take_in(upload(jpeg(shade=100 + number), notify=False))
        done: StoryChanges = {"status": Status.READ, "text": "Once.", "unfinished_since": None}
        world.stories.apply(receipt.story, Move(done))
        audio: StoryChanges = {"status": Status.READY, "audio": f"public/{number}"}
        stories.append(world.stories.apply(receipt.story, Move(audio)))
    return stories


def test_each_id_is_answered_in_its_place() -> None:
    world = World()
    first, second = ready(world, 2)
    request = upload_request()
    world.upload_requests.add(request)

    found = bulk(world).look_up(
        [second.id, "nonsense", story().id, request.id, first.id.upper(), second.id], notify=False
    )

    assert [type(each) for each in found[1:3]] == [InvalidRequestError, UnknownStoryError]
    assert [found[0], found[3], found[4], found[5]] == [second, request, first, second]


def test_one_notice_tells_of_all_that_are_ready() -> None:
    world = World()
    stories = ready(world, 3)
    ids = [each.id for each in stories]

    bulk(world).look_up([*ids, ids[0]], notify=True)

    ((subject, body),) = world.outbox.notices
    assert subject == "3 stories are ready to hear"
    assert body.count("Listen: https://cdn.example/public/") == 3


def test_a_notice_about_one_is_the_storys_own() -> None:
    world = World()
    (only,) = ready(world, 1)

    bulk(world).look_up([only.id], notify=True)

    assert world.outbox.notices[0][0] == "page one.jpg is ready to hear"


@pytest.mark.parametrize(("seconds", "notices"), [(59, 1), (60, 2)])
def test_who_asks_again_within_a_minute_is_not_told_again(seconds: int, notices: int) -> None:
    world = World()
    ids = [each.id for each in ready(world, 2)]

    bulk(world).look_up(ids, notify=True)
    world.clock.advance(seconds)
    bulk(world).look_up(ids[::-1], notify=True)

    assert len(world.outbox.notices) == notices


def test_who_asks_for_more_is_told_of_the_others() -> None:
    world = World()
    ids = [each.id for each in ready(world, 3)]

    bulk(world).look_up(ids[:1], notify=True)
    bulk(world).look_up(ids, notify=True)

    subjects = [subject for subject, _ in world.outbox.notices]
    assert subjects == ["page one.jpg is ready to hear", "2 stories are ready to hear"]


def test_nobody_is_told_who_does_not_want_to_be_nor_of_nothing() -> None:
    world = World()
    ids = [each.id for each in ready(world, 2)]
    waiting = world.intake.take_in(upload()).story

    bulk(world).look_up(ids, notify=False)
    bulk(world).look_up([waiting.id], notify=True)

    assert world.outbox.notices == []


def test_a_notice_that_cannot_be_sent_spoils_no_answer() -> None:
    class Unreachable(Outbox):
        def publish(self, subject: str, body: str) -> None:
            raise TransientError("Publish failed with Throttled")

    world = World(announcer=Unreachable())
    stories = ready(world, 2)

    found = bulk(world).look_up([each.id for each in stories], notify=True)

    assert found == stories


def test_each_unfinished_one_is_resumed_when_it_is_due() -> None:
    world = World()
    due = [world.intake.take_in(upload(jpeg(shade=60 + n))).story for n in range(3)]
    world.reading_queue.kept.clear()
    world.clock.advance(61)
    fresh = world.intake.take_in(upload(jpeg(shade=90))).story

    found = bulk(world).look_up([each.id for each in (*due, fresh)], notify=False)

    sent = [kept.message.id for kept in world.reading_queue.kept]
    assert sorted(sent) == sorted([fresh.id, *(each.id for each in due)])
    assert [each.status for each in found if isinstance(each, Story)] == [Status.RECEIVED] * 4


def test_one_that_cannot_be_resumed_does_not_spoil_the_others() -> None:
    class Stuck(InMemoryStories):
        stuck = ""

        def apply(self, story, move, **more):  # type: ignore[no-untyped-def]
            if story.id == self.stuck:
                raise TransientError("UpdateItem failed with ThrottlingException")
            return super().apply(story, move, **more)

    stories = Stuck()
    world = World(stories=stories)
    lost = [world.intake.take_in(upload(jpeg(shade=60 + n))).story for n in range(2)]
    world.reading_queue.kept.clear()
    world.clock.advance(61)
    stories.stuck = lost[0].id

    found = bulk(world).look_up([each.id for each in lost], notify=False)

    assert found[0] == stories.kept[lost[0].id]
    assert [kept.message.id for kept in world.reading_queue.kept] == [lost[1].id]


def test_what_cannot_be_looked_up_is_no_unknown_story() -> None:
    class Unreachable(InMemoryUploadRequests):
        def find(self, upload_id: str) -> UploadRequest | None:
            raise TransientError("GetItem failed with ThrottlingException")

    with pytest.raises(TransientError):
        bulk(World(upload_requests=Unreachable)).look_up([story().id], notify=False)


def test_a_table_that_does_not_answer_is_no_unknown_story() -> None:
    class Busy(InMemoryStories):
        def find_all(self, story_ids: Collection[str]) -> StoriesFound:
            return StoriesFound({}, list(story_ids))

    with pytest.raises(TransientError):
        bulk(World(stories=Busy())).look_up([story().id], notify=False)


def test_a_hundred_can_be_asked_for_and_no_more() -> None:
    world = World()
    stories = ready(world, 100)
    ids = [each.id for each in stories]

    assert bulk(world).look_up(ids, notify=False) == stories
    with pytest.raises(InvalidRequestError, match="at most 100"):
        bulk(world).look_up([*ids, story().id], notify=False)
    assert bulk(world).look_up([], notify=True) == []
