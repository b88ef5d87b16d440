"""Corrections: a story is spoken again, and heard as it was until then."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.delivery.messages import about
from chalicelib.errors import (
    EditConflictError,
    ExpiredError,
    InvalidRequestError,
    NotYetError,
    RejectedError,
    StoryChangedError,
    TransientError,
    UnknownStoryError,
)
from chalicelib.http import answers
from chalicelib.steps.correction import Correction, Corrections
from chalicelib.steps.deletion import Deletion
from chalicelib.stories import keys
from chalicelib.stories.changes import Move
from chalicelib.stories.keys import Links
from chalicelib.stories.queues import DEAD_LETTERS, Step
from chalicelib.stories.story import Status, Story
from tests.fakes.builders import story as a_story
from tests.fakes.builders import upload_request
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.trouble import before, failing
from tests.fakes.world import World
from tests.pipeline.test_reading import CLEAR
from tests.unit.test_mp3 import tone

SPEECH = tone(0.5)
LONG = ("The ant carried a crumb. " * 200).strip()
TEXT = "Twice upon a time."
NOT_THERE = RejectedError("Polly refused the voice")


def world_with_a_story(*, ready: bool = True, **fields: Any) -> World:
    """A page that says "Once upon a time." is spoken by Joanna."""
    world = World(
        detector=ScriptedTextDetector(*[CLEAR] * 9), speaker=ScriptedSpeaker(*[SPEECH] * 9)
    )
    world.upload(**fields)
    if ready:
        world.make_story()
    return world


def correct(world: World, *, revision: int | None = None, **changes: Any) -> Story:
    correction = Correction(revision=revision, **changes)
    return world.part(Corrections).correct(world.story().id, correction)


def spoken_by(world: World) -> list[tuple[str, str, str]]:
    """What Polly was asked to speak since the story was first ready."""
    return [(language, voice, ssml) for ssml, language, voice, _ in world.speaker.spoken[1:]]


def heard(world: World) -> tuple[int, str | None]:
    """What a client that asks for the story gets: status and MP3."""
    answer = answers.found_response(world.retrieve(), Links("https://cdn.example"))
    url = answer.body.get("audio_url")
    return answer.status_code, url and url.split("/", 6)[-1]


def published(world: World) -> set[str]:
    """The files of narrations that the CDN has."""
    story = world.story()
    _, public = keys.prefixes(story.id, story.generation)
    names = {key.removeprefix(public) for key in world.media.objects if key.startswith(public)}
    return {name for name in names if name.endswith(("mp3", "json", "vtt"))}


def files(revision: int) -> set[str]:
    return {
        f"{revision}/{name}" for name in ("story.mp3", "story.json", "read-along.json", "story.vtt")
    }


def fail_all(world: World, error: Exception = NOT_THERE) -> None:
    """Let every request for speech fail."""
    world.speaker.script[:] = [error] * 20


# What can be changed.


@pytest.mark.parametrize(
    ("changes", "spoken"),
    [
        ({"text": TEXT}, ("en-US", "Joanna", TEXT)),
        ({"voice": "matthew"}, ("en-US", "Matthew", "Once upon a time.")),
        ({"language": "en-GB"}, ("en-GB", "Amy", "Once upon a time.")),
        ({"language": "de", "voice": "Daniel"}, ("de-DE", "Daniel", "Once upon a time.")),
        (
            {"text": TEXT, "voice": "Brian", "language": "en_gb", "name": "two.jpg"},
            ("en-GB", "Brian", TEXT),
        ),
    ],
)
def test_a_story_is_spoken_again_as_it_is_corrected(
    changes: dict[str, str], spoken: tuple[str, str, str]
) -> None:
    world = world_with_a_story()

    corrected = correct(world, revision=1, **changes)

    assert (corrected.status, corrected.revision) == (Status.READ, 2)
    assert world.narration_queue.sent[1:] == [about(corrected)]
    world.deliver(Step.NARRATION)
    story = world.story()
    language, voice, text = spoken
    assert spoken_by(world) == [(language, voice, f"<speak><p><s>{text}</s></p></speak>")]
    assert (story.language, story.voice, story.text) == spoken
    assert story.name == changes.get("name", "page one.jpg")
    assert (story.status, story.audio) == (Status.READY, keys.audio(story))
    assert story.spoken is not None
    assert (story.spoken.revision, story.spoken.timed_words) == (2, 4)
    assert story.unfinished_since is None
    assert len(world.detector.images) == 1


def test_a_name_alone_is_changed_and_nothing_is_spoken() -> None:
    world = world_with_a_story()

    renamed = correct(world, revision=1, name="two.jpg")

    assert (renamed.name, renamed.status, renamed.revision) == ("two.jpg", Status.READY, 1)
    assert len(world.narration_queue.sent) == 1


def test_what_is_left_out_stays_as_it_is() -> None:
    """The language that the story has already does not change its voice."""
    world = world_with_a_story(language="en-US", voice="Matthew")

    for language in ("en-US", "auto", "en", ""):
        assert correct(world, language=language).voice == "Matthew"
    assert correct(world, voice="").voice == "Matthew"

    assert world.story().status is Status.READY
    assert correct(world, language="en-GB").voice == "Amy"


@pytest.mark.parametrize(
    ("detected", "expected"),
    [("fr-FR", ("fr-FR", "Lea")), ("en-US", ("en-US", "Joanna")), (None, ("en-US", "Joanna"))],
)
def test_auto_is_the_language_of_the_words(detected: str | None, expected: tuple[str, str]) -> None:
    world = world_with_a_story(language="de-DE", voice="Vicki")
    world.stories.apply(world.story(), Move({"language_detected": detected}))

    corrected = correct(world, language=" Auto ")

    assert (corrected.language, corrected.voice) == expected


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"language": "xx"}, "unknown_language"),
        ({"language": "  "}, "unknown_language"),
        ({"voice": "Nobody"}, "unknown_voice"),
        ({"voice": "Vicki"}, "unknown_voice"),
        ({"language": "de-DE", "voice": "Joanna"}, "unknown_voice"),
        ({"text": "♪ *** ?!"}, "invalid_text"),
        ({"text": " \n\t "}, "invalid_text"),
        ({"text": "\u00ad\u200b"}, "invalid_text"),
    ],
)
def test_what_cannot_be_spoken_is_refused_and_changes_nothing(
    changes: dict[str, Any], code: str
) -> None:
    world = world_with_a_story()
    ready = world.story()

    with pytest.raises(InvalidRequestError) as refused:
        correct(world, name="two.jpg", **changes)

    assert refused.value.code == code
    assert world.story() == ready
    assert len(world.narration_queue.sent) == 1


# Which revision.


def test_another_revision_than_the_client_read_is_refused() -> None:
    world = world_with_a_story()
    correct(world, revision=1, text=TEXT)

    for revision in (0, 1, 3):
        with pytest.raises(EditConflictError, match=rf"revision 2 now, not {revision}"):
            correct(world, revision=revision, text="Thrice.")

    assert world.story().text == TEXT
    assert correct(world, revision=None, text="Thrice.").revision == 3


@pytest.mark.parametrize("is_spoken", [True, False])
def test_the_same_correction_again_is_free(is_spoken: bool) -> None:
    world = world_with_a_story()
    correct(world, revision=1, text=TEXT, name="two.jpg", voice="Ivy")
    if is_spoken:
        world.deliver(Step.NARRATION)
    stored = world.story()
    sent = len(world.narration_queue.sent)

    again = correct(world, revision=1, text=TEXT, name="two.jpg", voice="Ivy")

    assert again == stored == world.story()
    assert len(world.narration_queue.sent) == sent


@pytest.mark.parametrize("is_spoken", [True, False])
def test_of_two_corrections_of_one_revision_at_once_one_is_refused(is_spoken: bool) -> None:
    world = world_with_a_story()
    correct(world, text="Ounce upon a time.")
    if is_spoken:
        world.deliver(Step.NARRATION)
    before(world.stories, "apply", lambda: correct(world, revision=2, text="Thrice."))

    with pytest.raises(EditConflictError):
        correct(world, revision=2, text=TEXT)

    assert (world.story().text, world.story().revision) == ("Thrice.", 3)


def test_a_story_that_keeps_changing_is_left_alone() -> None:
    world = world_with_a_story()
    changed = StoryChangedError("it changed")

    with (
        failing(world.stories, "apply", error=changed),
        pytest.raises(StoryChangedError, match="keeps changing"),
    ):
        correct(world, text=TEXT)


# Which stories.


def test_a_story_that_was_never_heard_cannot_be_corrected() -> None:
    world = world_with_a_story(ready=False)
    for _ in range(2):
        with pytest.raises(NotYetError, match="still being made"):
            correct(world, text=TEXT)
        world.deliver(Step.READING)
    world.make_failed("Polly was away")

    with pytest.raises(NotYetError, match="could not be read aloud: Polly was away"):
        correct(world, text=TEXT)


def test_a_deleted_story_cannot_be_corrected() -> None:
    world = world_with_a_story()
    world.delete()
    with pytest.raises(ExpiredError) as refused:
        correct(world, text=TEXT)
    assert refused.value.code == "deleted"

    world.deliver(Step.DELETION)
    with pytest.raises(ExpiredError):
        correct(world, name="two.jpg")

    world.clock.advance(31 * 86_400)
    with pytest.raises(UnknownStoryError):
        correct(world, text=TEXT)


def test_a_deletion_at_the_same_moment_wins() -> None:
    world = world_with_a_story()
    before(world.stories, "apply", world.delete)

    with pytest.raises(ExpiredError):
        correct(world, text=TEXT)

    assert world.story().status is Status.DELETED


@pytest.mark.parametrize(
    ("story_id", "error"), [(a_story().id, UnknownStoryError), ("../x", InvalidRequestError)]
)
def test_an_unknown_story_cannot_be_corrected(
    world: World, story_id: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        world.part(Corrections).correct(story_id, Correction(revision=None, text=TEXT))


def test_a_story_can_be_corrected_by_the_id_of_its_upload() -> None:
    world = world_with_a_story()
    requests = [upload_request(), upload_request(id="0f8fad5b-d9cb-469f-a165-000000000000")]
    for request in requests:
        world.upload_requests.add(request)
    story = world.story()
    world.upload_requests.fulfil(requests[0], story, world.clock())
    corrections = world.part(Corrections)

    corrected = corrections.correct(requests[0].id, Correction(revision=1, text=TEXT))

    assert (corrected.id, corrected.text) == (story.id, TEXT)
    with pytest.raises(NotYetError, match="no photo yet"):
        corrections.correct(requests[1].id, Correction(revision=1, text=TEXT))
    world.part(Deletion).delete(requests[1].id)
    with pytest.raises(ExpiredError, match="cancelled"):
        corrections.correct(requests[1].id, Correction(revision=1, text=TEXT))
    world.delete()
    world.upload()  # another story than that of the upload
    with pytest.raises(UnknownStoryError):
        corrections.correct(requests[0].id, Correction(revision=1, text=TEXT))


# What is heard meanwhile, and which files there are.


def test_the_old_narration_is_heard_until_the_new_one_is_stored() -> None:
    world = world_with_a_story()
    correct(world, text=TEXT)
    during: list[Any] = []
    before(world.speaker, "speak", lambda: during.append((heard(world), published(world))))

    assert heard(world) == (200, "1/story.mp3")
    world.deliver(Step.NARRATION)

    assert during == [((200, "1/story.mp3"), files(1))]
    assert heard(world) == (200, "2/story.mp3")
    assert published(world) == files(2)


def test_the_old_narration_is_heard_when_the_new_one_failed() -> None:
    world = world_with_a_story()
    fail_all(world)
    correct(world, text=TEXT)

    world.deliver(Step.NARRATION)

    assert world.story().status is Status.FAILED
    assert heard(world) == (200, "1/story.mp3")
    assert published(world) == files(1)
    assert world.story().text == TEXT


@pytest.mark.parametrize("changes", [{"text": "Thrice."}, {"text": TEXT}, {"voice": "Ivy"}, {}])
def test_another_correction_or_the_same_one_mends_a_story_that_failed(
    changes: dict[str, str],
) -> None:
    world = world_with_a_story()
    fail_all(world)
    correct(world, text=TEXT)
    world.deliver(Step.NARRATION)
    world.speaker.script[:] = [SPEECH]

    corrected = correct(world, revision=2, **changes)
    world.deliver(Step.NARRATION)

    assert (corrected.status, corrected.failure) == (Status.READ, None)
    assert world.story().status is Status.READY
    assert heard(world) == (200, "3/story.mp3")
    assert published(world) == files(3)


def test_old_files_are_removed_after_the_switch_and_only_then() -> None:
    world = world_with_a_story()
    correct(world, text=TEXT)
    switched: list[int | None] = []
    delete = world.media.delete

    def deleting(names: list[str]) -> None:
        spoken = world.story().spoken
        switched.append(spoken.revision if spoken else None)
        delete(names)

    world.media.delete = deleting  # type: ignore[method-assign, assignment]
    private = {key for key in world.media.objects if "/speech-" in key}

    world.deliver(Step.NARRATION)

    assert set(switched) == {2}
    assert published(world) == files(2)
    left = {key for key in world.media.objects if "/speech-" in key}
    assert len(left) == 2
    assert left.isdisjoint(private)
    for key in (keys.page(world.story()), keys.photo(world.story())):
        assert world.media.exists(key)
    assert all(world.media.exists(each.key) for each in world.story().renditions.values())


def test_old_files_are_removed_by_the_redelivery_of_a_worker_that_died() -> None:
    world = world_with_a_story()
    correct(world, text=TEXT)
    with failing(world.media, "delete"):
        world.deliver(Step.NARRATION)
    assert published(world) == files(1) | files(2)
    assert heard(world) == (200, "2/story.mp3")

    world.clock.advance(600)
    world.deliver(Step.NARRATION)

    assert published(world) == files(2)
    assert len(spoken_by(world)) == 1


def test_parts_of_a_long_text_that_did_not_change_are_not_paid_again() -> None:
    world = World(speaker=ScriptedSpeaker(*[SPEECH] * 9))
    world.upload()
    world.make_read(LONG)
    world.narration_queue.send(about(world.story()))
    world.deliver(Step.NARRATION)
    assert (len(world.speaker.spoken), len(world.speaker.marked)) == (2, 2)

    correct(world, text=f"{LONG} It rested.")
    world.deliver(Step.NARRATION)

    assert (len(world.speaker.spoken), len(world.speaker.marked)) == (3, 3)
    assert "It rested." in world.speaker.spoken[-1][0]
    correct(world, text=LONG)
    world.deliver(Step.NARRATION)
    assert (len(world.speaker.spoken), len(world.speaker.marked)) == (4, 4)


# Notices.


def test_nobody_is_told_that_a_correction_is_ready() -> None:
    world = world_with_a_story()
    world.outbox.notices.clear()

    correct(world, text=TEXT)
    world.deliver(Step.NARRATION)

    assert world.outbox.notices == []


def test_people_are_told_once_that_a_correction_failed_and_when_it_is_mended() -> None:
    world = world_with_a_story()
    world.outbox.notices.clear()
    fail_all(world)
    correct(world, text=TEXT)
    world.deliver(Step.NARRATION)
    world.narration_queue.send(about(world.story()))
    world.deliver(Step.NARRATION)
    assert [subject for subject, _ in world.outbox.notices] == [
        "page one.jpg could not be read aloud"
    ]

    correct(world, text="Ounce.")
    world.deliver(Step.NARRATION)
    assert len(world.outbox.notices) == 2

    world.speaker.script[:] = [SPEECH]
    correct(world, text="Thrice.")
    world.deliver(Step.NARRATION)

    assert [subject for subject, _ in world.outbox.notices][2:] == ["page one.jpg is ready to hear"]


# At the same moment as narration.


def correct_and_drop(world: World, text: str) -> Callable[[], None]:
    """A correction whose message is delivered while another one has the lease."""

    def event() -> None:
        correct(world, text=text)
        assert world.deliver(Step.NARRATION) == 1

    return event


def test_a_name_alone_speaks_nothing_although_the_correction_before_failed() -> None:
    world = world_with_a_story()
    fail_all(world, RejectedError("unspeakable"))
    correct(world, text=TEXT)
    world.deliver(Step.NARRATION)

    renamed = correct(world, name="Bear")

    assert (renamed.status, renamed.revision, renamed.name) == (Status.FAILED, 2, "Bear")
    assert world.narration_queue.kept == []


def test_a_name_meets_a_correction_that_came_first() -> None:
    world = world_with_a_story()
    before(world.stories, "apply", lambda: correct(world, text=TEXT))

    with pytest.raises(EditConflictError):
        correct(world, name="Bear", revision=1)

    assert (world.story().name, world.story().text) == ("page one.jpg", TEXT)


def test_a_correction_while_the_one_before_is_given_up_makes_no_dead_letter() -> None:
    world = world_with_a_story()
    correct(world, text=TEXT)
    world.lose_messages()
    world.dead_letter_queues[Step.NARRATION].send(about(world.story()))
    before(world.stories, "apply", lambda: correct(world, text="Another one."))

    world.deliver(Step.NARRATION, DEAD_LETTERS)

    assert world.story().status is Status.READ
    assert world.dead_letter_queues[Step.NARRATION].kept == []
    world.deliver(Step.NARRATION)
    assert heard(world) == (200, "3/story.mp3")


@pytest.mark.parametrize(
    ("place", "name"),
    [("speaker", "speak"), ("speaker", "marks"), ("media", "put"), ("media", "keys_under")],
)
def test_a_correction_that_was_dropped_under_the_lease_is_spoken(place: str, name: str) -> None:
    world = world_with_a_story()
    correct(world, text=TEXT)
    before(getattr(world, place), name, correct_and_drop(world, "Thrice upon a time."))

    world.deliver(Step.NARRATION)

    story = world.story()
    assert (story.status, story.text, story.revision) == (Status.READY, "Thrice upon a time.", 3)
    assert "Thrice" in world.speaker.spoken[-1][0]
    assert heard(world) == (200, "3/story.mp3")
    assert published(world) == files(3)
    assert story.unfinished_since is None


def test_a_correction_while_the_first_notice_is_sent_is_spoken() -> None:
    world = world_with_a_story(ready=False)
    before(world.outbox, "publish", correct_and_drop(world, TEXT))

    world.make_story()

    assert heard(world) == (200, "2/story.mp3")
    assert [subject for subject, _ in world.outbox.notices][:1] == ["page one.jpg is ready to hear"]


def test_a_correction_is_not_failed_by_what_was_wrong_before_it() -> None:
    world = world_with_a_story()
    world.speaker.script[:] = [NOT_THERE, SPEECH]
    correct(world, voice="Ivy")
    before(world.speaker, "speak", correct_and_drop(world, TEXT))

    world.deliver(Step.NARRATION)

    assert world.story().status is Status.READY
    assert heard(world) == (200, "3/story.mp3")


def test_a_correction_during_a_failed_attempt_is_spoken_by_the_next_one() -> None:
    world = world_with_a_story()
    world.speaker.script[:] = [TransientError("no answer"), SPEECH]
    correct(world, voice="Ivy")
    before(world.speaker, "speak", correct_and_drop(world, TEXT))

    for _ in range(3):
        world.deliver(Step.NARRATION)
        world.clock.advance(60)

    assert heard(world) == (200, "3/story.mp3")
    assert [ssml.count("Twice") for _, _, ssml in spoken_by(world)] == [0, 1]


def test_a_correction_whose_message_cannot_be_sent_is_left_to_failover() -> None:
    world = world_with_a_story()
    with failing(world.narration_queue, "send"):
        correct(world, text=TEXT)
    assert world.narration_queue.kept == []

    world.clock.advance(61)
    assert heard(world) == (200, "1/story.mp3")
    world.deliver(Step.NARRATION)

    assert heard(world) == (200, "2/story.mp3")


def test_a_correction_that_is_never_spoken_fails_and_is_still_heard_as_it_was() -> None:
    world = world_with_a_story()
    fail_all(world, TransientError("no answer"))
    correct(world, text=TEXT)

    for _ in range(40):
        world.deliver(Step.NARRATION)
        world.deliver(Step.NARRATION, "-dead")
        world.clock.advance(60)

    assert world.story().status is Status.FAILED
    assert heard(world) == (200, "1/story.mp3")


# The same photo again.


def test_a_photo_in_the_old_voice_is_a_story_of_its_own_after_a_change() -> None:
    world = world_with_a_story(language="en-US", voice="Joanna")
    corrected = correct(world, voice="Ivy")
    world.deliver(Step.NARRATION)

    new = world.upload(language="en-US", voice="Joanna")
    again = world.upload(language="en-US", voice="Joanna")

    assert new.id != corrected.id
    assert again.id == new.id
    assert (new.status, new.voice) == (Status.RECEIVED, "Joanna")


def test_a_photo_without_a_language_is_answered_with_the_corrected_story() -> None:
    world = world_with_a_story()
    corrected = correct(world, voice="Ivy", text=TEXT)

    again = world.upload()

    assert (again.id, again.text, again.voice) == (corrected.id, TEXT, "Ivy")
    assert len(world.stories.kept) == 1


def test_a_photo_sent_again_starts_a_correction_that_failed() -> None:
    world = world_with_a_story()
    fail_all(world)
    correct(world, text=TEXT)
    world.deliver(Step.NARRATION)
    world.speaker.script[:] = [SPEECH]

    world.upload()
    world.deliver(Step.NARRATION)

    assert heard(world) == (200, "2/story.mp3")
    assert world.story().text == TEXT
