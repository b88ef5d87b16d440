"""Intake: checks a photo, and starts its story or finds the story that it already has."""

import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

import msgspec

from chalicelib import telemetry
from chalicelib.delivery import messages
from chalicelib.delivery.erasure import Erasure
from chalicelib.delivery.messages import Queue, StoryMessage
from chalicelib.delivery.notification import Notification
from chalicelib.delivery.timeouts import is_probably_lost
from chalicelib.errors import (
    StoryChangedError,
)
from chalicelib.speech import voices
from chalicelib.speech.voices import Engine
from chalicelib.steps import posted_photo
from chalicelib.steps.correction import Respeaking
from chalicelib.stories import keys, moves
from chalicelib.stories.keys import content_id_of, derived_id
from chalicelib.stories.ports import Media, Stories
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Status, Story, next_step
from chalicelib.telemetry import DUPLICATES_FOUND, Meter, timed

MAX_INTAKE_DURATION: Final = timedelta(seconds=60)
"""The longest time limit of a function that takes photos in (a test compares)."""

log = logging.getLogger(__name__)


class Upload(msgspec.Struct, frozen=True):
    """A photo, and what its sender asked for.

    Attributes:
        photo: The bytes.
        content_type: The type that the sender gave.
        name: The file name that the sender gave.
        language: A key of `voices.VOICES`, or `AUTO`.
        voice: Speaks that language.
        notify: Send an e-mail when the story is ready or has failed.
        read_along: Whether the narration gets times; None: as the stage has it.
        deduplicate: Answer a photo seen before with its story; else always make a new one.
    """

    photo: bytes
    content_type: str
    name: str
    language: str
    voice: str
    notify: bool = True
    read_along: bool | None = None
    deduplicate: bool = True


class Receipt(msgspec.Struct, frozen=True):
    """The story of an upload, and whether it existed before."""

    story: Story
    duplicate: bool


class Claim(Protocol):
    """Claims the id of a new story, as `ports.Stories.claim` does."""

    def __call__(self, story: Story, *, over: Story | None = None) -> Story | None: ...


