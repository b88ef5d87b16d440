import pytest

from chalicelib.delivery.messages import about
from chalicelib.errors import (
    InvalidRequestError,
    RejectedError,
    TooLargeError,
    UnsupportedTypeError,
)
from chalicelib.steps.intake import Upload
from chalicelib.steps.posted_photo import MAX_BYTES
from chalicelib.stories import keys
from chalicelib.stories.changes import Move
from chalicelib.stories.story import Status
from tests.fakes.builders import jpeg, upload
from tests.fakes.clock import NOW
from tests.fakes.trouble import failing
from tests.fakes.world import World

NOT_ENQUEUED = Move({"enqueued_at": None})


def test_a_new_photo_is_stored_and_its_reading_enqueued(world: World) -> None:
    receipt = world.intake.take_in(upload())

    story = receipt.story
    assert not receipt.duplicate
    assert story == world.story()
    assert (story.status, story.enqueued_at) == (Status.RECEIVED, NOW)
    assert world.media.objects == {keys.photo(story): (jpeg(), "image/jpeg")}
    assert world.reading_queue.sent == [about(story)]


def test_the_name_of_a_file_is_never_part_of_a_key(world: World) -> None:
    world.upload(name="../../etc/passwd")

    assert all("passwd" not in key for key in world.media.objects)
    assert world.story().name == "../../etc/passwd"


def test_the_bytes_tell_the_type_and_the_header_does_not(world: World) -> None:
    assert world.upload(content_type="application/octet-stream").content_type == "image/jpeg"


def test_the_same_photo_again_is_the_same_story_and_no_new_work(world: World) -> None:
    first = world.upload()

    again = world.intake.take_in(upload(name="another name.jpg"))

    assert (again.duplicate, again.story) == (True, first)
    assert len(world.reading_queue.sent) == 1


def test_without_the_duplication_check_each_upload_is_a_new_story(world: World) -> None:
    first = world.upload()
    second, third = (world.intake.take_in(upload(deduplicate=False)) for _ in range(2))

    assert len({first.id, second.story.id, third.story.id}) == 3
    assert not third.duplicate
    assert len(world.reading_queue.sent) == 3


def test_the_same_photo_in_another_voice_is_another_story(world: World) -> None:
    assert world.upload(voice="Joanna").id != world.upload(voice="Ivy").id


def test_a_finished_duplicate_is_announced_at_once_and_costs_nothing(world: World) -> None:
    world.upload()
    ready = world.make_ready()

    again = world.intake.take_in(upload())

    assert again.duplicate
    assert (again.story.text, again.story.audio) == ("Once.", ready.audio)
    assert len(world.outbox.notices) == 1
    assert len(world.reading_queue.sent) == 1
    assert world.narration_queue.sent == []


def test_a_finished_duplicate_is_announced_at_most_once_a_minute(world: World) -> None:
    world.upload()
    world.make_ready()

    for _ in range(3):
        world.upload()
    world.clock.advance(60)
    world.upload()

    assert len(world.outbox.notices) == 2


def test_a_finished_duplicate_sends_no_notice_that_its_sender_declined(world: World) -> None:
    world.upload()
    world.make_ready()

    world.upload(notify=False)

    assert world.outbox.notices == []


def test_a_second_sender_who_wants_a_notice_gets_one(world: World) -> None:
    world.upload(notify=False)

    assert world.upload(notify=True).notify
    assert len(world.reading_queue.sent) == 1


def test_a_second_sender_who_wants_no_notice_does_not_stop_the_first_ones(world: World) -> None:
    world.upload(notify=True)

    assert world.upload(notify=False).notify


def test_a_photo_that_was_lost_with_its_failed_story_is_stored_again(world: World) -> None:
    story = world.upload()
    world.make_failed()
    world.media.objects.clear()

    again = world.upload()

    assert world.media.exists(keys.photo(story))
    assert (again.status, again.failure) == (Status.RECEIVED, None)
    assert len(world.reading_queue.sent) == 2


def test_a_repeated_notice_that_cannot_be_sent_is_sent_by_the_sweeper(world: World) -> None:
    world.upload(notify=False)
    world.stories.apply(world.make_ready(), Move({"unfinished_since": None}))

    with failing(world.announcer, "publish"):
        assert world.upload().status is Status.READY
    world.clock.advance(61)
    world.sweep()
    world.make_story()

    assert len(world.outbox.notices) == 1
    assert world.story().unfinished_since is None


def test_a_finished_duplicate_that_was_never_marked_enqueued_stores_nothing(world: World) -> None:
    """Its first upload died right after it sent the message, and the steps did their work."""
    world.stories.apply(world.upload(), NOT_ENQUEUED)
    world.make_ready()
    world.media.objects.clear()

    assert world.upload().status is Status.READY
    assert world.media.objects == {}
    assert len(world.reading_queue.sent) == 1


def test_an_unfinished_duplicate_resumes_after_a_minute(world: World) -> None:
    world.upload()

    world.clock.advance(61)
    world.upload()
    world.upload()

    assert len(world.reading_queue.sent) == 2


def test_a_failed_story_is_tried_again_where_its_data_stops(world: World) -> None:
    world.upload()
    world.make_read()
    world.make_failed()

    again = world.upload()

    assert (again.status, again.failure) == (Status.READ, None)
    assert world.narration_queue.sent == [about(again)]
    assert len(world.reading_queue.sent) == 1


@pytest.mark.parametrize(
    ("bad", "error", "code"),
    [
        (upload(b""), InvalidRequestError, "empty_body"),
        (upload(content_type="text/plain"), UnsupportedTypeError, "unsupported_media_type"),
        (upload(content_type=""), UnsupportedTypeError, "unsupported_media_type"),
        (upload(b"Once upon a time"), UnsupportedTypeError, "unsupported_media_type"),
        (upload(jpeg()[:500]), InvalidRequestError, "unreadable_image"),
        (upload(jpeg(79, 200)), InvalidRequestError, "image_too_small"),
        (upload(jpeg() + bytes(MAX_BYTES)), TooLargeError, "too_large"),
    ],
    ids=["empty", "text", "no-type", "not-a-photo", "truncated", "small", "large"],
)
def test_a_refused_upload_stores_nothing(
    world: World, bad: Upload, error: type[RejectedError], code: str
) -> None:
    with pytest.raises(error) as refused:
        world.intake.take_in(bad)

    assert refused.value.code == code
    assert code != "too_large" or "4,400,000" in refused.value.message
    assert world.stories.kept == {}
    assert world.media.objects == {}
    assert world.reading_queue.sent == []
    assert world.meter.kept == [], "it is no failed story"


def test_a_photo_at_the_limit_is_taken(world: World) -> None:
    photo = jpeg()

    world.upload(photo + bytes(MAX_BYTES - len(photo)))
