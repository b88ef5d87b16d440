"""Deleting a story: what is left, when, and what late work may still do."""

import uuid
from collections import Counter
from datetime import datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.delivery.timeouts import CLOCKS_DIFFER_BY, SWEEP_EVERY
from chalicelib.errors import (
    CdnBusyError,
    ExpiredError,
    InvalidRequestError,
    StoryChangedError,
    TransientError,
    UnknownStoryError,
)
from chalicelib.steps.deletion import Deletion
from chalicelib.steps.listing import Listing
from chalicelib.steps.sweeper import Sweeper
from chalicelib.stories import keys, moves
from chalicelib.stories.queues import OF_STORIES, Step
from chalicelib.stories.story import Lease, Status, Story
from chalicelib.stories.upload_request import UploadStatus
from chalicelib.telemetry import OLDEST_WORK
from tests.fakes.builders import jpeg, story, upload_request
from tests.fakes.clock import NOW, Clock
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.trouble import before, failing
from tests.fakes.world import World, assembled
from tests.pipeline.test_reading import CLEAR
from tests.unit.test_mp3 import tone


def world_with_a_photo() -> World:
    """A page that can be read and spoken is taken in."""
    detector, speaker = ScriptedTextDetector(*[CLEAR] * 9), ScriptedSpeaker(*[tone(0.6)] * 9)
    world = World(detector=detector, speaker=speaker)
    world.upload()
    return world


def world_with_a_story() -> World:
    world = world_with_a_photo()
    world.make_story()
    return world


def erase(world: World) -> int:
    return world.deliver(Step.DELETION)


def delete_and_erase(world: World) -> None:
    world.delete()
    erase(world)


def files_of(world: World, message: StoryMessage) -> list[str]:
    prefixes = keys.prefixes(message.id, message.generation)
    return [key for key in world.media.objects if key.startswith(prefixes)]


def values_of(record: msgspec.Struct) -> dict[str, object]:
    """The fields of a record that say anything."""
    return {name: value for name, value in msgspec.structs.asdict(record).items() if value}


def test_a_deleted_story_is_gone_for_every_client_at_once() -> None:
    world = world_with_a_story()

    deleted = world.delete()

    assert (deleted.status, deleted.deleted_at) == (Status.DELETED, world.clock())
    found = world.retrieve()
    assert isinstance(found, Story)
    assert found.status is Status.DELETED
    assert world.part(Listing).page().stories == []
    assert world.queues[Step.DELETION].sent == [about(deleted)]


def test_an_erased_story_leaves_a_tombstone_only() -> None:
    world = world_with_a_story()
    # Photo, detection, text, page, four renditions; one part of speech and its marks; four files
    # of the narration.
    assert len(world.media.objects) == 14
    deleted = world.delete()
    world.clock.advance(1)

    erase(world)

    left = world.story()
    assert world.media.objects == {}
    # Nothing else: neither the photo's hash nor its name nor its text.
    kept = {"id", "generation", "content_type", "language", "voice", "notify", "created_at"}
    kept |= {"enqueued_at", "notified_of", "notified_at", "revision", "read_along"}
    since = {"status": Status.DELETED, "deleted_at": deleted.deleted_at}
    since |= {"erased_at": world.clock(), "expires_at": world.clock() + timedelta(days=30)}
    assert values_of(left) == {name: getattr(deleted, name) for name in kept} | since
    _, public = keys.prefixes(left.id, left.generation)
    assert world.cdn.invalidated == [(public, f"{deleted.id}-{deleted.generation}")]


def test_a_tombstone_is_kept_for_thirty_days() -> None:
    world = world_with_a_story()
    story_id = world.story().id
    delete_and_erase(world)

    world.clock.advance(timedelta(days=30).total_seconds() - 1)
    assert world.retrieval.retrieve(story_id).status is Status.DELETED
    world.clock.advance(1)

    with pytest.raises(UnknownStoryError):
        world.retrieval.retrieve(story_id)
    with pytest.raises(UnknownStoryError):
        world.part(Deletion).delete(story_id)


