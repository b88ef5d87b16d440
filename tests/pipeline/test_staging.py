"""From the intake_bucket bucket to a story, whatever S3's events do."""

import io
import zipfile
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.delivery.messages import IntakeMessage, about
from chalicelib.errors import ExpiredError, TransientError, UnknownStoryError
from chalicelib.steps.bucket_intake import BucketIntake
from chalicelib.steps.deletion import Deletion
from chalicelib.steps.direct_upload import DirectUpload, UploadPermit, WantedUpload
from chalicelib.stories import keys
from chalicelib.stories.intake_bucket import IntakeListing, IntakeObject, IntakePhoto
from chalicelib.stories.moves import Move
from chalicelib.stories.queues import DEAD_LETTERS, Step
from chalicelib.stories.story import Status, Story
from chalicelib.stories.upload_request import UploadRequest, UploadStatus
from tests.fakes.builders import jpeg, upload
from tests.fakes.media import RefusingMedia
from tests.fakes.queues import MAX_RECEIVES, InMemoryQueue
from tests.fakes.uploads import InMemoryIntakeBucket, InMemoryUploadRequests
from tests.fakes.world import World


def permitted(world: World, language: str = "en-US", voice: str = "Joanna") -> UploadPermit:
    wanted = WantedUpload("mole.jpg", "image/jpeg", language, voice)
    return world.part(DirectUpload).permit(wanted)


def posted(world: World, photo: bytes | None = None) -> UploadRequest:
    """A request whose photo has arrived; its event was lost so far."""
    request = permitted(world).request
    world.intake_bucket.post(request.key, jpeg() if photo is None else photo, request.id)
    return request


def announce(world: World, key: str) -> None:
    """S3's event, as the function forwards it."""
    world.intake_queue.send(IntakeMessage("intake-bucket", key))


def take_in(world: World) -> int:
    return world.deliver(world.intake_queue, world.part(BucketIntake).handle)


def give_up(world: World) -> None:
    world.deliver(world.intake_dead_letter_queue, world.part.handler(Step.INTAKE, DEAD_LETTERS))


def request_of(world: World, request: UploadRequest) -> UploadRequest:
    kept = world.upload_requests.find(request.id)
    assert kept is not None
    return kept


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("page.txt", "Once upon a time")
    return target.getvalue()


def test_what_was_posted_becomes_the_story_that_was_asked_for() -> None:
    world = World()
    permit = permitted(world, language="de-DE", voice="Vicki")
    world.intake_bucket.post(permit.request.key, jpeg(), permit.request.id)
    announce(world, permit.request.key)

    take_in(world)

    story = world.story()
    assert (story.name, story.language, story.voice) == ("mole.jpg", "de-DE", "Vicki")
    assert world.media.get(keys.photo(story)) == jpeg()
    assert [kept.message for kept in world.reading_queue.kept] == [about(story)]
    assert world.intake_bucket.objects == {}
    fulfilled = request_of(world, permit.request)
    assert (fulfilled.status, fulfilled.story_id) == (UploadStatus.FULFILLED, story.id)
    assert fulfilled.expires_at is None
    assert world.retrieval.retrieve(permit.request.id) == story


def test_it_has_the_id_that_the_same_photo_has_when_it_is_posted_to_the_api() -> None:
    world = World()
    receipt = world.intake.take_in(upload())
    request = posted(world)
    announce(world, request.key)

    take_in(world)

    assert request_of(world, request).story_id == receipt.story.id
    assert len(world.reading_queue.sent) == 1


@pytest.mark.parametrize("status", [Status.READY, Status.FAILED, Status.DELETED])
def test_a_photo_seen_before_fulfils_its_request_whatever_became_of_its_story(
    status: Status,
) -> None:
    world = World()
    receipt = world.intake.take_in(upload())
    world.stories.apply(receipt.story, Move({"status": Status.READ}))
    if status is Status.READY:
        world.stories.apply(receipt.story, Move({"audio": "public/a"}))
    world.stories.apply(receipt.story, Move({"status": status}))
    request = posted(world)
    announce(world, request.key)

    take_in(world)

    story = world.story()
    assert request_of(world, request).story_id == story.id
    assert request_of(world, request).generation == story.generation
    is_new = status is Status.DELETED
    assert (story.generation != receipt.story.generation) == is_new


