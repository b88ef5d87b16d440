"""X-Read-Along: who gets times, when a photo is sent again, and what it costs."""

import re
from typing import Any

import pytest

from chalicelib.delivery.messages import about
from chalicelib.errors import InvalidRequestError, RejectedError
from chalicelib.steps.direct_upload import DirectUpload, WantedUpload
from chalicelib.steps.intake import Receipt
from chalicelib.stories import keys
from chalicelib.stories.changes import Move
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Status, Story
from tests.fakes.builders import jpeg, upload
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.trouble import before
from tests.fakes.world import World
from tests.pipeline.test_correction import files, heard, published
from tests.pipeline.test_reading import CLEAR
from tests.unit.test_mp3 import tone


def world_with_a_photo(*marks: bytes | Exception, **fields: Any) -> World:
    """A stage without times: only a photo that was sent with X-Read-Along: true gets them."""
    world = World(
        detector=ScriptedTextDetector(*[CLEAR] * 9),
        speaker=ScriptedSpeaker(*[tone(0.5)] * 9, marks=marks),
        read_along=False,
    )
    world.upload(**fields)
    return world


def without_times(*marks: bytes | Exception, **fields: Any) -> World:
    world = world_with_a_photo(*marks, **fields)
    world.make_story()
    assert published(world) == {"1/story.mp3", "1/story.json"} or marks
    return world


def again(world: World, **fields: Any) -> Receipt:
    return world.intake.take_in(upload(**{"read_along": True, **fields}))


def paid(world: World) -> tuple[int, int, int]:
    """Requests for detection, speech and marks."""
    return len(world.detector.images), len(world.speaker.spoken), len(world.speaker.marked)


def make_old(world: World) -> Story:
    """Write the only story as it was before there were revisions."""
    story = world.story()
    _, public = keys.prefixes(story.id, story.generation)
    mp3 = world.media.get(keys.audio(story)) or b""
    kept = (keys.photo(story), keys.page(story), keys.page_text(story))
    world.media.objects = {
        key: each for key, each in world.media.objects.items() if key in kept or "jpg" in key
    }
    old_audio = f"{public}story.mp3"
    world.media.put(old_audio, mp3, "audio/mpeg")
    world.media.put(f"private/{story.id}/{story.generation}/speech-0-c0ffee00.mp3", mp3, "")
    return world.stories.apply(
        story,
        Move(
            {
                "audio": old_audio,
                "revision": None,
                "spoken": None,
                "read_along": None,
                "image": None,
            }
        ),
    )


def test_a_ready_story_gets_its_times_for_the_price_of_the_marks() -> None:
    world = without_times()
    assert paid(world) == (1, 1, 0)

    receipt = again(world)

    assert (receipt.duplicate, receipt.story.status) == (True, Status.READ)
    assert heard(world) == (200, "1/story.mp3")
    world.deliver(Step.NARRATION)
    assert paid(world) == (1, 1, 1)
    assert heard(world) == (200, "2/story.mp3")
    assert published(world) == files(2)
    assert world.story().spoken is not None
    assert (world.story().status, world.story().read_along) == (Status.READY, True)


def test_a_story_with_times_is_not_spoken_again() -> None:
    world = world_with_a_photo(read_along=True)
    world.make_story()
    ready = world.story()

    assert again(world, notify=False).story == ready

    assert paid(world) == (1, 1, 1)
    assert len(world.narration_queue.sent) == 1


@pytest.mark.parametrize("wanted", [False, None])
def test_only_true_asks_for_times(wanted: bool | None) -> None:
    world = without_times()
    ready = world.story()

    assert again(world, read_along=wanted, notify=False).story == ready
    assert len(world.narration_queue.sent) == 1


@pytest.mark.parametrize("wanted", [False, None])
def test_times_that_somebody_wanted_stay(wanted: bool | None) -> None:
    world = world_with_a_photo(read_along=True)

    again(world, read_along=wanted)
    world.make_story()

    assert published(world) == files(1)


@pytest.mark.parametrize("steps", [(), (Step.READING,)])
def test_a_story_that_is_being_made_gets_times(steps: tuple[Step, ...]) -> None:
    world = world_with_a_photo()
    for step in steps:
        world.deliver(step)

    assert again(world).story.read_along
    world.make_story()

    assert paid(world) == (1, 1, 1)
    assert published(world) == files(1)
    assert len(world.outbox.notices) == 1


@pytest.mark.parametrize(("place", "name"), [("speaker", "speak"), ("media", "put")])
def test_a_story_that_is_spoken_at_this_moment_gets_times(place: str, name: str) -> None:
    world = world_with_a_photo()
    world.deliver(Step.READING)
    before(getattr(world, place), name, lambda: again(world))

    world.deliver(Step.NARRATION)

    assert paid(world) == (1, 1, 1)
    assert published(world) == files(1)
    assert world.story().status is Status.READY


