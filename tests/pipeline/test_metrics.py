"""What the pipeline measures: each fact once, by whoever made it true."""

import pytest

from chalicelib.delivery.messages import about
from chalicelib.errors import RejectedError, StoryDeletedError, TransientError
from chalicelib.steps.deletion import Deletion
from chalicelib.steps.intake import MAX_BYTES
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Status
from chalicelib.telemetry import (
    DUPLICATES_FOUND,
    METRICS,
    PROFILE_PHOTOS_REJECTED,
    STEP_DURATION,
    STORIES_FAILED,
    STORIES_READY,
    FailureReason,
    Metric,
    reason_of_rejection,
)
from tests.fakes.builders import jpeg, upload
from tests.fakes.clock import Clock
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.media import InMemoryMedia
from tests.fakes.queues import delivery_to
from tests.fakes.stories import InMemoryStories
from tests.fakes.uploads import InMemoryIntakeBucket
from tests.fakes.world import World
from tests.pipeline.test_dead_letters import THROTTLED, bury, world_with_a_dead_letter
from tests.pipeline.test_deletion import world_with_a_story
from tests.pipeline.test_narration import narrate, world_with_a_text
from tests.pipeline.test_reading import CLEAR, read, world_with_a_photo
from tests.pipeline.test_staging import announce, posted, take_in


class SlowMedia(InMemoryMedia):
    """Takes a second to store each object, once it has a clock."""

    clock: Clock | None = None

    def put(self, key: str, content: bytes, content_type: str) -> None:
        super().put(key, content, content_type)
        if self.clock is not None:
            self.clock.advance(1)


class RemovingLater(InMemoryIntakeBucket):
    """Cannot remove an object at once."""

    refuses = True

    def remove(self, key: str, version: str) -> None:
        if self.refuses:
            self.refuses = False
            raise TransientError("DeleteObject failed with SlowDown")
        super().remove(key, version)


def recorded(world: World, metric: Metric) -> list[str | None]:
    """The value of a metric's dimension, for each time that it was counted."""
    assert {value for _, value in world.meter.of(metric)} <= {1}
    return [by for by, _ in world.meter.of(metric)]


def steps(world: World) -> list[str | None]:
    return [by for by, _ in world.meter.of(STEP_DURATION)]


def world_with_slow_media(*script: object) -> World:
    media = SlowMedia()
    world = World(media=media, detector=ScriptedTextDetector(*script))  # type: ignore[arg-type]
    media.clock = world.clock
    return world


def test_names_are_those_that_alarms_and_dashboard_know() -> None:
    assert {metric.name: (metric.unit, metric.dimension) for metric in METRICS} == {
        "StepDuration": ("Milliseconds", "Step"),
        "PaidCalls": ("Count", "Operation"),
        "DuplicatesFound": ("Count", None),
        "CharactersNarrated": ("Count", None),
        "StoriesReady": ("Count", None),
        "StoriesFailed": ("Count", "Reason"),
        "ProfilePhotosReady": ("Count", None),
        "ProfilePhotosRejected": ("Count", "Reason"),
        "ProfilePhotosFailed": ("Count", None),
    }
    summed = {metric for metric in METRICS if metric.has_total}
    assert summed == {STORIES_FAILED, PROFILE_PHOTOS_REJECTED}


def test_a_story_is_measured_at_each_step_and_ready_once() -> None:
    world = world_with_a_story()

    assert steps(world) == ["intake", "reading", "narration", "renditions"]
    assert recorded(world, STORIES_READY) == [None]
    assert recorded(world, STORIES_FAILED) == []
    assert recorded(world, DUPLICATES_FOUND) == []


def test_a_duration_is_in_milliseconds_from_the_lease_to_its_release() -> None:
    world = world_with_slow_media(CLEAR)

    world.intake.take_in(upload())
    read(world)

    # The photo; then what was detected, and the page.
    assert world.meter.of(STEP_DURATION) == [("intake", 1000), ("reading", 2000)]


def test_an_attempt_that_failed_is_not_measured() -> None:
    world = world_with_slow_media(THROTTLED)
    world.intake.take_in(upload())

    with pytest.raises(TransientError):
        read(world)

    assert steps(world) == ["intake"]


def test_a_delivery_that_finds_the_work_done_is_not_measured() -> None:
    world = world_with_a_text("Once upon a time.", b"mp3")
    narrate(world)
    narrate(world)

    assert steps(world) == ["intake", "narration"]
    assert recorded(world, STORIES_READY) == [None]


