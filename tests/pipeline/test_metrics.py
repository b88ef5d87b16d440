"""What the pipeline measures: each fact once."""

import pytest

from chalicelib.delivery.messages import about
from chalicelib.errors import RejectedError, StoryDeletedError, TransientError
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Failure, Status
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
from tests.fakes.builders import upload
from tests.fakes.trouble import before, failing
from tests.fakes.world import World
from tests.pipeline.test_bucket_intake import posted, taken_in
from tests.pipeline.test_dead_letters import THROTTLED, give_up, world_with_a_dead_letter
from tests.pipeline.test_deletion import world_with_a_story
from tests.pipeline.test_narration import narrate, world_with_a_text
from tests.pipeline.test_reading import CLEAR, read, world_with_a_photo
from tests.unit.test_mp3 import tone


def recorded(world: World, metric: Metric) -> list[str | None]:
    """The value of a metric's dimension, for each time that it was counted."""
    assert {value for _, value in world.meter.of(metric)} <= {1}
    return [by for by, _ in world.meter.of(metric)]


def steps(world: World) -> list[str | None]:
    return [by for by, _ in world.meter.of(STEP_DURATION)]


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
        "OldestWork": ("Seconds", "Work"),
        "MessagesGivenUp": ("Count", "Queue"),
    }
    summed = {metric for metric in METRICS if metric.has_total}
    assert summed == {STORIES_FAILED, PROFILE_PHOTOS_REJECTED}


def test_a_story_is_measured_at_each_step_and_ready_once() -> None:
    world = world_with_a_story()

    assert steps(world) == ["intake", "reading", "narration", "renditions"]
    assert recorded(world, STORIES_READY) == [None]
    assert recorded(world, STORIES_FAILED) == []
    assert recorded(world, DUPLICATES_FOUND) == []


def test_a_duration_is_in_milliseconds_from_the_lease_to_its_release(world: World) -> None:
    world.detector.script.append(CLEAR)
    before(world.media, "put", lambda: world.clock.advance(1))
    world.upload()
    before(world.detector, "detect", lambda: world.clock.advance(2))

    read(world)

    assert world.meter.of(STEP_DURATION) == [("intake", 1000), ("reading", 2000)]


def test_a_failed_attempt_is_not_measured() -> None:
    world = world_with_a_photo(THROTTLED)

    with pytest.raises(TransientError):
        read(world)

    assert steps(world) == ["intake"]


def test_a_delivery_that_finds_the_work_done_is_not_measured() -> None:
    world = world_with_a_text("Once upon a time.", tone(0.5))
    narrate(world)
    narrate(world)

    assert steps(world) == ["intake", "narration"]
    assert recorded(world, STORIES_READY) == [None]


def test_a_deletion_is_measured_once_when_everything_is_gone() -> None:
    world = world_with_a_story()
    world.delete()
    world.clock.advance(200)
    for _ in range(2):
        world.deliver(Step.DELETION)
        world.clock.advance(600)

    assert steps(world)[-1] == "deletion"
    assert steps(world).count("deletion") == 1


def test_a_photo_seen_before_is_a_duplicate(world: World) -> None:
    world.upload()
    world.upload()
    taken_in(world)

    assert recorded(world, DUPLICATES_FOUND) == [None, None]


def test_a_photo_whose_event_is_repeated_is_no_duplicate(world: World) -> None:
    request = posted(world)
    with failing(world.intake_bucket, "remove"):
        world.announce(request.key)
        world.deliver_intake()
    world.clock.advance(600)
    assert world.deliver_intake() == 1

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

    assert world.story().failure == Failure("this text cannot be spoken", final=True)
    assert recorded(world, STORIES_FAILED) == ["unspeakable_text"]


def test_a_story_that_is_given_up_counts_once_however_often_that_is_delivered() -> None:
    world = world_with_a_dead_letter()
    world.dead_letter_queues[Step.READING].send(about(world.story()))

    give_up(world)

    assert recorded(world, STORIES_FAILED) == ["kept_failing"]
    assert steps(world) == ["intake"], "giving up is no work"


@pytest.mark.parametrize(("is_stored", "reason"), [(True, "stopped"), (False, "photo_missing")])
def test_a_story_that_left_no_error_fails_for_another_reason(
    world: World, is_stored: bool, reason: str
) -> None:
    if is_stored:
        world.upload()
    else:
        world.stories.claim(world.intake.new_story(upload(), "image/jpeg"))
    world.dead_letter_queues[Step.READING].send(about(world.story()))

    give_up(world)

    assert recorded(world, STORIES_FAILED) == [reason]


def test_a_write_that_another_delivery_won_counts_nothing() -> None:
    world = world_with_a_text("Once upon a time.", tone(0.5))

    with failing(world.stories, "apply", error=StoryDeletedError("it is deleted")):
        world.narration_queue.send(about(world.story()))
        world.deliver(Step.NARRATION)

    assert len(world.speaker.spoken) == 1
    assert recorded(world, STORIES_READY) == []
    assert "narration" not in steps(world)


@pytest.mark.parametrize("code", ["image_too_small", "unsupported_media_type", "rejected"])
def test_every_broken_file_counts_as_an_unreadable_photo(code: str) -> None:
    assert reason_of_rejection(RejectedError("it is broken", code=code)) == "unreadable_photo"
