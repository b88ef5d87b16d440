"""From the intake bucket to a story, with and without S3's events."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from chalicelib.delivery.messages import IntakeMessage, about
from chalicelib.errors import ExpiredError, TransientError, UnknownStoryError
from chalicelib.steps.deletion import Deletion
from chalicelib.steps.direct_upload import DirectUpload, UploadPermit, WantedUpload
from chalicelib.stories import keys
from chalicelib.stories.queues import DEAD_LETTERS, Step
from chalicelib.stories.story import Status, Story
from chalicelib.stories.upload_request import PHOTO_KEPT_FOR, UploadRequest, UploadStatus
from tests.fakes.builders import jpeg
from tests.fakes.queues import MAX_RECEIVES
from tests.fakes.trouble import before, fail, failing
from tests.fakes.world import World

SLOW_DOWN = TransientError("PutObject failed with SlowDown")
ZIP = b"PK\x03\x04" + bytes(100)


def permitted(
    world: World, language: str = "en-US", voice: str = "Joanna", *, notify: bool = True
) -> UploadPermit:
    wanted = WantedUpload("mole.jpg", "image/jpeg", language, voice, notify)
    return world.part(DirectUpload).permit(wanted)


def posted(world: World, photo: bytes | None = None) -> UploadRequest:
    """A request whose photo arrived; S3's event is not delivered."""
    request = permitted(world).request
    post_again(world, request, jpeg() if photo is None else photo)
    return request


def post_again(world: World, request: UploadRequest, photo: bytes) -> None:
    world.intake_bucket.post(request.key, photo, request.id)


def announce(world: World, request: UploadRequest) -> None:
    """Deliver S3's event about a request's photo."""
    world.announce(request.key)
    world.deliver_intake()


def taken_in(world: World, photo: bytes | None = None) -> UploadRequest:
    """A request whose photo arrived and was announced."""
    request = posted(world, photo)
    announce(world, request)
    return request


def drop(world: World, key: str, content: bytes) -> None:
    world.drop(key, content)
    world.deliver_intake()


def request_of(world: World, request: UploadRequest) -> UploadRequest:
    kept = world.upload_requests.find(request.id)
    assert kept is not None
    return kept


def parked_keys(world: World) -> list[str]:
    return [kept.message.key for kept in world.intake_parked_queue.kept]


def test_a_posted_photo_becomes_the_story_that_was_asked_for(world: World) -> None:
    permit = permitted(world, language="de-DE", voice="Vicki")
    post_again(world, permit.request, jpeg())

    announce(world, permit.request)

    story = world.story()
    assert (story.name, story.language, story.voice) == ("mole.jpg", "de-DE", "Vicki")
    assert world.media.get(keys.photo(story)) == jpeg()
    assert world.reading_queue.sent == [about(story)]
    assert world.intake_bucket.objects == {}
    fulfilled = request_of(world, permit.request)
    assert (fulfilled.status, fulfilled.story_id) == (UploadStatus.FULFILLED, story.id)
    assert fulfilled.expires_at is None
    assert world.retrieval.retrieve(permit.request.id) == story


@pytest.mark.parametrize("status", Status)
def test_a_photo_seen_before_fulfils_its_request(world: World, status: Status) -> None:
    """By the story that the API made of it, unless that one was deleted."""
    story = world.upload()
    become = {
        Status.READ: world.make_read,
        Status.READY: world.make_ready,
        Status.FAILED: world.make_failed,
        Status.DELETED: world.delete,
    }
    if status in become:
        become[status]()

    request = taken_in(world)

    fulfilled = request_of(world, request)
    assert fulfilled.story_id == story.id == world.story().id
    assert fulfilled.generation == world.story().generation
    is_new = status is Status.DELETED
    assert (world.story().generation != story.generation) == is_new
    is_enqueued_again = status in {Status.DELETED, Status.FAILED}
    assert len(world.reading_queue.sent) == 1 + is_enqueued_again


@pytest.mark.parametrize("photo", [b"", b"hello", ZIP, jpeg()[:500], jpeg(20, 20)])
def test_a_file_that_is_no_photo_fails_its_request(world: World, photo: bytes) -> None:
    request = taken_in(world, photo)

    failed = request_of(world, request)
    assert failed.status is UploadStatus.FAILED
    assert failed.reason
    assert world.retrieval.retrieve(request.id) == failed
    assert world.stories.kept == {}
    assert world.intake_bucket.objects == {}
    assert world.intake_parked_queue.kept == []
    reason = f"This upload cannot become a story: {failed.reason}".rstrip(".")
    notice = ("mole.jpg could not be taken in", f"mole.jpg\n\n{reason}.\n")
    assert world.outbox.notices == [notice]