class Intake(msgspec.Struct, frozen=True):
    """Takes photos in.

    Attributes:
        read_along: Whether narrations get times if the sender does not say.
        speech_engine: Polly's engine, if a voice has it.
    """

    stories: Stories
    media: Media
    queues: Mapping[Step, Queue[StoryMessage]]
    notification: Notification
    erasure: Erasure
    respeaking: Respeaking
    meter: Meter
    read_along: bool
    speech_engine: Engine
    namespace: uuid.UUID
    new_uuid: Callable[[], uuid.UUID]
    clock: Callable[[], datetime]

    def take_in(self, upload: Upload) -> Receipt:
        """Store a posted photo and start its story, or find the story that it has.

        When this returns, the claim, the photo and the first message are stored. From then on
        the story ends as ready, or as failed with a reason.

        Raises:
            InvalidRequestError, TooLargeError, UnsupportedTypeError: Nothing was stored.
            TransientError: AWS kept failing; sending the same photo again is safe.
            StoryChangedError: It was deleted meanwhile; sending the photo again makes a new story.
        """
        if upload.read_along:
            voices.check_marks(self.speech_engine)
        content_type = posted_photo.checked(upload.photo, upload.content_type, "POST /uploads")
        receipt = self.claim_and_start(self.new_story(upload, content_type), upload)
        if receipt.duplicate:
            self.meter.record(DUPLICATES_FOUND)
        return receipt

    def claim_and_start(self, new: Story, upload: Upload, claim: Claim | None = None) -> Receipt:
        """Store a checked photo and start its story, or find the story that it has.

        Args:
            new: The story that the photo would get.
            upload: The photo.
            claim: Claims the id instead of `Stories.claim`; may refuse by raising.
        """
        claim = claim or self.stories.claim
        bound = telemetry.bound(story_id=new.id, step="intake")
        with bound, timed(self.meter, Step.INTAKE, self.clock):
            existing = claim(new)
            if existing is not None and keys.is_spoken_otherwise(existing, new):
                new = keys.with_id_of_its_own(new, self.namespace)
                existing = claim(new)
            if existing is not None and existing.status is Status.DELETED:
                existing = self._claim_anew(new, existing, claim)
            try:
                if existing is None:
                    return Receipt(self._start(new, upload, is_alone=True), duplicate=False)
                return Receipt(self._continue(existing, upload), duplicate=True)
            except StoryChangedError:
                self.erasure.clean_up_after(messages.about(existing or new))
                raise

    def _claim_anew(self, new: Story, deleted: Story, claim: Claim) -> Story | None:
        """Give a deleted story's id to the new story; returns None if that succeeded."""
        if deleted.erased_at is None:
            # Once the record is replaced, only this message knows of the deleted story's files.
            self.queues[Step.DELETION].send(messages.about(deleted))
        log.info("photo of a deleted story")
        return claim(new, over=deleted)

    def new_story(self, upload: Upload, content_type: str) -> Story:
        content_id = content_id_of(upload.photo)
        derived = derived_id(self.namespace, content_id, upload.language, upload.voice)
        now = self.clock()
        return Story(
            id=str(derived if upload.deduplicate else self.new_uuid()),
            generation=self.new_uuid().hex[:8],
            content_id=content_id,
            status=Status.RECEIVED,
            name=upload.name,
            content_type=content_type,
            language=upload.language,
            voice=upload.voice,
            notify=upload.notify,
            read_along=self.read_along if upload.read_along is None else upload.read_along,
            created_at=now,
            unfinished_since=now,
            uploading_until=now + MAX_INTAKE_DURATION,
        )

    def _start(self, story: Story, upload: Upload, *, is_alone: bool) -> Story:
        """Store the photo and a message, and only then mark that they are stored.

        Args:
            story: The story, with this upload's announcement that it is storing the photo.
            upload: The photo.
            is_alone: No other upload announced the same, so the announcement can end.
        """
        now = self.clock()
        if story.text is None:
            self.media.put(keys.photo(story), upload.photo, story.content_type)
        step = next_step(story)
        self.queues[step].send(messages.about(story))
        log.info("taken in", extra={"bytes": len(upload.photo), "enqueued": step.value})
        stored = partial(moves.stored, story, now, is_new_day=is_probably_lost(story, now))
        if is_alone:
            try:
                return self.stories.apply(story, stored(ends_upload=True))
            except StoryChangedError:
                log.info("another upload is storing the photo, or the story was deleted")
        return self.stories.apply(story, stored(ends_upload=False))

    def _continue(self, story: Story, upload: Upload) -> Story:
        log.info("photo seen before", extra={"status": story.status.value})
        if story.status is Status.DELETED:
            raise StoryChangedError("the story was deleted meanwhile")
        is_told = story.notify and story.notified_of is not Status.READY
        if upload.notify and not is_told and story.status is not Status.READY:
            # First, so that the step that ends the story sends the notice.
            story = self.stories.apply(story, moves.notice_wanted())
        if upload.read_along:
            story = self.respeaking.with_times(story, notify=upload.notify)
        if story.status is Status.READY:
            if upload.notify:
                self.notification.repeat(story)
            return story
        now = self.clock()
        is_alone = story.uploading_until is None or story.uploading_until <= now
        if story.status is Status.FAILED:
            story = self._restarted(story)
        elif story.enqueued_at is not None and not is_probably_lost(story, now):
            return story
        else:
            story = self._announced(story)
        # The photo or its message is not stored, or was lost. If another upload stores them at
        # this moment, leases absorb the second message.
        return self._start(story, upload, is_alone=is_alone)

    def _restarted(self, story: Story) -> Story:
        now = self.clock()
        try:
            return self.stories.apply(
                story, moves.sent_again(story, now, now + MAX_INTAKE_DURATION)
            )
        except StoryChangedError:
            log.info("another request starts the story again")
            return self._announced(self.stories.find(story.id) or story)

    def _announced(self, story: Story) -> Story:
        """Announce that this upload is storing the photo: a deletion waits for it."""
        if story.status is Status.DELETED:
            raise StoryChangedError("the story was deleted meanwhile")
        return self.stories.apply(story, moves.uploading(self.clock() + MAX_INTAKE_DURATION))
