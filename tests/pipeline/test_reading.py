import logging

import pytest

from chalicelib.delivery.messages import about
from chalicelib.errors import TransientError
from chalicelib.stories import keys
from chalicelib.stories.story import Status
from tests.fakes.builders import jpeg, line, with_words
from tests.fakes.engines import ScriptedTextDetector
from tests.fakes.queues import delivery_to
from tests.fakes.world import World

CLEAR = with_words(line("Once upon a time.", 0.1, 0.1))
GARBLED = with_words(line("ewit e nodu ecno", 0.1, 0.1, confidence=55))


def world_with_a_photo(*script: object, photo: bytes | None = None) -> World:
    world = World(detector=ScriptedTextDetector(*script))  # type: ignore[arg-type]
    world.upload(photo)
    return world


def read(world: World, **delivery: int) -> None:
    world.reading(delivery_to(about(world.story()), **delivery))  # type: ignore[arg-type]


def test_a_text_is_kept_and_its_narration_enqueued() -> None:
    world = world_with_a_photo(CLEAR)

    read(world)

    story = world.story()
    assert (story.status, story.text, story.truncated) == (Status.READ, "Once upon a time.", False)
    assert world.narration_queue.sent == [about(story)]
    assert story.leases == {}
    assert story.page == keys.page(story)
    assert set(world.media.objects) == {
        keys.photo(story),
        keys.page(story),
        keys.detection(story, 0),
    }
    assert world.media.objects[keys.page(story)][1] == "image/jpeg"


def test_a_page_upside_down_is_turned_and_read_again() -> None:
    world = world_with_a_photo(GARBLED, CLEAR)

    read(world)

    assert world.story().text == "Once upon a time."
    first, second = world.detector.images
    assert first != second
    assert world.media.get(keys.page(world.story())) == second


def test_a_redelivery_pays_for_no_detection_that_is_stored() -> None:
    world = world_with_a_photo(GARBLED, TransientError("no answer"), CLEAR)
    with pytest.raises(TransientError):
        read(world)

    read(world, receives=2)

    assert world.story().status is Status.READ
    assert len(world.detector.images) == 3


def test_a_page_that_is_read_is_only_enqueued_for_narration() -> None:
    world = world_with_a_photo(CLEAR)
    read(world)

    read(world)

    assert len(world.detector.images) == 1
    assert len(world.narration_queue.sent) == 2


def test_a_page_without_text_fails_with_a_reason_and_a_notice() -> None:
    world = world_with_a_photo([], [])

    read(world)

    story = world.story()
    assert story.status is Status.FAILED
    assert story.failure is not None
    assert story.failure.reason == "no text was found on this page"
    ((subject, body),) = world.outbox.notices
    assert "could not be read" in subject
    assert "no text was found on this page" in body
    assert world.narration_queue.sent == []


def test_an_answer_at_the_limit_of_words_is_marked_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hundred = with_words(*(line("one two three four five", 0.1, n * 0.04) for n in range(20)))
    world = world_with_a_photo(hundred)

    with caplog.at_level(logging.WARNING, logger="chalicelib.reading"):
        read(world)

    assert world.story().truncated
    assert [record.words for record in caplog.records] == [100]  # type: ignore[attr-defined]


def test_a_page_of_one_word_less_is_not_truncated() -> None:
    rows = [line("one two three four five", 0.1, n * 0.04) for n in range(19)]
    world = world_with_a_photo(with_words(*rows, line("one two three four", 0.1, 0.9)))

    read(world)

    assert not world.story().truncated


def test_detect_text_is_shown_a_page_without_metadata() -> None:
    world = world_with_a_photo(CLEAR, photo=jpeg(exif=6))

    read(world)

    assert b"camera" not in world.detector.images[0]
