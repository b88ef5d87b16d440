"""Deleting a story: what is left, when, and what late work may still do."""

from datetime import timedelta

import pytest

from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.errors import (
    ExpiredError,
    InvalidRequestError,
    StoryChangedError,
    TransientError,
    UnknownStoryError,
)
from chalicelib.pages.detection import TextDetection
from chalicelib.steps.deletion import Deletion
from chalicelib.steps.listing import Listing
from chalicelib.stories import keys, moves
from chalicelib.stories.moves import Move, StoryChanges
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Lease, Status, Story
from tests.fakes.builders import jpeg, line, story, upload, upload_request, with_words
from tests.fakes.clock import NOW
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.media import InMemoryMedia, RefusingMedia, SlowCdn
from tests.fakes.stories import InMemoryStories
from tests.fakes.world import World
from tests.unit.test_mp3 import tone


def world_with_a_story(cdn: SlowCdn | None = None) -> World:
    page = with_words(line("Once upon a time.", 0.1, 0.1))
    detector = ScriptedTextDetector(*[page] * 9)
    world = World(detector=detector, speaker=ScriptedSpeaker(*[tone(0.2)] * 9), cdn=cdn)
    world.intake.take_in(upload())
    work_off(world)
    return world


def work_off(world: World) -> None:
    world.deliver(world.reading_queue, world.reading)
    world.deliver(world.narration_queue, world.narration)
    world.deliver(world.queues[Step.RENDITIONS], world.part.handler(Step.RENDITIONS))


def erase(world: World) -> int:
    return world.deliver(world.queues[Step.DELETION], world.part.handler(Step.DELETION))


def files_of(world: World, message: StoryMessage) -> list[str]:
    return [
        key
        for key in world.media.objects
        if key.startswith(keys.prefixes(message.id, message.generation))
    ]


def test_a_deleted_story_is_gone_for_everybody_at_once() -> None:
    world = world_with_a_story()

    deleted = world.part(Deletion).delete(world.story().id)

    assert (deleted.status, deleted.deleted_at) == (Status.DELETED, world.clock())
    found = world.retrieval.retrieve(deleted.id)
    assert isinstance(found, Story)
    assert found.status is Status.DELETED
    assert world.part(Listing).page().stories == []
    assert world.queues[Step.DELETION].sent == [about(deleted)]


def test_then_nothing_is_left_but_a_tombstone() -> None:
    world = world_with_a_story()
    assert len(world.media.objects) == 8  # photo, detection, page, audio, four renditions
    world.part(Deletion).delete(world.story().id)
    world.clock.advance(1)

    erase(world)

    left = world.story()
    assert world.media.objects == {}
    assert left.erased_at == world.clock()
    assert (left.text, left.name, left.content_id, left.page, left.audio) == (
        None,
        "",
        "",
        None,
        None,
    )
    assert left.renditions == {}
    assert left.unfinished_since is None
    _, public = keys.prefixes(about(left).id, about(left).generation)
    assert world.cdn.invalidated == [(public, f"{left.id}-{left.generation}")]


def test_a_tombstone_is_kept_for_thirty_days_by_the_clock() -> None:
    world = world_with_a_story()
    story_id = world.story().id
    world.part(Deletion).delete(story_id)
    erase(world)

    world.clock.advance(timedelta(days=30).total_seconds() - 1)
    assert world.retrieval.retrieve(story_id).status is Status.DELETED
    world.clock.advance(1)

    with pytest.raises(UnknownStoryError):
        world.retrieval.retrieve(story_id)
    with pytest.raises(UnknownStoryError):
        world.part(Deletion).delete(story_id)


def test_deleting_twice_is_fine() -> None:
    world = world_with_a_story()
    first = world.part(Deletion).delete(world.story().id)

    again = world.part(Deletion).delete(first.id)
    erase(world)
    at_last = world.part(Deletion).delete(first.id)

    assert again == first
    assert at_last.erased_at
    assert world.queues[Step.DELETION].sent == [about(first)] * 2  # none when all is gone


def test_two_who_delete_at_once_both_succeed() -> None:
    class Overtaken(InMemoryStories):
        is_overtaken = False

        def find(self, story_id: str) -> Story | None:
            found = super().find(story_id)
            if found is not None and self.is_overtaken:
                self.is_overtaken = False
                self.apply(found, moves.deleted(NOW))
            return found

    stories = Overtaken()
    world = World(stories=stories)
    world.intake.take_in(upload())
    stories.is_overtaken = True

    assert world.part(Deletion).delete(world.story().id).status is Status.DELETED


def test_polls_bring_a_lost_deletion_on_after_a_minute() -> None:
    world = world_with_a_story()
    world.clock.advance(600)
    later: StoryChanges = {"retry_at": world.clock() + timedelta(minutes=15)}
    world.stories.apply(world.story(), Move(later))
    world.part(Deletion).delete(world.story().id)
    for seconds in (0, 60, 1):
        world.clock.advance(seconds)
        world.retrieval.retrieve(world.story().id)

    assert len(world.queues[Step.DELETION].sent) == 2