def test_a_story_can_be_deleted_twice() -> None:
    world = world_with_a_story()
    first = world.delete()

    again = world.delete()
    erase(world)
    at_last = world.delete()

    assert again == first
    assert at_last.erased_at
    assert world.queues[Step.DELETION].sent == [about(first)] * 2  # none when all is gone


def test_two_clients_that_delete_at_once_both_succeed(world: World) -> None:
    story = world.upload()
    before(world.stories, "apply", lambda: world.stories.apply(story, moves.deleted(NOW)))

    assert world.delete().status is Status.DELETED


def test_polls_resume_a_lost_deletion_after_a_minute() -> None:
    world = world_with_a_story()
    world.clock.advance(600)
    later = moves.attempt_failed("no answer", world.clock() + timedelta(minutes=15))
    world.stories.apply(world.story(), later)
    world.delete()
    for seconds in (0, 60, 1):
        world.clock.advance(seconds)
        world.retrieve()

    assert len(world.queues[Step.DELETION].sent) == 2


def test_a_story_can_be_deleted_by_the_id_of_its_upload() -> None:
    world = world_with_a_story()
    request = upload_request()
    world.upload_requests.add(request)
    world.upload_requests.fulfil(request, world.story(), world.clock())

    world.part(Deletion).delete(request.id)

    assert world.story().status is Status.DELETED


