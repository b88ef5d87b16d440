"""Corrections: a story gets another text, voice or name, and is spoken again.

What is published stays until the new narration is.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from chalicelib import telemetry
from chalicelib.delivery import messages
from chalicelib.delivery.messages import Queue, StoryMessage
from chalicelib.errors import (
    EditConflictError,
    ExpiredError,
    InvalidRequestError,
    NotYetError,
    StoryChangedError,
    TransientError,
    UnknownStoryError,
)
from chalicelib.speech import ssml, voices
from chalicelib.steps.lookup import story_or_upload
from chalicelib.stories import keys, moves
from chalicelib.stories.changes import Move, StoryChanges
from chalicelib.stories.ports import Stories, UploadRequests
from chalicelib.stories.story import Status, Story, is_gone, revision_of, why_it_failed
from chalicelib.stories.upload_request import UploadRequest, UploadStatus

MAX_TEXT: Final = 20_000
"""Characters. Polly speaks them within the time that a function has; a book's page has 2,000."""

_TRIES: Final = 5
"""Of a change, when the story changes at the same moment for another reason."""

log = logging.getLogger(__name__)


class Correction(msgspec.Struct, frozen=True):
    """What a client changes; None stays as it is.

    Attributes:
        revision: The revision that the client read; None: whatever it is now.
        language: A key of `voices.VOICES`, or a tag that means one; as the client gave it.
        voice: As the client gave it.
    """

    revision: int | None
    text: str | None = None
    name: str | None = None
    language: str | None = None
    voice: str | None = None


class Respeaking(msgspec.Struct, frozen=True):
    """Has a story spoken again."""

    stories: Stories
    narration_queue: Queue[StoryMessage]
    clock: Callable[[], datetime]

    def with_times(self, story: Story, *, notify: bool) -> Story:
        """Have a story narrated with times, unless it is.

        Its parts are not paid again, but those of a story that was spoken before there were times.

        Args:
            story: As it was loaded.
            notify: Send an e-mail when a story that was ready is so again.

        Raises:
            StoryChangedError: It was deleted meanwhile, or kept changing.
        """
        for _ in range(_TRIES):
            try:
                return self._with_times(story, moves.NOTICE_WANTED if notify else {})
            except StoryChangedError:
                latest = self.stories.find(story.id)
                is_same = latest is not None and latest.generation == story.generation
                if latest is None or not is_same or latest.status is Status.DELETED:
                    raise
                story = latest
        raise StoryChangedError("the story keeps changing")

    def _with_times(self, story: Story, notice: StoryChanges) -> Story:
        if story.status is Status.DELETED:
            raise StoryChangedError("the story was deleted meanwhile")
        if story.status is Status.READY and (not story.spoken or story.spoken.timed_words is None):
            log.info("times are wanted")
            return self.speak(story, {**notice, "read_along": True})
        if story.read_along:
            return story
        return self.stories.apply(story, moves.read_along_wanted(story))

    def speak(self, story: Story, changes: StoryChanges) -> Story:
        """Store what is to be spoken, and enqueue narration.

        Raises:
            StoryChangedError: The story changed meanwhile: nothing was written.
        """
        # Marked first, sent second: if this process dies in between, failover sends.
        story = self.stories.apply(story, moves.to_be_spoken(story, self.clock(), changes))
        try:
            self.narration_queue.send(messages.about(story))
        except TransientError as trouble:
            log.warning("left to failover", extra={"reason": trouble.message})
        return story


class Corrections(msgspec.Struct, frozen=True):
    stories: Stories
    upload_requests: UploadRequests
    respeaking: Respeaking

    def correct(self, given_id: str, correction: Correction) -> Story:
        """Change a story; a change that is stored already changes nothing, and costs nothing.

        Args:
            given_id: The story's id, or that of the upload request.
            correction: What changes.

        Raises:
            InvalidRequestError: The id, text, language or voice is invalid.
            UnknownStoryError: No story has this id.
            ExpiredError: The story is deleted, or the upload cancelled.
            NotYetError: It was never narrated.
            EditConflictError: It has another revision than the client read.
            StoryChangedError: Other requests kept changing it.
        """
        known_id = keys.checked_id(given_id)
        with telemetry.bound(story_id=known_id, step="correction"):
            for _ in range(_TRIES):
                try:
                    return self._correct(self._found(known_id), correction)
                except StoryChangedError as change:
                    log.info("the story changed meanwhile", extra={"reason": change.message})
            raise StoryChangedError("the story keeps changing")

    def _found(self, known_id: str) -> Story:
        story = story_or_upload(self.stories, self.upload_requests, known_id)
        if isinstance(story, UploadRequest):
            if story.status is UploadStatus.CANCELLED:
                raise ExpiredError("This upload was cancelled.", code="cancelled")
            raise NotYetError(
                "Only a story that can be heard can be changed: this has no photo yet."
            )
        if story is None or is_gone(story, self.respeaking.clock()):
            raise UnknownStoryError(f"There is no story with the id {known_id}.")
        if story.status is Status.DELETED:
            raise ExpiredError("This story was deleted.", code="deleted")
        if story.audio is None:
            why = (
                why_it_failed(story) if story.status is Status.FAILED else "It is still being made."
            )
            raise NotYetError(f"Only a story that can be heard can be changed. {why}")
        return story

    def _correct(self, story: Story, correction: Correction) -> Story:
        changes = _changes(story, correction)
        is_renamed = correction.name is not None and correction.name != story.name
        if not changes and not is_renamed and story.status is not Status.FAILED:
            return story
        if correction.revision not in {None, revision_of(story)}:
            raise EditConflictError(
                f"This story has the revision {revision_of(story)} now, not "
                f"{correction.revision}: read it again, and change that."
            )
        log.info("corrected", extra={"changed": sorted(changes), "renamed": is_renamed})
        name: StoryChanges = {"name": correction.name} if correction.name is not None else {}
        if changes or not is_renamed:
            return self.respeaking.speak(story, {**changes, **name})
        still: StoryChanges = {"revision": story.revision, "name": story.name}
        return self.stories.apply(story, Move(name, still))


def _changes(story: Story, correction: Correction) -> StoryChanges:
    changes: StoryChanges = {}
    language, voice = _speaker(story, correction)
    if (language, voice) != (story.language, story.voice):
        changes |= {"language": language, "voice": voice}
    text = story.text if correction.text is None else correction.text
    if text is not None and text != story.text:
        changes["text"] = text
    if changes and not ssml.ssml_requests(text or "", language):
        raise InvalidRequestError(
            "This text has nothing that can be read aloud: no letter, and no number.",
            code="invalid_text",
        )
    return changes


def _speaker(story: Story, correction: Correction) -> tuple[str, str]:
    """The language and voice: a voice alone must be one of the story's language.

    The voice stays unless the language becomes another one.
    """
    if correction.language is None and correction.voice is None:
        return story.language, story.voice
    named = correction.language or story.language
    if named.strip().lower() == voices.AUTO:
        named = story.language_detected or voices.DEFAULT_LANGUAGE
    language, voice = voices.chosen(named, correction.voice)
    stays = not correction.voice and language == story.language
    return language, story.voice if stays else voice
