"""Taking a photo in: check it, know it again, or start a new story."""

import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import msgspec

from chalicelib.delivery import messages
from chalicelib.delivery.erasure import Erasure
from chalicelib.delivery.messages import StoryMessage
from chalicelib.delivery.notification import Notification
from chalicelib.delivery.timeouts import seems_lost
from chalicelib.errors import (
    InvalidRequestError,
    StoryChangedError,
    TooLargeError,
    UnsupportedTypeError,
)
from chalicelib.pages import photo
from chalicelib.stories import keys, upload_request
from chalicelib.stories.ids import content_id_of, derived_id
from chalicelib.stories.ports import Media, Queue, Stories
from chalicelib.stories.story import Status, Step, Story, next_step, restarted
from chalicelib.telemetry import logs
from chalicelib.telemetry.metrics import DUPLICATES_FOUND, Meter, timed

MAX_BYTES: Final = 4_400_000
"""What fits into Lambda's 6 MB request once base64 has grown it by a third."""

STORED_WITHIN: Final = timedelta(seconds=60)
"""No function that takes photos in runs for longer (a test compares)."""

_CONTENT_TYPES: Final = frozenset(
    {"application/octet-stream", "image/jpg", *upload_request.EXTENSIONS}
)

log = logging.getLogger(__name__)


class Upload(msgspec.Struct, frozen=True):
    """A photo as its sender wants it handled.

    Attributes:
        photo: The bytes.
        content_type: What the sender says they are.
        name: What the sender calls the file.
        notify: Send an e-mail when the story is ready or has failed.
        deduplicate: Answer a photo seen before with the story that it has already.
    """

    photo: bytes
    content_type: str
    name: str
    language: str
    voice: str
    notify: bool = True
    deduplicate: bool = True


class Receipt(msgspec.Struct, frozen=True):
    """The story that an upload has, and whether it was there before."""

    story: Story
    duplicate: bool


class Claim(Protocol):
    """Claims the id of a new story, as `ports.Stories.claim` does."""

    def __call__(self, story: Story, *, over: Story | None = None) -> Story | None: ...