def test_a_story_can_be_deleted_by_the_id_of_its_upload() -> None:
    world = world_with_a_story()
    request = upload_request()
    world.upload_requests.add(request)
    with pytest.raises(UnknownStoryError):
        world.part(Deletion).delete(request.id)
    world.upload_requests.fulfil(request, world.story(), world.clock())

    world.part(Deletion).delete(request.id)

    assert world.story().status is Status.DELETED


def test_what_is_not_there_cannot_be_deleted() -> None:
    world = World()

    with pytest.raises(UnknownStoryError):
        world.part(Deletion).delete(story().id)
    with pytest.raises(InvalidRequestError):
        world.part(Deletion).delete("../../other")


def test_copies_of_the_cdn_must_be_gone_too() -> None:
    world = world_with_a_story(cdn=SlowCdn(asks=3))
    world.part(Deletion).delete(world.story().id)

    for attempt in (1, 2):
        erase(world)
        assert world.story().erased_at is None
        assert world.queues[Step.DELETION].retries[-1] == (f"deletion-1/{attempt}", 5 * attempt)
        world.clock.advance(60)
    erase(world)

    assert world.story().erased_at
    assert len(set(world.cdn.invalidated)) == 1


def test_it_waits_for_who_may_still_be_storing_files() -> None:
    world = world_with_a_story()
    until = world.clock() + timedelta(seconds=40)
    busy = Lease(Step.NARRATION, "m-9", 1, until)
    world.stories.lease(world.story().id, world.story().generation, busy, world.clock())
    world.part(Deletion).delete(world.story().id)

    erase(world)
    assert world.media.objects == {}
    assert world.story().erased_at is None

    world.media.put(keys.audio(world.story()), b"late", "audio/mpeg")  # and then it died
    world.clock.advance(40)
    erase(world)

    assert world.media.objects == {}
    assert world.story().erased_at


def test_an_upload_that_died_is_waited_for_as_well() -> None:
    world = World(media=RefusingMedia())
    with pytest.raises(TransientError):
        world.intake.take_in(upload())
    world.part(Deletion).delete(world.story().id)

    erase(world)
    assert world.story().erased_at is None
    world.clock.advance(60)
    erase(world)

    assert world.story().erased_at


def test_an_upload_that_stores_it_with_another_waits_for_that_one() -> None:
    class Meeting(InMemoryMedia):
        def put(self, key: str, content: bytes, content_type: str) -> None:
            if not self.objects:
                self.objects[key] = (content, content_type)
                world.clock.advance(1)
                world.intake.take_in(upload())  # done before the first one is
                uploading_until.append(world.story().uploading_until)

    uploading_until: list[object] = []
    world = World(media=Meeting())

    world.intake.take_in(upload())

    assert uploading_until == [NOW + timedelta(seconds=61)]
    assert world.story().uploading_until == NOW + timedelta(seconds=61)


def test_an_upload_that_heals_another_is_waited_for_from_its_own_beginning() -> None:
    world = World(media=RefusingMedia())
    for _ in range(2):
        with pytest.raises(TransientError):
            world.intake.take_in(upload())
        world.clock.advance(100)

    assert world.story().uploading_until == world.clock() - timedelta(seconds=40)


def test_a_stage_that_finishes_late_cleans_up_after_itself() -> None:
    class Deleting(ScriptedTextDetector):
        def detect(self, image: bytes) -> list[TextDetection]:
            world.part(Deletion).delete(world.story().id)
            erase(world)
            return super().detect(image)

    page = with_words(line("Once upon a time.", 0.1, 0.1))
    detector = Deleting(page)
    world = World(detector=detector)
    world.intake.take_in(upload())

    world.deliver(world.reading_queue, world.reading)

    assert len(detector.images) == 1
    assert world.media.objects == {}
    assert world.narration_queue.sent == []
    assert world.story().leases == {}


def test_so_does_one_whose_story_lives_again() -> None:
    class Replacing(ScriptedTextDetector):
        def detect(self, image: bytes) -> list[TextDetection]:
            if not self.images:
                world.part(Deletion).delete(world.story().id)
                erase(world)
                world.intake.take_in(upload())
            return super().detect(image)

    page = with_words(line("Once upon a time.", 0.1, 0.1))
    world = World(detector=Replacing(page, page))
    world.intake.take_in(upload())
    old = about(world.story())

    world.deliver(world.reading_queue, world.reading)

    assert files_of(world, old) == []
    assert world.media.exists(keys.page(world.story()))


def test_a_message_that_comes_too_late_cleans_up_as_well() -> None:
    world = world_with_a_story()
    old = about(world.story())
    world.part(Deletion).delete(old.id)
    erase(world)
    world.media.put(keys.audio(world.story()), b"of a worker that died", "audio/mpeg")
    world.narration_queue.send(old)

    work_off(world)

    assert world.media.objects == {}


def test_messages_of_a_deleted_story_do_nothing() -> None:
    world = world_with_a_story()
    message = about(world.story())
    world.part(Deletion).delete(message.id)
    erase(world)
    moves = world.story()
    world.clock.advance(1)
    for step in (Step.READING, Step.NARRATION, Step.RENDITIONS, Step.DELETION):
        world.queues[step].send(message)

    work_off(world)
    erase(world)

    assert world.story() == moves
    assert world.media.objects == {}