def test_a_failed_upload_is_told_once(world: World) -> None:
    request = posted(world, b"hello")
    left = world.intake_bucket.objects[request.key]
    announce(world, request)
    world.intake_bucket.objects[request.key] = left

    announce(world, request)

    assert len(world.outbox.notices) == 1
    assert request_of(world, request).notified_at == world.clock()


def test_a_failed_upload_is_not_told_to_a_sender_who_wants_no_notice(world: World) -> None:
    request = permitted(world, notify=False).request
    post_again(world, request, b"hello")

    announce(world, request)

    assert request_of(world, request).status is UploadStatus.FAILED
    assert world.outbox.notices == []


def test_a_notice_that_cannot_be_sent_is_sent_later(world: World) -> None:
    with failing(world.announcer, "publish"):
        request = taken_in(world, b"hello")
    assert request_of(world, request).status is UploadStatus.FAILED

    world.clock.advance(5)
    world.deliver_intake()

    assert len(world.outbox.notices) == 1
    assert world.intake_bucket.objects == {}


# A client cancels its upload.


@pytest.mark.parametrize("photo", [jpeg(), b"hello"])
def test_what_arrives_for_a_cancelled_upload_is_removed(world: World, photo: bytes) -> None:
    request = permitted(world).request
    world.part(Deletion).delete(request.id)
    post_again(world, request, photo)

    announce(world, request)

    assert world.intake_bucket.objects == {}
    assert world.stories.kept == {}
    assert world.outbox.notices == []
    assert_cancelled(world, request)


def test_an_upload_is_cancelled_while_its_photo_is_taken_in(world: World) -> None:
    request = posted(world)
    cancel = partial(world.part(Deletion).delete, request.id)
    before(world.upload_requests, "claim_story", cancel)
    announce(world, request)
    assert world.stories.kept == {}

    world.clock.advance(5)
    world.deliver_intake()

    assert world.intake_bucket.objects == {}
    assert_cancelled(world, request)


def test_a_failed_upload_can_be_cancelled(world: World) -> None:
    request = taken_in(world, b"hello")

    world.part(Deletion).delete(request.id)

    assert_cancelled(world, request)


def test_an_upload_can_be_cancelled_twice(world: World) -> None:
    request = permitted(world).request
    cancelled = world.part(Deletion).delete(request.id)

    assert world.part(Deletion).delete(request.id) == cancelled


def assert_cancelled(world: World, request: UploadRequest) -> None:
    """The client gets 410, and the record says nothing of the photo."""
    with pytest.raises(ExpiredError) as gone:
        world.retrieval.retrieve(request.id)
    assert gone.value.code == "cancelled"
    kept = request_of(world, request)
    assert (kept.status, kept.name, kept.reason) == (UploadStatus.CANCELLED, "", None)
    assert kept.expires_at is not None
    assert kept.expires_at > request.usable_until + PHOTO_KEPT_FOR  # outlives what may arrive


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
def test_a_photo_dropped_by_hand_is_a_story(world: World, key: str, name: str) -> None:
    drop(world, key, jpeg())

    assert world.story().name == name
    assert (world.story().language, world.story().notify) == ("auto", True)
    assert world.intake_bucket.objects == {}


def test_a_photo_whose_request_is_gone_is_a_story(world: World) -> None:
    request = posted(world)
    world.upload_requests.kept.clear()

    announce(world, request)

    assert world.story().name == f"{request.id}.jpg"


@pytest.mark.parametrize(
    ("key", "content", "reason"),
    [
        ("images/page.jpg", ZIP, "This is not a photo"),
        ("images/page.pdf", jpeg(), "A file that ends in .pdf is not a photo."),
        ("images/huge.jpg", bytes(25_000_001), "This photo has 25,000,001 bytes; at most"),
    ],
)
def test_a_dropped_file_that_is_no_photo_is_parked(
    world: World, key: str, content: bytes, reason: str
) -> None:
    drop(world, key, content)

    (parked,) = world.intake_parked_queue.kept
    assert parked.message.key == f"rejected/{key}"
    assert str(parked.message.reason).startswith(reason)
    assert world.intake_bucket.objects.keys() == {f"rejected/{key}"}
    assert world.stories.kept == {}