def test_repeated_events_make_one_story() -> None:
    world = World()
    request = posted(world)
    for _ in range(3):
        announce(world, request.key)

    take_in(world)
    announce(world, request.key)
    take_in(world)

    assert len(world.stories.kept) == 1
    assert len(world.reading_queue.sent) == 1
    assert world.intake_queue.kept == []


@pytest.mark.parametrize("photo", [b"", b"hello", zipped(), jpeg()[:500], jpeg(20, 20)])
def test_what_is_no_photo_fails_its_request(photo: bytes) -> None:
    world = World()
    request = posted(world, photo)
    announce(world, request.key)

    take_in(world)

    failed = request_of(world, request)
    assert failed.status is UploadStatus.FAILED
    assert failed.reason
    assert world.retrieval.retrieve(request.id) == failed
    assert world.stories.kept == {}
    assert world.intake_bucket.objects == {}
    assert world.intake_parked_queue.kept == []


def test_a_failed_request_can_be_made_good_while_its_form_is_usable() -> None:
    world = World()
    request = posted(world, b"hello")
    announce(world, request.key)
    take_in(world)
    world.intake_bucket.post(request.key, jpeg(), request.id)
    announce(world, request.key)

    take_in(world)

    fulfilled = request_of(world, request)
    assert (fulfilled.status, fulfilled.reason) == (UploadStatus.FULFILLED, None)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("images/by hand.JPG", "by hand.JPG"),
        ("images/a/b/ü+%.jpeg", "ü+%.jpeg"),
        ("images/page", "page"),
        ("images/scan 21.11.2026", "scan 21.11.2026"),
        ("images/old.jfif", "old.jfif"),
    ],
)
def test_a_photo_dropped_by_hand_is_a_story(key: str, name: str) -> None:
    world = World()
    world.intake_bucket.post(key, jpeg())
    announce(world, key)

    take_in(world)

    assert world.story().name == name
    assert (world.story().language, world.story().notify) == ("en-US", True)
    assert world.intake_bucket.objects == {}


def test_a_photo_of_a_request_that_is_gone_is_a_story_all_the_same() -> None:
    world = World()
    request = posted(world)
    world.upload_requests.kept.clear()
    announce(world, request.key)

    take_in(world)

    assert world.story().name == f"{request.id}.jpg"


@pytest.mark.parametrize(
    ("key", "content", "reason"),
    [
        ("images/page.jpg", zipped(), "This is not a photo"),
        ("images/page.pdf", jpeg(), "A file that ends in .pdf is not a photo."),
        ("images/huge.jpg", bytes(25_000_001), "This photo has 25,000,001 bytes; at most"),
    ],
)
def test_what_nobody_asked_for_and_is_no_photo_is_put_aside(
    key: str, content: bytes, reason: str
) -> None:
    world = World()
    world.intake_bucket.post(key, content)
    announce(world, key)

    take_in(world)

    (parked,) = world.intake_parked_queue.kept
    assert parked.message.key == f"rejected/{key}"
    assert str(parked.message.reason).startswith(reason)
    assert world.intake_bucket.objects.keys() == {f"rejected/{key}"}
    assert world.stories.kept == {}


def test_what_is_put_back_too_early_stays_aside() -> None:
    world = World()
    world.intake_bucket.post("images/page.jpg", b"hello")
    announce(world, "images/page.jpg")
    take_in(world)

    world.intake_parked_queue.move_all_to(world.intake_queue)
    take_in(world)

    assert [kept.message.key for kept in world.intake_parked_queue.kept] == [
        "rejected/images/page.jpg"
    ]
    assert world.intake_bucket.objects.keys() == {"rejected/images/page.jpg"}


@pytest.mark.parametrize("name", ["z" * 1013 + ".jpg", "\N{CJK UNIFIED IDEOGRAPH-732B}" * 339])
def test_what_has_a_very_long_key_is_put_aside_under_another(name: str) -> None:
    world = World()
    world.intake_bucket.post(f"images/{name}", b"hello")
    announce(world, f"images/{name}")

    take_in(world)

    (parked,) = world.intake_parked_queue.kept
    assert len(parked.message.key.encode()) <= 1024
    assert world.intake_bucket.objects.keys() == {parked.message.key}