def test_a_photo_sent_again_after_deletion_is_a_new_story() -> None:
    world = world_with_a_story()
    old = world.story()
    world.part(Deletion).delete(old.id)
    erase(world)

    receipt = world.intake.take_in(upload())
    work_off(world)

    assert not receipt.duplicate
    assert world.story().id == old.id
    assert world.story().generation != old.generation
    assert world.story().status is Status.READY


def test_a_photo_sent_again_during_deletion_is_a_new_story_that_it_does_not_touch() -> None:
    world = world_with_a_story()
    old = about(world.story())
    world.part(Deletion).delete(old.id)
    world.queues[Step.DELETION].kept.clear()  # it was lost; the new claim sees to that

    world.intake.take_in(upload())
    work_off(world)
    alive = world.story()
    kept = dict(world.media.objects)
    erase(world)
    world.clock.advance(121)
    erase(world)

    assert world.story() == alive
    assert files_of(world, old) == []
    assert {
        key
        for key in kept
        if key.startswith(keys.prefixes(about(alive).id, about(alive).generation))
    } == set(world.media.objects)
    _, public = keys.prefixes(old.id, old.generation)
    assert world.cdn.invalidated == [(public, f"{old.id}-{old.generation}")]
    assert world.queues[Step.DELETION].kept == []


def test_an_upload_that_was_overtaken_by_a_deletion_leaves_nothing() -> None:
    class Deleting(InMemoryMedia):
        def put(self, key: str, content: bytes, content_type: str) -> None:
            if not world.queues[Step.DELETION].sent:
                world.part(Deletion).delete(world.story().id)
            super().put(key, content, content_type)

    world = World(media=Deleting())

    with pytest.raises(StoryChangedError):
        world.intake.take_in(upload())

    assert world.media.objects == {}


def test_a_lost_deletion_goes_on_with_the_sweeper() -> None:
    world = world_with_a_story()
    world.part(Deletion).delete(world.story().id)
    world.queues[Step.DELETION].kept.clear()
    world.clock.advance(300)

    world.sweep()
    erase(world)

    assert world.story().erased_at


def test_it_goes_on_for_as_long_as_it_takes() -> None:
    world = world_with_a_story()
    world.part(Deletion).delete(world.story().id)
    world.queues[Step.DELETION].kept.clear()
    world.clock.advance(timedelta(days=2).total_seconds())

    world.sweep()
    erase(world)

    assert world.story().erased_at


def test_requests_are_kept_as_long_as_the_tombstone_to_which_they_lead() -> None:
    world = world_with_a_story()
    requests = [upload_request(id=f"0f8fad5b-d9cb-469f-a165-00000000000{n}") for n in range(3)]
    for request in requests:
        world.upload_requests.add(request)
        world.upload_requests.fulfil(request, world.story(), world.clock())
    story_id = world.story().id

    world.part(Deletion).delete(story_id)
    erase(world)

    for request in requests:
        left = world.upload_requests.kept[request.id]
        assert (left.expires_at, left.name) == (world.story().expires_at, "")
        assert world.retrieval.retrieve(request.id).status is Status.DELETED
    world.intake.take_in(upload())
    with pytest.raises(ExpiredError, match="deleted"):  # the new life is none of theirs
        world.retrieval.retrieve(requests[0].id)


def test_the_photo_itself_is_not_left_in_the_staging_bucket() -> None:
    """Whoever took it in died after its story was made."""
    world = world_with_a_story()
    request = upload_request()
    world.upload_requests.add(request)
    world.intake_bucket.post(request.key, jpeg(), request.id)
    staged = world.intake_bucket.head(request.key)
    assert staged is not None
    world.upload_requests.fulfil(request, world.story(), staged.arrived_at)

    world.part(Deletion).delete(world.story().id)
    erase(world)

    assert world.intake_bucket.objects == {}


def test_a_photo_posted_since_stays_in_the_staging_bucket() -> None:
    world = world_with_a_story()
    request = upload_request()
    world.upload_requests.add(request)
    world.upload_requests.fulfil(request, world.story(), world.clock())
    world.clock.advance(5)
    world.intake_bucket.post(request.key, jpeg(), request.id)

    world.part(Deletion).delete(world.story().id)
    erase(world)

    assert request.key in world.intake_bucket.objects


def test_a_story_that_is_not_deleted_is_never_erased() -> None:
    world = world_with_a_story()
    kept = dict(world.media.objects)
    world.queues[Step.DELETION].send(about(world.story()))

    erase(world)

    assert world.media.objects == kept
    assert world.cdn.invalidated == []


def test_the_reading_of_another_story_is_left_alone() -> None:
    world = world_with_a_story()
    world.intake.take_in(upload(jpeg(shade=90)))
    work_off(world)
    first, second = world.stories.kept.values()

    world.part(Deletion).delete(first.id)
    erase(world)

    assert world.stories.kept[second.id] == second
    assert len(files_of(world, about(second))) == 8