class Intake(msgspec.Struct, frozen=True):
    stories: Stories
    media: Media
    queues: Mapping[Step, Queue[StoryMessage]]
    notification: Notification
    erasure: Erasure
    meter: Meter
    namespace: uuid.UUID
    new_uuid: Callable[[], uuid.UUID]
    clock: Callable[[], datetime]

    def take_in(self, upload: Upload) -> Receipt:
        """Store a photo that was posted and start its story, or find the story that it has.

        When this returns, the claim, the photo and the first message are stored: whatever
        happens next, the story ends as ready, or as failed with a reason.

        Raises:
            InvalidRequestError, TooLargeError, UnsupportedTypeError: Nothing was stored.
            TransientError: AWS kept failing; sending the same photo again is safe.
            StoryChangedError: It was deleted meanwhile; sending the photo again makes a new one.
        """
        receipt = self.claim_and_start(self.new_story(upload, checked(upload)), upload)
        if receipt.duplicate:
            self.meter.record(DUPLICATES_FOUND)
        return receipt

    def claim_and_start(self, new: Story, upload: Upload, claim: Claim | None = None) -> Receipt:
        """The same for a photo that was checked.

        Args:
            new: The story that it would be.
            upload: The photo.
            claim: Claims it, if not `Stories.claim`; may refuse to by raising.
        """
        claim = claim or self.stories.claim
        bound = logs.bound(story_id=new.id, step="intake")
        with bound, timed(self.meter, Step.INTAKE, self.clock):
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
        """Give the id of a deleted story another life; None: done."""
        if deleted.erased_at is None:
            # Once its record is replaced, nothing but this message would know of its files.
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
            created_at=now,
            unfinished_since=now,
            uploading_until=now + STORED_WITHIN,
        )

    def _start(self, story: Story, upload: Upload, *, is_alone: bool) -> Story:
        """Store the photo and a message, and only then mark that they are stored.

        Args:
            story: The story, with our own announcement that its photo is being stored.
            upload: The photo.
            is_alone: Nobody else had announced the same: the announcement can be taken back.
        """
        # Taken before the message is sent: a dead letter that is older than its story's
        # last enqueue fails nothing.
        now = self.clock()
        if story.text is None:
            self.media.put(keys.photo(story), upload.photo, story.content_type)
        step = next_step(story)
        self.queues[step].send(messages.about(story))
        log.info("taken in", extra={"bytes": len(upload.photo), "enqueued": step.value})
        changes: dict[str, Any] = {"enqueued_at": now, "resumes": 0}
        if seems_lost(story, now):  # whoever sends it again gives it another day
            changes["unfinished_since"] = now
        if is_alone:
            ours = {"uploading_until": story.uploading_until}
            try:
                return self.stories.update(story, changes | {"uploading_until": None}, expect=ours)
            except StoryChangedError:
                log.info("another upload is storing it, too, or it was deleted")
        return self.stories.update(story, changes)

    def _continue(self, story: Story, upload: Upload) -> Story:
        log.info("photo seen before", extra={"status": story.status.value})
        if story.status is Status.DELETED:
            raise StoryChangedError("the story was deleted meanwhile")
        if upload.notify and not story.notify and story.status is not Status.READY:
            # Before anything else: whoever ends the story from now on tells of it.
            story = self.stories.update(story, {"notify": True})
        if story.status is Status.READY:
            if upload.notify:
                self.notification.repeat(story)
            return story
        now = self.clock()
        is_alone = story.uploading_until is None or story.uploading_until <= now
        if story.status is Status.FAILED:
            story = self._restarted(story)
        elif story.enqueued_at is not None and not seems_lost(story, now):
            return story
        else:
            story = self._announced(story)
        # Nothing, or not all of it, is stored; or it was lost. If somebody else is storing
        # it at this moment, leases absorb what is sent twice.
        return self._start(story, upload, is_alone=is_alone)

    def _restarted(self, story: Story) -> Story:
        # Not yet as enqueued: should this process die before it sends, the next upload does.
        now = self.clock()
        changes = restarted(story, now) | {
            "enqueued_at": None,
            "notified_of": None,
            "uploading_until": now + STORED_WITHIN,
        }
        try:
            return self.stories.update(story, changes, expect={"status": story.status})
        except StoryChangedError:
            log.info("another request starts the story again")
            return self._announced(self.stories.find(story.id) or story)

    def _announced(self, story: Story) -> Story:
        """Make it known that the photo is being stored: a deletion waits for that."""
        if story.status is Status.DELETED:
            raise StoryChangedError("the story was deleted meanwhile")
        return self.stories.update(story, {"uploading_until": self.clock() + STORED_WITHIN})


def checked(upload: Upload) -> str:
    """Make sure that an upload is a readable photo; return the format that it has.

    Raises:
        InvalidRequestError, TooLargeError, UnsupportedTypeError: See `photo.checked_content_type`.
    """
    return checked_photo(upload.photo, upload.content_type, "POST /uploads")


def checked_photo(content: bytes, content_type: str, instead: str) -> str:
    """The same for any photo that is posted; `instead` names what takes larger ones."""
    media_type = content_type.split(";", maxsplit=1)[0].strip().lower()
    if media_type not in _CONTENT_TYPES:
        raise UnsupportedTypeError(
            f"Content-Type {media_type[:80] or '(none)'} is not a photo; "
            f"send one of: {', '.join(sorted(_CONTENT_TYPES))}."
        )
    if not content:
        raise InvalidRequestError("The body is empty: send the photo's bytes.", code="empty_body")
    if len(content) > MAX_BYTES:
        raise TooLargeError(
            f"This photo has {len(content):,} bytes; at most {MAX_BYTES:,} can be sent like this. "
            f"{instead} takes up to {upload_request.MAX_BYTES:,}."
        )
    return photo.checked_content_type(content)
