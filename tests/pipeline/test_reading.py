import io
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from PIL import Image, ImageFile

from chalicelib.delivery.messages import about
from chalicelib.errors import RejectedError, TransientError
from chalicelib.http import answers
from chalicelib.pages.detection import TextDetection
from chalicelib.pages.reading_order import PageText
from chalicelib.pages.readings import Reader, ReadingCall, Service
from chalicelib.pages.size import Size
from chalicelib.pages.skipping import SkipReason
from chalicelib.stories import keys
from chalicelib.stories.keys import Links
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Status
from chalicelib.telemetry import STORIES_FAILED
from samples.draw_page import draw_page
from samples.draw_page import photo as drawn_photo
from tests.fakes.builders import jpeg, line, with_words
from tests.fakes.engines import ScriptedTextDetector
from tests.fakes.queues import delivery_to
from tests.fakes.trouble import failing
from tests.fakes.world import World

CLEAR = with_words(line("Once upon a time.", 0.1, 0.1))
TEXTURE = with_words(line("L", 0.1, 0.1, height=0.5, confidence=61))
MARKS = with_words(line("? * * *", 0.1, 0.1))
DRAWN = drawn_photo(draw_page("Once upon a time there was a bear.", width=1200))
NO_TEXT = "no text was found on this page"
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
    assert (story.status, story.text, story.complete) == (Status.READ, "Once upon a time.", True)
    assert world.narration_queue.sent == [about(story)]
    assert story.leases == {}
    assert story.page == keys.page(story)
    assert set(world.media.objects) == {
        keys.photo(story),
        keys.page(story),
        keys.detection(story, ReadingCall(Service.REKOGNITION)),
        keys.page_text(story),
    }
    assert world.media.objects[keys.page(story)][1] == "image/jpeg"


@pytest.mark.parametrize("script", [(CLEAR,), (GARBLED, CLEAR)], ids=["as it is", "upside down"])
def test_the_page_is_the_jpeg_that_was_read(script: tuple[object, ...]) -> None:
    world = world_with_a_photo(*script)

    read(world)

    assert world.media.get(keys.page(world.story())) is world.detector.images[-1]


def test_rekognition_and_textract_get_one_jpeg() -> None:
    world = world_with_a_dense_page(MORE)

    read(world)

    assert world.document.images[0] is world.detector.images[0]