def test_a_folder_is_nothing() -> None:
    world = World()
    world.intake_bucket.post("images/folder/", b"")
    announce(world, "images/folder/")

    take_in(world)
    world.clock.advance(300)
    world.sweep()

    assert world.intake_bucket.objects.keys() == {"images/folder/"}
    assert world.intake_queue.kept == []
    assert world.intake_parked_queue.kept == []


def test_what_was_put_aside_can_be_put_back() -> None:
    """Once it can be read, say because another format is understood."""
    world = World()
    world.intake_bucket.post("images/page.jpg", b"hello")
    announce(world, "images/page.jpg")
    take_in(world)
    (parked,) = world.intake_parked_queue.kept
    world.intake_bucket.post(parked.message.key, jpeg())

    world.intake_parked_queue.move_all_to(world.intake_queue)
    take_in(world)

    assert world.story().name == "page.jpg"
    assert world.intake_bucket.objects == {}


def test_another_photo_by_the_same_form_is_a_story_of_its_own() -> None:
    world = World()
    request = posted(world)
    announce(world, request.key)
    take_in(world)
    first = world.story()
    world.intake_bucket.post(request.key, jpeg(shade=90), request.id)
    announce(world, request.key)

    take_in(world)

    assert len(world.stories.kept) == 2
    assert request_of(world, request).story_id == first.id
    assert world.intake_bucket.objects == {}


def test_what_was_posted_while_the_first_was_taken_in_is_not_removed() -> None:
    world = World()
    request = posted(world)
    announce(world, request.key)
    found = world.intake_bucket.get(request.key, 25_000_000)
    assert found is not None
    world.intake_bucket.post(request.key, jpeg(shade=90), request.id)

    world.intake_bucket.remove(request.key, found.version)

    assert request.key in world.intake_bucket.objects


def test_an_old_event_does_not_bring_back_what_was_deleted() -> None:
    """The process died after it made the story, before it removed the object."""
    world = World()
    request = posted(world)
    left = world.intake_bucket.objects[request.key]
    announce(world, request.key)
    take_in(world)
    world.part(Deletion).delete(world.story().id)
    world.intake_bucket.objects[request.key] = left
    announce(world, request.key)

    take_in(world)

    assert world.story().status is Status.DELETED
    assert world.intake_bucket.objects == {}


@pytest.mark.parametrize(("seconds", "lives_again"), [(4, True), (6, False)])
def test_nor_does_one_that_was_dropped_by_hand_well_before(
    seconds: float, *, lives_again: bool
) -> None:
    """Within a few seconds nobody can say which was first: no photo is lost."""
    world = World()
    world.intake_bucket.post("images/page.jpg", jpeg())
    left = world.intake_bucket.objects["images/page.jpg"]
    announce(world, "images/page.jpg")
    take_in(world)
    world.clock.advance(seconds)
    world.part(Deletion).delete(world.story().id)
    world.intake_bucket.objects["images/page.jpg"] = left
    announce(world, "images/page.jpg")

    take_in(world)

    assert (world.story().status is Status.RECEIVED) == lives_again
    assert world.intake_bucket.objects == {}


# When S3's event is lost.


def test_a_poll_brings_back_what_has_been_staged_for_a_minute() -> None:
    world = World()
    request = posted(world)
    world.clock.advance(60)
    world.retrieval.retrieve(request.id)
    assert world.intake_queue.sent == []

    world.clock.advance(1)
    for _ in range(3):
        world.retrieval.retrieve(request.id)

    assert world.intake_queue.sent == [IntakeMessage("intake-bucket", request.key)]
    take_in(world)
    assert isinstance(world.retrieval.retrieve(request.id), Story)


def test_polls_of_what_cannot_be_taken_in_enqueue_less_and_less() -> None:
    world = World()
    request = posted(world)

    for _ in range(60):
        world.clock.advance(60)
        world.retrieval.retrieve(request.id)

    assert len(world.intake_queue.sent) == 5


def test_the_sweeper_brings_back_what_nobody_asks_for() -> None:
    world = World()
    request = posted(world)
    world.intake_bucket.post("images/dropped.jpg", jpeg(shade=90))
    world.sweep()
    assert world.intake_queue.sent == []

    world.clock.advance(300)
    world.sweep()

    assert {message.key for message in world.intake_queue.sent} == {
        request.key,
        "images/dropped.jpg",
    }


def test_the_sweeper_leaves_alone_what_was_put_aside() -> None:
    world = World()
    world.intake_bucket.post("rejected/images/page.jpg", b"hello")
    world.clock.advance(300)

    world.sweep()

    assert world.intake_queue.sent == []