def test_a_rejected_file_that_is_put_back_too_early_is_parked_again(world: World) -> None:
    drop(world, "images/page.jpg", b"hello")

    world.intake_parked_queue.move_all_to(world.intake_queue)
    world.deliver_intake()

    assert parked_keys(world) == ["rejected/images/page.jpg"]
    assert world.intake_bucket.objects.keys() == {"rejected/images/page.jpg"}


@pytest.mark.parametrize("name", ["z" * 1013 + ".jpg", "\N{CJK UNIFIED IDEOGRAPH-732B}" * 339])
def test_a_rejected_file_with_a_very_long_key_gets_a_shorter_one(world: World, name: str) -> None:
    drop(world, f"images/{name}", b"hello")

    (key,) = parked_keys(world)
    assert len(key.encode()) <= 1024
    assert world.intake_bucket.objects.keys() == {key}


def test_a_folder_is_ignored(world: World) -> None:
    drop(world, "images/folder/", b"")

    world.clock.advance(300)
    world.sweep()

    assert world.intake_bucket.objects.keys() == {"images/folder/"}
    assert world.intake_queue.kept == []
    assert world.intake_parked_queue.kept == []


def test_another_photo_by_the_same_form_is_another_story(world: World) -> None:
    request = taken_in(world)
    first = world.story()
    post_again(world, request, jpeg(shade=90))

    announce(world, request)

    assert len(world.stories.kept) == 2
    assert request_of(world, request).story_id == first.id
    assert world.intake_bucket.objects == {}


@pytest.mark.parametrize("seconds", [0, 60])
def test_an_old_event_does_not_restore_a_deleted_story(world: World, seconds: int) -> None:
    """The process died after it made the story and before it removed the object."""
    request = posted(world)
    left = world.intake_bucket.objects[request.key]
    announce(world, request)
    world.clock.advance(seconds)
    world.delete()
    world.intake_bucket.objects[request.key] = left

    announce(world, request)

    assert world.story().status is Status.DELETED
    assert world.intake_bucket.objects == {}


@pytest.mark.parametrize(("seconds", "lives_again"), [(4, True), (6, False)])
def test_a_photo_dropped_by_hand_well_before_the_deletion_is_not_restored(
    world: World, seconds: float, *, lives_again: bool
) -> None:
    """Clocks differ by a few seconds: within them the photo is kept."""
    world.intake_bucket.post("images/page.jpg", jpeg())
    left = world.intake_bucket.objects["images/page.jpg"]
    world.announce("images/page.jpg")
    world.deliver_intake()
    world.clock.advance(seconds)
    world.delete()
    world.intake_bucket.objects["images/page.jpg"] = left
    world.announce("images/page.jpg")

    world.deliver_intake()

    assert (world.story().status is Status.RECEIVED) == lives_again
    assert world.intake_bucket.objects == {}


def test_an_old_event_does_not_change_a_story_that_was_made_again(world: World) -> None:
    request = posted(world)
    left = world.intake_bucket.objects[request.key]
    announce(world, request)
    world.delete()
    world.upload()
    alive = world.make_ready()
    world.intake_bucket.objects[request.key] = left

    announce(world, request)

    assert world.story() == alive
    assert world.outbox.notices == []
    assert world.intake_bucket.objects == {}


def test_a_photo_posted_again_after_its_story_was_deleted_is_a_new_story(world: World) -> None:
    request = taken_in(world)
    old = world.story()
    world.clock.advance(60)
    world.delete()
    world.clock.advance(60)
    post_again(world, request, jpeg())

    announce(world, request)

    assert world.story().generation != old.generation
    assert world.retrieval.retrieve(request.id) == world.story()


# S3's event is lost.


def test_a_poll_enqueues_a_photo_that_waited_for_a_minute(world: World) -> None:
    request = posted(world)
    world.clock.advance(60)
    world.retrieval.retrieve(request.id)
    assert world.intake_queue.sent == []

    world.clock.advance(1)
    for _ in range(3):
        world.retrieval.retrieve(request.id)

    assert world.intake_queue.sent == [IntakeMessage("intake-bucket", request.key)]
    world.deliver_intake()
    assert isinstance(world.retrieval.retrieve(request.id), Story)