def test_a_story_that_is_published_at_this_moment_gets_times() -> None:
    """The upload read the record before, and its write is refused."""
    world = world_with_a_photo()
    world.deliver(Step.READING)
    before(world.stories, "apply", lambda: world.deliver(Step.NARRATION))

    again(world)
    world.deliver(Step.NARRATION)

    assert paid(world) == (1, 1, 1)
    assert published(world) == files(2)


def test_a_failed_story_is_started_again_with_times() -> None:
    world = world_with_a_photo()
    world.deliver(Step.READING)
    world.make_failed()
    world.lose_messages()

    again(world)
    world.deliver(Step.NARRATION)

    assert published(world) == files(1)


def test_a_story_whose_marks_did_not_fit_is_left_as_it_is() -> None:
    world = without_times(b"[]", read_along=True)
    before = world.story()

    again(world)

    assert world.deliver(Step.NARRATION) == 0
    assert paid(world) == (1, 1, 1)
    assert (world.story().status, world.story().revision) == (Status.READY, before.revision)
    assert published(world) == {"1/story.mp3", "1/story.json"}


def test_marks_that_were_refused_are_asked_for_again() -> None:
    world = without_times(RejectedError("not today"), read_along=True)

    again(world)
    world.deliver(Step.NARRATION)

    assert paid(world) == (1, 1, 2)
    assert published(world) == files(2)


def test_a_story_of_before_there_were_revisions_is_spoken_again() -> None:
    world = without_times()
    old = make_old(world)
    assert heard(world) == (200, "story.mp3")

    again(world)
    assert heard(world) == (200, "story.mp3")
    world.deliver(Step.NARRATION)

    assert heard(world) == (200, "2/story.mp3")
    assert published(world) == files(2)
    assert not world.media.exists(old.audio or "")
    assert not any("speech-0" in key for key in world.media.objects)
    assert paid(world) == (1, 2, 1)
    assert {each.key for each in world.story().renditions.values()} < world.media.objects.keys()


def test_a_story_of_before_there_were_revisions_stays_until_somebody_wants_times() -> None:
    world = without_times()
    old = make_old(world)
    world.narration_queue.send(about(old))

    world.deliver(Step.NARRATION)

    assert again(world, read_along=None, notify=False).story == old
    assert heard(world) == (200, "story.mp3")
    assert published(world) == {"story.mp3"}


# Notices.


def test_who_sends_a_ready_photo_again_for_its_times_is_told_when_they_are_there() -> None:
    world = without_times(notify=False)

    again(world)
    assert world.outbox.notices == []
    world.deliver(Step.NARRATION)

    ((subject, body),) = world.outbox.notices
    assert subject == "page one.jpg is ready to hear"
    assert re.search(r"#story=\S+/2$", body, re.MULTILINE)


def test_who_was_told_of_the_story_is_told_of_its_times() -> None:
    world = without_times()
    world.outbox.notices.clear()

    again(world)
    world.deliver(Step.NARRATION)

    assert len(world.outbox.notices) == 1


def test_who_wants_no_notice_of_the_times_gets_none() -> None:
    world = without_times()
    world.outbox.notices.clear()

    again(world, notify=False)
    world.deliver(Step.NARRATION)

    assert world.outbox.notices == []


def test_who_sends_a_photo_again_while_it_is_corrected_is_told_when_it_is_ready() -> None:
    world = without_times()
    world.outbox.notices.clear()
    again(world, notify=False)

    again(world)
    world.deliver(Step.NARRATION)

    assert len(world.outbox.notices) == 1


# A stage whose engine has no marks.


def test_an_engine_without_marks_refuses_to_read_along() -> None:
    world = World(speech_engine="generative", read_along=False)
    sentence = "generative engine here, which does not say when each word is spoken"

    with pytest.raises(InvalidRequestError, match=sentence) as refused:
        world.upload(read_along=True)
    assert refused.value.code == "no_read_along"
    wanted = WantedUpload("x.jpg", "image/jpeg", "auto", "Joanna", read_along=True)
    with pytest.raises(InvalidRequestError, match=sentence):
        world.part(DirectUpload).permit(wanted)

    assert world.stories.kept == {}
    assert world.upload_requests.kept == {}
    for wanted_times in (False, None):
        assert not world.upload(read_along=wanted_times).read_along


@pytest.mark.parametrize(("wanted", "stage"), [(True, False), (False, True), (None, True)])
def test_a_posted_photo_gets_times_as_its_form_said(wanted: bool | None, stage: bool) -> None:
    world = World(read_along=stage)
    asked = WantedUpload("x.jpg", "image/jpeg", "auto", "Joanna", read_along=wanted)
    permit = world.part(DirectUpload).permit(asked)
    world.intake_bucket.post(permit.request.key, jpeg(), permit.request.id)
    world.announce(permit.request.key)

    world.deliver_intake()

    assert world.story().read_along is (stage if wanted is None else wanted)