def test_a_day_of_sweeps_sends_few_messages_about_what_stays() -> None:
    world = World()
    posted(world)

    for _ in range(24 * 12):
        world.clock.advance(300)
        world.sweep()

    assert 6 <= len(world.intake_queue.sent) <= 12


# When it fails.


def test_trouble_is_tried_again_in_seconds() -> None:
    world = World(media=RefusingMedia())
    request = posted(world)
    announce(world, request.key)

    take_in(world)

    assert world.intake_queue.retries == [("intake-1/1", 5)]
    assert world.intake_bucket.objects.keys() == {request.key}


def test_trouble_before_there_is_a_story_is_noted_for_who_asks() -> None:
    class Refusing(InMemoryUploadRequests):
        def claim_story(
            self,
            request: UploadRequest,
            photo_arrived_at: datetime,
            story: Story,
            *,
            over: Story | None = None,
        ) -> Story | None:
            raise TransientError("TransactWriteItems failed with ThrottlingException")

    world = World(upload_requests=Refusing)
    request = posted(world)
    announce(world, request.key)

    take_in(world)

    noted = "TransactWriteItems failed with ThrottlingException"
    assert request_of(world, request).last_error == noted


def test_trouble_with_the_bucket_itself_is_noted_as_well() -> None:
    class Unreachable(InMemoryIntakeBucket):
        def get(self, key: str, most: int) -> IntakePhoto | None:
            raise TransientError("GetObject failed with InternalError")

    world = World(intake_bucket=Unreachable)
    request = posted(world)
    announce(world, request.key)

    take_in(world)

    assert request_of(world, request).last_error == "GetObject failed with InternalError"


def test_a_poll_brings_on_a_story_whose_photo_is_still_staged() -> None:
    """The intake died between the claim and the photo, and its message was lost."""

    world = World(media=RefusingMedia())
    request = posted(world)
    announce(world, request.key)
    take_in(world)
    world.intake_queue.kept.clear()
    world.clock.advance(61)

    world.retrieval.retrieve(request.id)

    assert [kept.message.key for kept in world.intake_queue.kept] == [request.key]


def test_a_dead_letter_about_a_story_that_is_there_fails_nothing() -> None:
    world = World()
    request = posted(world)
    announce(world, request.key)
    take_in(world)
    fulfilled = request_of(world, request)
    world.intake_dead_letter_queue.send(IntakeMessage("intake-bucket", request.key))

    give_up(world)

    assert request_of(world, request) == fulfilled
    assert len(world.intake_parked_queue.kept) == 1


def test_an_old_event_means_nothing_to_a_story_that_lives_again() -> None:
    world = World()
    request = posted(world)
    left = world.intake_bucket.objects[request.key]
    announce(world, request.key)
    take_in(world)
    world.part(Deletion).delete(world.story().id)
    world.intake.take_in(upload())
    world.stories.apply(world.story(), Move({"status": Status.READ}))
    world.stories.apply(world.story(), Move({"status": Status.READY, "audio": "public/a"}))
    alive = world.story()
    world.intake_bucket.objects[request.key] = left
    announce(world, request.key)

    take_in(world)

    assert world.story() == alive
    assert world.outbox.notices == []
    assert world.intake_bucket.objects == {}


def test_what_is_given_up_is_told_to_who_asks_and_can_be_redriven() -> None:
    world = World()
    request = posted(world)
    world.upload_requests.update(request, {"last_error": "GetObject failed with SlowDown"})
    announce(world, request.key)
    for _ in range(MAX_RECEIVES + 1):
        while world.intake_queue.receive():
            pass
        world.clock.advance(1000)
    give_up(world)

    failed = world.retrieval.retrieve(request.id)
    assert isinstance(failed, UploadRequest)
    assert failed.reason == (
        "it was tried several times, but GetObject failed with SlowDown; send the photo again later"
    )
    assert world.intake_bucket.objects.keys() == {request.key}

    world.intake_parked_queue.move_all_to(world.intake_queue)
    take_in(world)
    assert isinstance(world.retrieval.retrieve(request.id), Story)


# A request that is never used.