def test_a_deletion_is_measured_when_everything_is_gone() -> None:
    world = world_with_a_story()
    world.part(Deletion).delete(world.story().id)
    world.clock.advance(200)
    for _ in range(2):
        world.deliver(world.queues[Step.DELETION], world.part.handler(Step.DELETION))
        world.clock.advance(600)

    assert steps(world)[-1] == "deletion"
    assert steps(world).count("deletion") == 1


def test_a_photo_seen_before_is_a_duplicate() -> None:
    world = World()
    for _ in range(3):
        world.intake.take_in(upload())

    assert recorded(world, DUPLICATES_FOUND) == [None, None]


def test_a_staged_photo_seen_before_is_a_duplicate() -> None:
    world = World()
    world.intake.take_in(upload())
    request = posted(world)
    announce(world, request.key)
    take_in(world)

    assert recorded(world, DUPLICATES_FOUND) == [None]


def test_a_staged_photo_that_is_delivered_again_is_no_duplicate() -> None:
    world = World(intake_bucket=RemovingLater)
    request = posted(world)
    announce(world, request.key)
    take_in(world)
    world.clock.advance(600)
    assert take_in(world) == 1

    assert len(world.stories.kept) == 1
    assert recorded(world, DUPLICATES_FOUND) == []


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([[]] * 4, "no_text"),
        ([RejectedError("this photo has a shape or size that cannot be read")], "unreadable_photo"),
    ],
)
def test_a_page_that_cannot_be_read_fails_its_story_for_a_reason(
    script: list[object], reason: str
) -> None:
    world = world_with_a_photo(*script)
    read(world)
    read(world)

    assert world.story().status is Status.FAILED
    assert recorded(world, STORIES_FAILED) == [reason]


def test_a_text_that_cannot_be_spoken_fails_its_story_for_a_reason() -> None:
    refusal = RejectedError("this text cannot be spoken", code=FailureReason.UNSPEAKABLE_TEXT)
    world = world_with_a_text("Once.", refusal)

    narrate(world)

    assert recorded(world, STORIES_FAILED) == ["unspeakable_text"]


def test_a_story_whose_work_kept_failing_fails_once_however_often_that_is_delivered() -> None:
    world = world_with_a_dead_letter()
    world.dead_letter_queues[Step.READING].send(about(world.story()))

    bury(world)

    assert recorded(world, STORIES_FAILED) == ["kept_failing"]
    assert steps(world) == ["intake"], "giving up is no work"


def test_a_story_that_stopped_without_a_word_fails_for_another_reason() -> None:
    world = World()
    world.intake.take_in(upload())
    world.dead_letter_queues[Step.READING].send(about(world.story()))

    bury(world)

    assert recorded(world, STORIES_FAILED) == ["stopped"]


def test_a_story_whose_photo_never_arrived_fails_for_another_reason() -> None:
    world = World()
    story = world.intake.new_story(upload(), "image/jpeg")
    world.stories.claim(story)
    world.dead_letter_queues[Step.READING].send(about(story))

    bury(world)

    assert recorded(world, STORIES_FAILED) == ["photo_missing"]


def test_a_write_that_another_delivery_won_counts_nothing() -> None:
    class Deleting(InMemoryStories):
        """Somebody deletes the story while its text is spoken."""

        def apply(self, story, move, **how):  # type: ignore[no-untyped-def]
            if move.changes.get("status") is Status.READY:
                raise StoryDeletedError("it is deleted")
            return super().apply(story, move, **how)

    world = World(
        stories=Deleting(),
        detector=ScriptedTextDetector(CLEAR),
        speaker=ScriptedSpeaker(b"mp3"),
    )
    world.intake.take_in(upload())
    read(world)
    world.narration(delivery_to(about(world.story())))

    assert recorded(world, STORIES_READY) == []
    assert "narration" not in steps(world)


@pytest.mark.parametrize("code", ["image_too_small", "unsupported_media_type", "rejected"])
def test_every_way_in_which_a_file_is_broken_is_one_reason(code: str) -> None:
    assert reason_of_rejection(RejectedError("it is broken", code=code)) == "unreadable_photo"


def test_what_is_refused_before_it_is_a_story_is_no_failed_story() -> None:
    world = World()
    for send in (upload(b"%PDF-1.7"), upload(jpeg() + b"x" * MAX_BYTES)):
        with pytest.raises(RejectedError):
            world.intake.take_in(send)

    assert world.meter.kept == []