@pytest.mark.parametrize(
    ("story_id", "error"), [(story().id, UnknownStoryError), ("../../other", InvalidRequestError)]
)
def test_an_unknown_story_cannot_be_deleted(
    world: World, story_id: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        world.part(Deletion).delete(story_id)


def test_a_story_is_erased_when_the_cdn_has_forgotten_it() -> None:
    world = world_with_a_story()
    world.cdn.asks = 3
    world.delete()

    for attempt in (1, 2):
        erase(world)
        assert world.story().erased_at is None
        assert world.queues[Step.DELETION].retries[-1] == (f"deletion-1/{attempt}", 5 * attempt)
        world.clock.advance(60)
    erase(world)

    assert world.story().erased_at
    assert len(set(world.cdn.invalidated)) == 1


class CloudFront:
    """Runs 15 wildcard invalidations at a time, each for some minutes.

    Attributes:
        begun: When each began, by its reference and prefix.
    """

    def __init__(self, clock: Clock, takes: timedelta) -> None:
        self.begun: dict[tuple[str, str], datetime] = {}
        self.refused = 0
        self._clock = clock
        self._takes = takes

    def invalidate(self, prefix: str, reference: str) -> bool:
        now, asked = self._clock(), (reference, prefix)
        if asked not in self.begun:
            if sum(now - began < self._takes for began in self.begun.values()) >= 15:
                self.refused += 1
                raise CdnBusyError("too many")
            self.begun[asked] = now
        return now - self.begun[asked] >= self._takes


@pytest.mark.parametrize("minutes", [1, 5])
def test_a_mass_deletion_ends_in_time_and_shares_invalidations(minutes: int) -> None:
    world = World()
    cdn = CloudFront(world.clock, timedelta(minutes=minutes))
    world.part = assembled(SimpleNamespace(**{**vars(world), "cdn": cdn}), world.clock)
    for number in range(200):
        each = story(id=str(uuid.UUID(int=number)), unfinished_since=NOW)
        world.stories.claim(each)
        world.media.put(keys.page(each), b"page", "image/jpeg")
        world.part(Deletion).delete(each.id)
    sweeper, began_at = world.part(Sweeper), world.clock()

    while world.queues[Step.DELETION].kept:
        for _ in range(SWEEP_EVERY // timedelta(seconds=20)):
            erase(world)
            world.clock.advance(20)
        sweeper.sweep(lambda: timedelta(minutes=5))

    assert cdn.refused > 0
    assert all(each.erased_at for each in world.stories.kept.values())
    assert world.media.objects == {}
    assert world.queues[Step.DELETION].count() == 0
    assert world.dead_letter_queues[Step.DELETION].kept == []
    assert all(age < 3600 for _, age in world.meter.of(OLDEST_WORK))  # the alarm
    # Fifteen of their own each time that there is room, and one a minute for all others.
    assert len(cdn.begun) <= 15 * ((world.clock() - began_at) / timedelta(minutes=minutes) + 1)
    assert len(cdn.begun) < 100


def test_the_files_of_a_story_are_gone_before_a_shared_invalidation_begins() -> None:
    world = world_with_a_story()
    world.cdn.refusals = 1
    world.delete()

    erase(world)
    (waiting,) = world.queues[Step.DELETION].kept
    assert waiting.message.gone_before is not None
    assert waiting.message.gone_before - world.clock() >= CLOCKS_DIFFER_BY
    assert (waiting.receives, waiting.visible_at) == (0, waiting.message.gone_before)
    assert world.media.objects == {}
    assert world.cdn.invalidated == []

    waiting.visible_at = world.clock()  # SQS delivers too early
    erase(world)
    assert world.cdn.invalidated == []
    assert world.story().erased_at is None

    world.clock.advance(70)
    erase(world)
    assert world.cdn.invalidated == [
        ("public/", f"all-{waiting.message.gone_before:%Y-%m-%dT%H:%M}")
    ]
    assert world.story().erased_at


def test_a_later_deletion_takes_a_later_shared_invalidation() -> None:
    """The earlier one may have begun before the later story's files were removed."""
    world = World()
    for number in range(2):
        each = story(id=str(uuid.UUID(int=number)))
        world.stories.claim(each)
        world.part(Deletion).delete(each.id)
        world.cdn.refusals = 1
        erase(world)
        world.clock.advance(70)
        erase(world)

    assert len({reference for _, reference in world.cdn.invalidated}) == 2
    assert {prefix for prefix, _ in world.cdn.invalidated} == {"public/"}
    assert all(each.erased_at for each in world.stories.kept.values())


def test_a_shared_invalidation_is_asked_for_until_it_is_done() -> None:
    world = world_with_a_story()
    world.cdn.refusals, world.cdn.asks = 2, 2
    world.delete()

    for _ in range(6):
        erase(world)
        world.clock.advance(65)

    assert world.story().erased_at
    ((asked, times),) = Counter(world.cdn.invalidated).items()
    assert (asked[0], times) == ("public/", 2)


def test_a_deletion_waits_for_a_worker_that_may_still_store_files() -> None:
    world = world_with_a_story()
    until = world.clock() + timedelta(seconds=40)
    busy = Lease(Step.NARRATION, "m-9", 1, until)
    world.stories.lease(world.story().id, world.story().generation, busy, world.clock())
    world.delete()

    erase(world)
    assert world.media.objects == {}
    assert world.story().erased_at is None

    world.media.put(keys.audio(world.story()), b"late", "audio/mpeg")  # and then it died
    world.clock.advance(40)
    erase(world)

    assert world.media.objects == {}
    assert world.story().erased_at


def test_a_deletion_waits_for_an_upload_that_died(world: World) -> None:
    with failing(world.media, "put"), pytest.raises(TransientError):
        world.upload()
    world.delete()

    erase(world)
    assert world.story().erased_at is None
    world.clock.advance(60)
    erase(world)

    assert world.story().erased_at


def test_the_later_of_two_uploads_of_one_photo_is_waited_for(world: World) -> None:
    uploading_until: list[object] = []

    def upload_again() -> None:
        world.clock.advance(1)
        world.upload()  # done before the first one is
        uploading_until.append(world.story().uploading_until)

    before(world.media, "put", upload_again)

    world.upload()

    assert uploading_until == [NOW + timedelta(seconds=61)]
    assert world.story().uploading_until == NOW + timedelta(seconds=61)


def test_a_late_step_removes_the_files_that_it_stored() -> None:
    world = world_with_a_photo()
    before(world.detector, "detect", lambda: delete_and_erase(world))

    world.deliver(Step.READING)

    assert len(world.detector.images) == 1
    assert world.media.objects == {}
    assert world.narration_queue.sent == []
    assert world.story().leases == {}


def test_a_late_step_leaves_the_files_of_the_next_generation() -> None:
    world = world_with_a_photo()
    old = about(world.story())

    def replace() -> None:
        delete_and_erase(world)
        world.upload()

    before(world.detector, "detect", replace)

    world.deliver(Step.READING)

    assert files_of(world, old) == []
    assert world.media.exists(keys.page(world.story()))


def test_a_late_message_removes_the_files_of_a_worker_that_died() -> None:
    world = world_with_a_story()
    delete_and_erase(world)
    world.media.put(keys.audio(world.story()), b"of a worker that died", "audio/mpeg")
    world.narration_queue.send(about(world.story()))

    world.make_story()

    assert world.media.objects == {}


def test_messages_about_an_erased_story_change_nothing() -> None:
    world = world_with_a_story()
    delete_and_erase(world)
    erased = world.story()
    world.clock.advance(1)
    for step in OF_STORIES:
        world.queues[step].send(about(erased))

    world.make_story()
    erase(world)

    assert world.story() == erased
    assert world.media.objects == {}


def test_a_deletion_does_not_touch_the_story_of_a_photo_sent_again_meanwhile() -> None:
    world = world_with_a_story()
    old = about(world.delete())
    world.lose_messages()  # the new claim enqueues the deletion again

    world.upload()
    world.make_story()
    alive = world.story()
    kept = files_of(world, about(alive))
    erase(world)
    world.clock.advance(121)
    erase(world)

    assert world.story() == alive
    assert list(world.media.objects) == kept
    _, public = keys.prefixes(old.id, old.generation)
    assert world.cdn.invalidated == [(public, f"{old.id}-{old.generation}")]
    assert world.queues[Step.DELETION].kept == []


def test_an_upload_whose_story_is_deleted_meanwhile_leaves_nothing(world: World) -> None:
    before(world.media, "put", world.delete)

    with pytest.raises(StoryChangedError):
        world.upload()

    assert world.media.objects == {}


@pytest.mark.parametrize("waited", [timedelta(minutes=5), timedelta(days=2)])
def test_the_sweeper_resumes_a_lost_deletion(waited: timedelta) -> None:
    world = world_with_a_story()
    world.delete()
    world.lose_messages()
    world.clock.advance(waited.total_seconds())

    world.sweep()
    erase(world)

    assert world.story().erased_at


def test_upload_requests_are_kept_as_long_as_the_tombstone_of_their_story() -> None:
    world = world_with_a_story()
    requests = [upload_request(id=f"0f8fad5b-d9cb-469f-a165-00000000000{n}") for n in range(3)]
    for request in requests:
        world.upload_requests.add(request)
        world.upload_requests.fulfil(request, world.story(), world.clock())

    delete_and_erase(world)

    tombstone = world.story()
    kept = {"id", "content_type", "language", "voice", "notify", "key", "created_at"}
    kept |= {"usable_until"}
    since = {
        "status": UploadStatus.FULFILLED,
        "expires_at": tombstone.expires_at,
        "story_id": tombstone.id,
        "generation": tombstone.generation,
    }
    for request in requests:
        left = values_of(world.upload_requests.kept[request.id])
        assert left.pop("photo_arrived_at") == NOW
        assert left == {name: getattr(request, name) for name in kept} | since
        assert world.retrieval.retrieve(request.id).status is Status.DELETED
    world.upload()
    with pytest.raises(ExpiredError, match="deleted"):  # the new story is not theirs
        world.retrieval.retrieve(requests[0].id)


@pytest.mark.parametrize("seconds", [0, 5])
def test_a_deletion_removes_the_photo_that_its_intake_left(seconds: int) -> None:
    """The intake died after it made the story. A photo posted later stays."""
    world = world_with_a_story()
    request = upload_request()
    world.upload_requests.add(request)
    world.upload_requests.fulfil(request, world.story(), world.clock())
    world.clock.advance(seconds)
    world.intake_bucket.post(request.key, jpeg(), request.id)

    delete_and_erase(world)

    assert list(world.intake_bucket.objects) == ([request.key] if seconds else [])