def test_polls_enqueue_a_photo_that_cannot_be_taken_in_less_and_less(world: World) -> None:
    request = posted(world)

    for _ in range(60):
        world.clock.advance(60)
        world.retrieval.retrieve(request.id)

    assert len(world.intake_queue.sent) == 5


def test_a_poll_enqueues_a_good_photo_after_a_bad_one(world: World) -> None:
    request = taken_in(world, b"hello")
    post_again(world, request, jpeg())  # and its event is lost
    world.clock.advance(61)

    world.retrieval.retrieve(request.id)

    assert [kept.message.key for kept in world.intake_queue.kept] == [request.key]


def test_a_poll_enqueues_the_photo_of_a_story_that_was_claimed_only(world: World) -> None:
    """The intake died between the claim and the photo, and its message was lost."""
    with failing(world.media, "put", error=SLOW_DOWN):
        request = taken_in(world)
    world.intake_queue.kept.clear()
    world.clock.advance(61)

    world.retrieval.retrieve(request.id)

    assert [kept.message.key for kept in world.intake_queue.kept] == [request.key]


def test_the_sweeper_enqueues_photos_that_no_client_asks_for(world: World) -> None:
    request = posted(world)
    for key in ("images/dropped.jpg", "rejected/images/page.jpg"):
        world.intake_bucket.post(key, jpeg(shade=90))
    world.sweep()
    assert world.intake_queue.sent == []

    world.clock.advance(300)
    world.sweep()

    sent = {message.key for message in world.intake_queue.sent}
    assert sent == {request.key, "images/dropped.jpg"}


def test_a_day_of_sweeps_sends_few_messages_about_a_photo_that_stays(world: World) -> None:
    posted(world)

    for _ in range(24 * 12):
        world.clock.advance(300)
        world.sweep()

    assert 6 <= len(world.intake_queue.sent) <= 12


def test_a_photo_that_stays_for_days_gets_a_message_each_day(world: World) -> None:
    posted(world)
    world.clock.advance(timedelta(days=3, hours=3).total_seconds())  # without a sweep

    for _ in range(3 * 24 * 12):
        world.clock.advance(300)
        world.sweep()

    assert len(world.intake_queue.sent) == 3


# An attempt fails.


def test_a_failed_attempt_is_tried_again_in_seconds(world: World) -> None:
    fail(world.media, "put", error=SLOW_DOWN)

    request = taken_in(world)

    assert world.intake_queue.retries == [("intake-1/1", 5)]
    assert world.intake_bucket.objects.keys() == {request.key}


@pytest.mark.parametrize(
    ("fake", "method"), [("upload_requests", "claim_story"), ("intake_bucket", "get")]
)
def test_an_error_before_there_is_a_story_is_noted_in_the_request(
    world: World, fake: str, method: str
) -> None:
    fail(getattr(world, fake), method, error=SLOW_DOWN)

    request = taken_in(world)

    assert request_of(world, request).last_error == SLOW_DOWN.message


def test_a_dead_letter_does_not_fail_a_fulfilled_request(world: World) -> None:
    request = taken_in(world)
    fulfilled = request_of(world, request)
    world.intake_dead_letter_queue.send(IntakeMessage("intake-bucket", request.key))

    world.deliver(Step.INTAKE, DEAD_LETTERS)

    assert request_of(world, request) == fulfilled
    assert len(world.intake_parked_queue.kept) == 1


def test_a_photo_that_was_given_up_fails_its_request_and_can_be_redriven(world: World) -> None:
    request = posted(world)
    world.upload_requests.update(request, {"last_error": "GetObject failed with SlowDown"})
    world.announce(request.key)
    for _ in range(MAX_RECEIVES + 1):
        while world.intake_queue.receive():
            pass
        world.clock.advance(1000)
    world.deliver(Step.INTAKE, DEAD_LETTERS)

    failed = world.retrieval.retrieve(request.id)
    assert isinstance(failed, UploadRequest)
    assert failed.reason == (
        "it was tried several times, but GetObject failed with SlowDown; send the photo again later"
    )
    assert world.intake_bucket.objects.keys() == {request.key}
    ((subject, body),) = world.outbox.notices
    assert subject == "mole.jpg could not be taken in"
    assert failed.reason in body

    world.intake_parked_queue.move_all_to(world.intake_queue)
    world.deliver_intake()
    assert isinstance(world.retrieval.retrieve(request.id), Story)


