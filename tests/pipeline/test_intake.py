import pytest

from chalicelib.delivery.messages import StoryMessage
from chalicelib.errors import (
    InvalidRequestError,
    TooLargeError,
    TransientError,
    UnsupportedTypeError,
)
from chalicelib.steps.intake import MAX_BYTES, Upload
from chalicelib.stories import keys
from chalicelib.stories.moves import Move, StoryChanges
from chalicelib.stories.story import Failure, Status
from tests.fakes.builders import jpeg, upload
from tests.fakes.clock import NOW
from tests.fakes.media import InMemoryMedia
from tests.fakes.outputs import Outbox
from tests.fakes.queues import InMemoryQueue
from tests.fakes.world import World


def test_a_new_photo_is_stored_and_its_reading_enqueued() -> None:
    world = World()

    receipt = world.intake.take_in(upload())

    story = receipt.story
    assert not receipt.duplicate
    assert story == world.stories.find(story.id)
    assert (story.status, story.enqueued_at) == (Status.RECEIVED, NOW)
    assert world.media.objects == {keys.photo(story): (jpeg(), "image/jpeg")}
    assert [(sent.id, sent.generation) for sent in world.reading_queue.sent] == [
        (story.id, story.generation)
    ]


def test_the_name_of_a_file_is_never_part_of_a_key() -> None:
    world = World()

    world.intake.take_in(upload(name="../../etc/passwd"))

    assert all("passwd" not in key for key in world.media.objects)
    assert world.story().name == "../../etc/passwd"


def test_the_type_is_what_the_bytes_are_not_what_the_header_said() -> None:
    world = World()

    receipt = world.intake.take_in(upload(content_type="application/octet-stream"))

    assert receipt.story.content_type == "image/jpeg"


def test_the_same_photo_again_is_the_same_story_and_no_new_work() -> None:
    world = World()
    first = world.intake.take_in(upload())

    again = world.intake.take_in(upload(name="another name.jpg"))

    assert again.duplicate
    assert again.story == first.story
    assert len(world.reading_queue.sent) == 1


def test_without_the_duplication_check_it_is_always_a_new_story() -> None:
    world = World()
    first = world.intake.take_in(upload())

    second = world.intake.take_in(upload(deduplicate=False))
    third = world.intake.take_in(upload(deduplicate=False))

    assert len({first.story.id, second.story.id, third.story.id}) == 3
    assert not third.duplicate
    assert len(world.reading_queue.sent) == 3


def test_the_same_photo_in_another_voice_is_another_story() -> None:
    world = World()

    ids = {world.intake.take_in(upload(voice=voice)).story.id for voice in ("Joanna", "Ivy")}

    assert len(ids) == 2


def test_a_finished_duplicate_is_notified_at_once_and_costs_nothing() -> None:
    world = World()
    first = world.intake.take_in(upload())
    done: StoryChanges = {"status": Status.READ, "text": "Once.", "page": keys.page(first.story)}
    world.stories.apply(first.story, Move(done))
    ready: StoryChanges = {"status": Status.READY, "audio": keys.audio(first.story)}
    world.stories.apply(first.story, Move(ready))

    again = world.intake.take_in(upload())

    assert again.duplicate
    assert (again.story.text, again.story.audio) == ("Once.", keys.audio(first.story))
    assert len(world.outbox.notices) == 1
    assert len(world.reading_queue.sent) == 1
    assert world.narration_queue.sent == []


def test_a_finished_duplicate_is_notified_once_a_minute_at_most() -> None:
    world = World()
    story = world.intake.take_in(upload()).story
    world.stories.apply(story, Move({"status": Status.READ, "text": "Once."}))
    world.stories.apply(story, Move({"status": Status.READY, "audio": "a"}))

    for _ in range(3):
        world.intake.take_in(upload())
    world.clock.advance(60)
    world.intake.take_in(upload())

    assert len(world.outbox.notices) == 2


def test_a_finished_duplicate_whose_sender_wants_no_notice_sends_none() -> None:
    world = World()
    story = world.intake.take_in(upload()).story
    world.stories.apply(story, Move({"status": Status.READ, "text": "Once."}))
    world.stories.apply(story, Move({"status": Status.READY, "audio": "a"}))

    world.intake.take_in(upload(notify=False))

    assert world.outbox.notices == []


def test_a_claim_whose_photo_was_never_stored_is_healed_by_the_next_upload() -> None:
    world = World()
    story = world.intake.take_in(upload()).story
    world.media.objects.clear()
    world.reading_queue.sent.clear()
    world.stories.apply(story, Move({"enqueued_at": None}))

    healed = world.intake.take_in(upload())

    assert healed.duplicate
    assert world.media.exists(keys.photo(story))
    assert len(world.reading_queue.sent) == 1
    assert healed.story.enqueued_at == NOW


def test_who_sends_an_unfinished_photo_again_is_told_even_if_the_first_was_not_to_be() -> None:
    world = World()
    world.intake.take_in(upload(notify=False))

    again = world.intake.take_in(upload(notify=True))

    assert again.story.notify
    assert len(world.reading_queue.sent) == 1


def test_who_wants_no_notice_takes_nobody_elses_away() -> None:
    world = World()
    world.intake.take_in(upload(notify=True))

    assert world.intake.take_in(upload(notify=False)).story.notify


def test_a_photo_that_was_lost_with_its_failed_story_is_stored_again() -> None:
    world = World()
    story = world.intake.take_in(upload()).story
    failed: StoryChanges = {"status": Status.FAILED, "failure": Failure("it was lost", final=False)}
    world.stories.apply(story, Move(failed))
    world.media.objects.clear()

    again = world.intake.take_in(upload())

    assert world.media.exists(keys.photo(story))
    assert (again.story.status, again.story.failure) == (Status.RECEIVED, None)
    assert len(world.reading_queue.sent) == 2


