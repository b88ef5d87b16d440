"""The language that a page is spoken in: its own, or the one that its sender named."""

import pytest

from chalicelib.delivery.messages import about
from chalicelib.pages.readings import Service
from chalicelib.stories import keys
from chalicelib.stories.story import Status
from tests.fakes.builders import jpeg, line, story, with_words
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.queues import delivery_to
from tests.fakes.world import NAMESPACE, World
from tests.unit.test_mp3 import tone

GERMAN = with_words(line("Der kleine Bär ging mit seiner Mutter in den Wald.", 0.1, 0.1))
RUSSIAN = with_words(line("Маленький медведь любил вкусный мёд.", 0.1, 0.1))
DIGITS = with_words(line("1 2 3 4 5 6 7 8", 0.1, 0.1))


def made(world: World, **fields: str) -> World:
    """Take in a page, and do all of its work."""
    made_story = world.upload(jpeg(), **fields)
    world.reading(delivery_to(about(made_story)))
    world.narration(delivery_to(about(made_story)))
    return world


def world_of(*pages: object) -> World:
    return World(
        detector=ScriptedTextDetector(*pages),  # type: ignore[arg-type]
        speaker=ScriptedSpeaker(*[tone(0.5)] * len(pages)),
    )


@pytest.mark.parametrize(
    ("page", "language", "voice", "detected"),
    [
        (GERMAN, "de-DE", "Vicki", "de-DE"),
        (RUSSIAN, "ru-RU", "Tatyana", "ru-RU"),
        (DIGITS, "en-US", "Joanna", None),
    ],
)
def test_without_a_language_the_page_is_spoken_in_its_own(
    page: object, language: str, voice: str, detected: str | None
) -> None:
    world = made(world_of(page), language="auto")

    found = world.story()
    assert (found.status, found.language, found.voice) == (Status.READY, language, voice)
    assert found.language_detected == detected
    ((_ssml, *spoken, _engine),) = world.speaker.spoken
    assert spoken == [language, voice]


def test_a_language_that_its_sender_named_is_spoken_whatever_the_page_says() -> None:
    world = made(world_of(GERMAN), language="en-GB", voice="Brian")

    found = world.story()
    assert (found.language, found.voice, found.language_detected) == ("en-GB", "Brian", "de-DE")


def test_textract_is_not_asked_for_a_language_that_it_does_not_read() -> None:
    crowded = with_words(
        *(line("Маленький медведь любил вкусный мёд.", 0.1, 0.03 * row) for row in range(1, 16))
    )
    world = made(world_of(crowded), language="auto")

    assert world.document.images == []
    (call,) = [key for key in world.media.objects if "detection" in key]
    assert Service.TEXTRACT.value not in call


def test_a_photo_that_has_a_story_from_before_is_known_and_costs_nothing() -> None:
    """A story of the time when the default was American English."""
    world = World()
    content_id = keys.content_id_of(jpeg())
    before = story(
        id=str(keys.derived_id(NAMESPACE, content_id, "en-US", "Joanna")), content_id=content_id
    )
    world.stories.claim(before)
    ready = world.make_ready()

    again = world.upload(jpeg(), language="auto")

    assert again.id == ready.id
    assert (again.status, again.language) == (Status.READY, "en-US")
    assert world.reading_queue.sent == []


def test_a_language_named_later_is_a_story_of_its_own() -> None:
    world = made(world_of(GERMAN), language="auto")
    german = world.story()

    english = world.upload(jpeg(), language="en-US")
    again = world.upload(jpeg(), language="en-US")

    assert english.id != german.id
    assert again.id == english.id
    assert world.upload(jpeg(), language="auto").id == german.id
    assert world.upload(jpeg(), language="de-DE", voice="Vicki").id not in {german.id, english.id}