def given_up(world: World) -> UploadRequest:
    """A photo that cannot be taken in; its message is parked."""
    request = posted(world)
    with failing(world.intake_bucket, "get"):
        announce(world, request)
        for _ in range(MAX_RECEIVES):
            world.clock.advance(1000)
            world.deliver_intake()
    world.deliver(Step.INTAKE, DEAD_LETTERS)
    assert len(world.intake_parked_queue.kept) == 1
    return request


def test_a_parked_photo_can_be_redriven_as_long_as_its_message_is_kept(world: World) -> None:
    request = given_up(world)
    world.clock.advance(timedelta(days=13).total_seconds())
    world.intake_bucket.forget(world.clock() - PHOTO_KEPT_FOR)

    world.intake_parked_queue.move_all_to(world.intake_queue)
    world.deliver_intake()

    kept = request_of(world, request)
    assert kept.status is UploadStatus.FULFILLED
    assert world.story().name == request.name


def test_a_photo_that_was_given_up_is_removed_when_its_upload_is_cancelled(world: World) -> None:
    request = given_up(world)

    world.part(Deletion).delete(request.id)
    world.deliver_intake()

    assert world.intake_bucket.objects == {}
    assert world.stories.kept == {}
    assert_cancelled(world, request)


# A request without a photo.


def test_an_unused_request_expires_with_its_form(world: World) -> None:
    request = permitted(world).request
    assert request.expires_at == world.clock() + timedelta(days=17)
    assert request.usable_until == world.clock() + timedelta(minutes=15)
    world.clock.advance(15 * 60)
    assert world.retrieval.retrieve(request.id) == request

    world.clock.advance(1)

    with pytest.raises(ExpiredError):
        world.retrieval.retrieve(request.id)


def test_a_request_whose_photo_arrived_in_time_does_not_expire(world: World) -> None:
    request = posted(world)
    world.clock.advance(20 * 60)

    assert isinstance(world.retrieval.retrieve(request.id), UploadRequest)


def test_a_request_that_is_gone_is_unknown(world: World) -> None:
    request = permitted(world).request
    world.upload_requests.kept.clear()

    with pytest.raises(UnknownStoryError):
        world.retrieval.retrieve(request.id)


def test_a_photo_that_is_taken_in_during_a_poll_does_not_expire(world: World) -> None:
    request = posted(world)
    world.clock.advance(16 * 60)
    before(world.intake_bucket, "head", lambda: announce(world, request))

    assert world.retrieval.retrieve(request.id) == world.story()


def test_a_poll_is_answered_although_the_bucket_is_away(world: World) -> None:
    request = posted(world)
    world.clock.advance(16 * 60)
    fail(world.intake_bucket, "head")

    assert world.retrieval.retrieve(request.id) == request


# The sweeper.


def test_the_sweeper_resumes_stories_although_the_bucket_cannot_be_listed(world: World) -> None:
    world.upload()
    world.lose_messages()
    world.clock.advance(300)
    fail(world.intake_bucket, "waiting")

    with pytest.raises(TransientError):
        world.sweep()

    assert len(world.reading_queue.kept) == 1


def sweep_arrivals(world: World, names: str, has_time: Callable[[], bool]) -> list[str]:
    """The keys that a sweep enqueues, of photos with these names."""
    for name in names:
        world.intake_bucket.post(f"images/{name}.jpg", jpeg())
    world.clock.advance(300)
    world.sweeper.intake_failover.sweep(has_time)
    return [message.key for message in world.intake_queue.sent]


def test_one_photo_that_cannot_be_enqueued_does_not_stop_the_sweep(world: World) -> None:
    send = world.intake_queue.send

    def picky(message: IntakeMessage, delay: int = 0) -> None:
        if message.key == "images/a.jpg":
            raise TransientError("SendMessage failed with InvalidMessageContents")
        send(message, delay)

    world.intake_queue.send = picky  # type: ignore[method-assign]

    assert sweep_arrivals(world, "ab", lambda: True) == ["images/b.jpg"]


def test_a_sweep_stops_in_time(world: World) -> None:
    time = iter([True, True, True, False, False, False])

    assert len(sweep_arrivals(world, "abc", lambda: next(time))) == 1
