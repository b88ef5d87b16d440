"""How old the oldest unfinished work is: what the sweeper measures, and alarms watch."""

from datetime import timedelta
from typing import Final

import pytest

from chalicelib.errors import TransientError
from chalicelib.stories.queues import Step
from chalicelib.telemetry import OLDEST_WORK, Work
from tests.fakes.builders import jpeg
from tests.fakes.trouble import failing
from tests.fakes.world import World
from tests.pipeline.test_deletion import erase, world_with_a_story

HOUR: Final = timedelta(hours=1).total_seconds()


def oldest(world: World) -> dict[str | None, float]:
    """Sweep, and return what that measured."""
    world.meter.kept.clear()
    world.sweep()
    measured = world.meter.of(OLDEST_WORK)
    assert len(dict(measured)) == len(measured)
    return dict(measured)


def test_a_deletion_that_is_stuck_is_seen_however_often_its_message_was_received() -> None:
    world = world_with_a_story()
    world.cdn.asks = 1000
    world.delete()
    for _ in range(5):  # SQS's own measure leaves the message out after the third receive
        erase(world)
        world.clock.advance(HOUR / 4)

    assert oldest(world) == {Work.DELETION: 1.25 * HOUR}


def test_a_deletion_that_was_given_up_is_seen() -> None:
    world = world_with_a_story()
    world.delete()
    world.lose_messages()
    world.clock.advance(5 * HOUR)

    assert oldest(world) == {Work.DELETION: 5 * HOUR}


def test_an_erased_story_is_no_work() -> None:
    world = world_with_a_story()
    world.delete()
    erase(world)
    world.clock.advance(HOUR)

    assert oldest(world) == {}


def test_the_oldest_story_counts_until_its_notice_is_sent(world: World) -> None:
    world.upload()
    world.make_ready()
    world.clock.advance(60)
    world.upload(jpeg(shade=90))
    world.clock.advance(60)

    assert oldest(world) == {Work.STORY: 120}


def test_a_sweep_without_time_measures_what_it_saw(world: World) -> None:
    world.upload()
    world.upload(jpeg(shade=90))
    world.clock.advance(120)
    left = iter([timedelta(minutes=1)] + [timedelta(0)] * 9)

    world.sweeper.sweep(lambda: next(left))

    assert world.meter.of(OLDEST_WORK) == [(Work.STORY, 120)]


@pytest.mark.parametrize("key", ["images/a.jpg", "profiles/user_a/a"])
def test_a_photo_that_waits_in_the_intake_bucket_is_seen(world: World, key: str) -> None:
    world.intake_bucket.post("images/", b"")  # a folder, which a person made
    world.clock.advance(60)
    world.intake_bucket.post(key, jpeg())
    world.clock.advance(HOUR)
    world.intake_bucket.post("images/b.jpg", jpeg())

    assert oldest(world) == {Work.PHOTO: HOUR}


def test_a_profile_that_is_not_processed_or_not_removed_is_seen(world: World) -> None:
    world.put("user_a")
    world.clock.advance(60)
    assert oldest(world) == {Work.PROFILE: 60}

    world.run()
    assert oldest(world) == {}

    world.leave("user_a")
    with failing(world.media, "keys_under"):
        world.clock.advance(HOUR)
        assert oldest(world) == {Work.PROFILE: HOUR}


def test_the_others_are_measured_when_one_kind_cannot_be_swept(world: World) -> None:
    world.upload()
    world.clock.advance(HOUR)
    with failing(world.intake_bucket, "waiting"), pytest.raises(TransientError):
        world.sweep()

    assert world.meter.of(OLDEST_WORK) == [(Work.STORY, HOUR)]
    assert len(world.queues[Step.READING].kept) == 2