def test_a_page_is_decoded_twice_and_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its renditions decode it the second time: they may not hold up the reading."""
    width, height = 2400, 1800
    decoded, encoded = [], []
    load, save = ImageFile.ImageFile.load, Image.SAVE["JPEG"]

    def loading(image: ImageFile.ImageFile) -> object:
        if image.tile:
            decoded.append(image.size)
        return load(image)

    def saving(image: Image.Image, *target: Any) -> None:
        encoded.append(image.size)
        save(image, *target)

    world = World(detector=ScriptedTextDetector(CLEAR))
    photo = jpeg(width, height)
    monkeypatch.setattr(ImageFile.ImageFile, "load", loading)
    monkeypatch.setitem(Image.SAVE, "JPEG", saving)

    world.upload(photo)
    read(world)
    world.deliver(Step.RENDITIONS)

    assert world.story().renditions
    assert decoded.count((width, height)) == 2
    assert encoded.count((width, height)) == 1


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


def test_narration_is_enqueued_by_the_redelivery_if_it_could_not_be() -> None:
    """The write that says what the page reads has released the lease by then."""
    world = world_with_a_photo(CLEAR)
    with failing(world.narration_queue, "send"), pytest.raises(TransientError):
        read(world)
    assert (world.story().status, world.story().leases) == (Status.READ, {})

    read(world, receives=2)

    assert world.narration_queue.sent == [about(world.story())]
    assert world.reading_queue.retries == [("m-1/1", 5)]


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
    assert story.failure.reason == NO_TEXT
    ((subject, body),) = world.outbox.notices
    assert "could not be read" in subject
    assert NO_TEXT in body
    assert world.narration_queue.sent == []


@pytest.mark.parametrize(
    ("readings", "photo", "reason", "code"),
    [
        ([GARBLED, GARBLED], None, "its letters are too small: hold the camera", "illegible"),
        ([GARBLED, []], jpeg(2400, 1800, shade=20), "the photo is too dark: switch", "illegible"),
        ([[], []], DRAWN, "the letters look clear, so they may be mirrored", "illegible"),
        ([TEXTURE, []], None, NO_TEXT, "no_text"),
        ([[], []], jpeg(2400, 1800, shade=20), f"{NO_TEXT}; if it has any, perhaps", "no_text"),
        ([MARKS], None, "only marks, and no words, were found on this page", "no_text"),
    ],
    ids=["small", "dark", "unknown-script", "texture", "all-dark", "marks"],
)
def test_a_page_that_was_guessed_fails_with_advice(
    readings: list[list[TextDetection]], photo: bytes | None, reason: str, code: str
) -> None:
    world = world_with_a_photo(*readings, photo=photo)
    world.document.script.append([])

    read(world)

    failure = world.story().failure
    assert failure is not None
    assert failure.reason.startswith(reason)
    assert world.meter.of(STORIES_FAILED) == [(code, 1)]


def test_a_sure_sentence_is_read_beside_the_guesses_of_a_picture() -> None:
    guesses = [line("ewit e nodu ecno", 0.1, 0.4 + n * 0.1, confidence=55) for n in range(4)]
    page = with_words(line("Once upon a time.", 0.1, 0.1), *guesses)
    world = world_with_a_photo(page, [])
    world.document.script.append(page)

    read(world)

    story = world.story()
    assert (story.text, story.complete) == ("Once upon a time.", True)
    assert [each.reason for each in story.skipped] == [SkipReason.LOW_CONFIDENCE] * 4


HUNDRED = with_words(*(line("one two three four five", 0.1, n * 0.04) for n in range(20)))
ROWS = [line("one two three four five", 0.1, n * 0.03) for n in range(30)]
MORE = with_words(*ROWS)


def world_with_a_dense_page(*documents: object, reader: Reader = "auto", **upload: Any) -> World:
    world = World(
        detector=ScriptedTextDetector(HUNDRED),
        document=ScriptedTextDetector(*documents),  # type: ignore[arg-type]
        reader=reader,
    )
    world.upload(**upload)
    return world


def test_a_page_with_more_words_than_rekognition_returns_is_read_by_textract() -> None:
    world = world_with_a_dense_page(MORE)

    read(world)

    story = world.story()
    assert story.text is not None
    assert (len(story.text.split()), story.complete) == (150, True)
    assert world.document.images == world.detector.images
    stored = world.media.get(keys.detection(story, ReadingCall(Service.TEXTRACT)))
    assert msgspec.json.decode(stored or b"", type=list[TextDetection]) == MORE


def test_a_word_that_only_rekognition_read_is_spoken_and_marked() -> None:
    sign = line("BEWARE", 0.1, 0.97, height=0.02)
    world = World(
        detector=ScriptedTextDetector(with_words(sign, *ROWS[:20])),
        document=ScriptedTextDetector(MORE),
    )
    world.upload()

    read(world)

    story = world.story()
    stored = msgspec.json.decode(world.media.get(keys.page_text(story)) or b"", type=PageText)
    marked = [stored.text[word.start : word.end] for word in stored.words if word.unconfirmed]
    assert marked == ["BEWARE"]


def test_a_redelivery_pays_neither_service_again() -> None:
    world = world_with_a_dense_page(MORE)
    with failing(world.queues[Step.RENDITIONS], "send"), pytest.raises(TransientError):
        read(world)

    read(world, receives=2)

    assert world.story().status is Status.READ
    assert (len(world.detector.images), len(world.document.images)) == (1, 1)


@pytest.mark.parametrize(
    ("documents", "how"),
    [
        ([], {"reader": "rekognition"}),
        ([], {"language": "ru-RU", "voice": "Tatyana"}),
        ([RejectedError("a bad document")], {}),
        ([[]], {}),
    ],
    ids=["unwanted", "another-language", "refused", "nothing-read"],
)
def test_a_story_says_when_words_may_be_missing(documents: list[object], how: Any) -> None:
    world = world_with_a_dense_page(*documents, **how)

    read(world)

    story = world.story()
    assert story.text is not None
    assert (len(story.text.split()), story.complete) == (100, False)


def test_what_is_not_read_aloud_is_kept_with_its_reason_and_place() -> None:
    rows = [line("It was a dark and stormy night.", 0.1, 0.1 + n * 0.05) for n in range(6)]
    number = line("42", 0.5, 0.95, height=0.02)
    world = world_with_a_photo(with_words(*rows, number))

    read(world)

    story = world.story()
    (skipped,) = story.skipped
    assert (skipped.text, skipped.reason) == ("42", SkipReason.PAGE_NUMBER)
    assert skipped.box == pytest.approx((0.5, 0.95, 0.52, 0.97), abs=1e-4)
    stored = msgspec.json.decode(world.media.get(keys.page_text(story)) or b"", type=PageText)
    assert stored.text == story.text
    assert [stored.text[word.start : word.end] for word in stored.words] == stored.text.split()


def test_the_record_keeps_a_bounded_part_of_what_was_skipped() -> None:
    twins = [line("x" * 300, 0.1, 0.5, width=0.8)] * 151
    world = world_with_a_dense_page(with_words(*twins))

    read(world)

    story = world.story()
    assert [len(each.text) for each in story.skipped] == [200] * 100
    stored = msgspec.json.decode(world.media.get(keys.page_text(story)) or b"", type=PageText)
    assert len(stored.skipped) == 150


@pytest.mark.parametrize("attempts", [2, 6])
def test_a_result_that_s3_does_not_take_is_kept_in_hand(attempts: int) -> None:
    world = world_with_a_photo(CLEAR)
    refuse(world, attempts)

    read(world)

    assert world.story().status is Status.READ
    assert len(world.detector.images) == 1


def test_a_result_is_given_up_before_the_lease_ends() -> None:
    world = world_with_a_photo(CLEAR, CLEAR)
    refuse(world, 1000)
    began = world.clock()

    with pytest.raises(TransientError):
        read(world)

    assert timedelta(seconds=30) < world.clock() - began < timedelta(seconds=50)
    assert world.story().last_error == "S3 is away"


def refuse(world: World, times: int) -> None:
    """S3 refuses to store this many results."""
    put, left = world.media.put, iter(range(times))

    def refusing(key: str, content: bytes, content_type: str) -> None:
        if next(left, None) is not None:
            raise TransientError("S3 is away")
        put(key, content, content_type)

    world.media.put = refusing  # type: ignore[method-assign]


def test_detect_text_is_shown_a_page_without_metadata() -> None:
    world = world_with_a_photo(CLEAR, photo=jpeg(exif=6))

    read(world)

    assert b"camera" not in world.detector.images[0]


# A picture without text.


def test_a_picture_without_text_fails_and_its_page_is_kept() -> None:
    world = world_with_a_photo([], [], photo=jpeg(800, 600))

    world.make_story()

    story = world.story()
    assert story.status is Status.FAILED
    assert story.failure
    assert story.failure.final
    assert (story.text, story.audio, story.complete) == (None, None, None)
    assert (story.page, story.image) == (keys.page(story), Size(800, 600))
    assert story.renditions.keys() == {"thumbnail", "small", "medium", "large"}
    for key in (keys.page(story), *(each.key for each in story.renditions.values())):
        assert world.media.objects[key][1] == "image/jpeg"
    assert not world.media.exists(keys.page_text(story))
    assert world.narration_queue.sent == []
    answer = answers.found_response(world.retrieve(), Links("https://cdn.example"))
    assert answer.status_code == 422
    assert answer.body["message"].startswith(f"This page could not be read: {NO_TEXT}")
    ((_, body),) = world.outbox.notices
    assert f"See the page: https://cdn.example/{keys.page(story)}" in body


def test_the_renditions_of_a_picture_are_made_after_it_failed() -> None:
    world = world_with_a_photo([], [], photo=jpeg(800, 600))
    world.deliver(Step.READING)
    assert world.story().status is Status.FAILED

    world.deliver(Step.RENDITIONS)

    assert world.story().renditions


def test_a_picture_is_turned_as_it_is_read() -> None:
    world = world_with_a_photo([], [], photo=jpeg(400, 300, exif=6))

    read(world)

    content = world.media.get(keys.page(world.story()))
    assert Image.open(io.BytesIO(content or b"")).size == (300, 400)
    assert world.story().image == Size(300, 400)


def test_a_deletion_removes_all_of_a_picture() -> None:
    world = world_with_a_photo([], [])
    world.make_story()

    world.delete()
    world.deliver(Step.DELETION)

    assert world.media.objects == {}
    assert (world.story().page, world.story().image, world.story().renditions) == (None, None, {})


def test_a_picture_sent_again_is_looked_at_again_for_nothing() -> None:
    world = world_with_a_photo([], [])
    world.make_story()
    asked = len(world.detector.images)

    world.upload()
    world.make_story()

    assert len(world.detector.images) == asked
    assert world.story().status is Status.FAILED
    assert len(world.outbox.notices) == 2