def test_an_upload_whose_message_was_refused_leaves_no_story_that_looks_enqueued() -> None:
    """The next upload of that photo is answered 200 only when a message is stored."""
    refusing = [True]

    class Full(InMemoryQueue[StoryMessage]):
        def send(self, message: StoryMessage) -> None:
            if refusing[0]:
                raise TransientError("SendMessage failed with RequestThrottled")
            super().send(message)

    world = World(queue=Full)
    with pytest.raises(TransientError):
        world.intake.take_in(upload())
    failed: StoryChanges = {"status": Status.FAILED, "failure": Failure("it was lost", final=False)}
    world.stories.apply(world.story(), Move(failed))
    with pytest.raises(TransientError):
        world.intake.take_in(upload())

    refusing[0] = False
    world.intake.take_in(upload())

    assert len(world.reading_queue.sent) == 1
    assert world.story().enqueued_at == NOW


def test_a_notice_that_cannot_be_repeated_now_holds_nothing_up_and_is_sent_later() -> None:
    refusing = [True]

    class Refusing(Outbox):
        def publish(self, subject: str, body: str) -> None:
            if refusing[0]:
                raise TransientError("Publish failed with InternalError")
            super().publish(subject, body)

    world = World(announcer=Refusing())
    story = world.intake.take_in(upload(notify=False)).story
    world.stories.apply(story, Move({"status": Status.READ, "text": "Once."}))
    world.stories.apply(
        story, Move({"status": Status.READY, "audio": "a", "unfinished_since": None})
    )

    assert world.intake.take_in(upload()).story.status is Status.READY
    refusing[0] = False
    world.clock.advance(61)
    world.sweep()
    world.deliver(world.narration_queue, world.narration)

    assert len(world.outbox.notices) == 1
    assert world.story().unfinished_since is None


def test_who_sends_a_photo_again_while_its_story_ends_is_told_once() -> None:
    """The claim was answered while it was unfinished; its step has told of it since."""
    world = World()
    story = world.intake.take_in(upload()).story

    class Slow(InMemoryMedia):
        def put(self, key: str, content: bytes, content_type: str) -> None:
            if key == keys.photo(story):  # meanwhile the steps end the story, and tell of it
                world.stories.apply(story, Move({"status": Status.READ, "text": "Once."}))
                ready: StoryChanges = {
                    "status": Status.READY,
                    "audio": "a",
                    "notified_of": Status.READY,
                }
                world.stories.apply(story, Move(ready))

    world.stories.apply(story, Move({"enqueued_at": None}))
    slow = World(stories=world.stories, media=Slow())
    again = slow.intake.take_in(upload())

    assert again.story.status is Status.READY
    assert slow.outbox.notices == []


def test_a_finished_duplicate_writes_nothing_to_the_bucket_even_if_it_was_never_marked() -> None:
    """Its upload died right after the message was sent, and the steps did their work."""
    world = World()
    story = world.intake.take_in(upload()).story
    world.stories.apply(story, Move({"status": Status.READ, "text": "Once.", "enqueued_at": None}))
    world.stories.apply(story, Move({"status": Status.READY, "audio": "a"}))
    world.media.objects.clear()

    assert world.intake.take_in(upload()).story.status is Status.READY
    assert world.media.objects == {}
    assert len(world.reading_queue.sent) == 1


def test_an_unfinished_duplicate_resumes_after_a_minute() -> None:
    world = World()
    world.intake.take_in(upload())

    world.clock.advance(61)
    world.intake.take_in(upload())
    world.intake.take_in(upload())

    assert len(world.reading_queue.sent) == 2


def test_a_failed_story_is_tried_again_where_its_data_stops() -> None:
    world = World()
    story = world.intake.take_in(upload()).story
    world.stories.apply(story, Move({"status": Status.READ, "text": "Once."}))
    failed: StoryChanges = {
        "status": Status.FAILED,
        "failure": Failure("the voice was ill", final=False),
    }
    world.stories.apply(story, Move(failed))

    again = world.intake.take_in(upload())

    assert (again.story.status, again.story.failure) == (Status.READ, None)
    assert [message.id for message in world.narration_queue.sent] == [story.id]
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
def test_what_is_refused_leaves_nothing_behind(
    bad: Upload, error: type[Exception], code: str
) -> None:
    world = World()

    with pytest.raises(error) as refused:
        world.intake.take_in(bad)

    assert refused.value.code == code  # type: ignore[attr-defined]
    assert world.stories.kept == {}
    assert world.media.objects == {}
    assert world.reading_queue.sent == []


def test_a_photo_over_the_limit_is_told_the_limit() -> None:
    with pytest.raises(TooLargeError, match="4,400,000"):
        World().intake.take_in(upload(jpeg() + bytes(MAX_BYTES)))


def test_a_photo_at_the_limit_is_taken() -> None:
    photo = jpeg()

    World().intake.take_in(upload(photo + bytes(MAX_BYTES - len(photo))))


def test_an_upload_that_aws_refused_can_simply_be_sent_again() -> None:
    world = World()

    class Full(InMemoryMedia):
        def put(self, key: str, content: bytes, content_type: str) -> None:
            raise TransientError("PutObject failed with SlowDown")

    broken = World(stories=world.stories, media=Full())
    with pytest.raises(TransientError):
        broken.intake.take_in(upload())
    assert broken.reading_queue.sent == []

    receipt = world.intake.take_in(upload())

    assert world.media.exists(keys.photo(receipt.story))
    assert len(world.reading_queue.sent) == 1