def test_an_unused_request_is_over_when_its_form_is() -> None:
    world = World()
    request = permitted(world).request
    world.clock.advance(15 * 60)
    assert world.retrieval.retrieve(request.id) == request

    world.clock.advance(1)

    with pytest.raises(ExpiredError):
        world.retrieval.retrieve(request.id)


def test_what_came_in_time_is_not_over() -> None:
    world = World()
    request = posted(world)
    world.clock.advance(20 * 60)

    assert isinstance(world.retrieval.retrieve(request.id), UploadRequest)


def test_a_request_that_is_gone_is_unknown() -> None:
    world = World()
    request = permitted(world).request
    world.upload_requests.kept.clear()

    with pytest.raises(UnknownStoryError):
        world.retrieval.retrieve(request.id)


def test_a_request_is_kept_for_a_day() -> None:
    world = World()

    request = permitted(world).request

    assert request.expires_at == world.clock() + timedelta(days=1)
    assert request.usable_until == world.clock() + timedelta(minutes=15)


def test_the_sweeper_goes_on_to_stories_when_staged_photos_cannot_be_listed() -> None:
    class Unreachable(InMemoryIntakeBucket):
        def waiting(self, prefix: str, page: Any = None) -> IntakeListing:
            raise TransientError("ListObjectsV2 failed with SlowDown")

    world = World(intake_bucket=Unreachable)
    world.intake.take_in(upload())
    world.reading_queue.kept.clear()
    world.clock.advance(300)

    with pytest.raises(TransientError):
        world.sweep()

    assert len(world.queues[Step.READING].kept) == 1


def test_one_staged_photo_that_cannot_be_enqueued_does_not_hold_up_the_others() -> None:
    class Picky(InMemoryQueue[IntakeMessage]):
        def send(self, message: IntakeMessage) -> None:
            if message.key == "images/a.jpg":
                raise TransientError("SendMessage failed with InvalidMessageContents")
            super().send(message)

    world = World(intake_queue=Picky)
    for key in ("images/a.jpg", "images/b.jpg"):
        world.intake_bucket.post(key, jpeg())
    world.clock.advance(300)

    world.sweeper.intake_failover.sweep(lambda: True)

    assert [message.key for message in world.intake_queue.sent] == ["images/b.jpg"]


def test_a_sweep_stops_in_time() -> None:
    world = World()
    for name in "abc":
        world.intake_bucket.post(f"images/{name}.jpg", jpeg())
    world.clock.advance(300)
    time = iter([True, True, True, False, False, False])

    world.sweeper.intake_failover.sweep(lambda: next(time))

    assert len(world.intake_queue.sent) == 1


def test_a_good_photo_after_a_bad_one_is_found_by_polls_as_well() -> None:
    world = World()
    request = posted(world, b"hello")
    announce(world, request.key)
    take_in(world)
    world.intake_bucket.post(request.key, jpeg(), request.id)  # and its event was lost
    world.clock.advance(61)

    world.retrieval.retrieve(request.id)

    assert [kept.message.key for kept in world.intake_queue.kept] == [request.key]


def test_a_photo_posted_again_after_its_story_was_deleted_is_a_new_story() -> None:
    world = World()
    request = posted(world)
    announce(world, request.key)
    take_in(world)
    old = world.story()
    world.clock.advance(60)
    world.part(Deletion).delete(old.id)
    world.clock.advance(60)
    world.intake_bucket.post(request.key, jpeg(), request.id)
    announce(world, request.key)

    take_in(world)

    assert world.story().generation != old.generation
    assert world.retrieval.retrieve(request.id) == world.story()


def test_a_photo_taken_in_while_somebody_asks_is_not_told_to_be_late() -> None:
    class JustNow(InMemoryIntakeBucket):
        def head(self, key: str) -> IntakeObject | None:
            announce(world, key)
            take_in(world)
            return super().head(key)

    world = World(intake_bucket=JustNow)
    request = posted(world)
    world.clock.advance(16 * 60)

    assert world.retrieval.retrieve(request.id) == world.story()


def test_who_asks_is_told_how_it_stands_though_the_bucket_cannot_be_asked() -> None:
    class Unreachable(InMemoryIntakeBucket):
        def head(self, key: str) -> IntakeObject | None:
            raise TransientError("HeadObject failed with SlowDown")

    world = World(intake_bucket=Unreachable)
    request = posted(world)
    world.clock.advance(16 * 60)

    assert world.retrieval.retrieve(request.id) == request
