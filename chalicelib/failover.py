"""Bringing an unfinished story back to work, exactly where its data stops."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from chalicelib import keys, messages
from chalicelib.errors import StoryChanged, StorytimeError
from chalicelib.messages import StagedObject, StoryMessage
from chalicelib.patience import is_due_again, is_staged_for_long, may_resume
from chalicelib.ports import Media, Queue, Stories
from chalicelib.profiles import keys as profile_keys
from chalicelib.story import Stage, Story, stage_due
from chalicelib.upload_ports import Staging, UploadRequests
from chalicelib.uploads import UploadRequest

log = logging.getLogger(__name__)


class Failover(msgspec.Struct, frozen=True):
    """Puts messages on queues; the stages do the rest.

    Attributes:
        queues: Where each stage's messages go.
        dead_letter_queues: Where those go that a stage gives up: stories are failed there.
    """

    stories: Stories
    media: Media
    queues: Mapping[Stage, Queue[StoryMessage]]
    dead_letter_queues: Mapping[Stage, Queue[StoryMessage]]
    clock: Callable[[], datetime]

    def resume(self, story: Story) -> Story:
        """Enqueue the first stage whose result is missing, when the work seems lost.

        Not for failed stories: only an upload or a redrive may start those again.
        Of any number of simultaneous calls one enqueues; the others see that it did.
        """
        if not may_resume(story, self.clock()):
            return story
        if self._awaits_photo(story):
            log.info("the photo has not arrived: it must be sent again")
            return story
        return self._enqueue(story)

    def give_up(self, story: Story) -> None:
        """Have a story failed, and people told; one that has failed already is only told of.

        Nothing is marked, least of all that a photo arrived: doing it twice does no harm.
        """
        self.dead_letter_queues[stage_due(story)].send(messages.about(story))
        log.warning("given up", extra={"status": story.status.value})

    def _awaits_photo(self, story: Story) -> bool:
        """Did its upload die, unanswered, before the photo was stored?

        Such a claim must not look enqueued: the next upload of the photo would not store it.
        """
        never_enqueued = story.enqueued_at is None and story.text is None
        return never_enqueued and not self.media.exists(keys.photo(story))

    def _enqueue(self, story: Story) -> Story:
        # Marked first, sent second: should this process die in between, the next poll
        # after a minute sends; the other way round, every poll in between would.
        try:
            marked = self.stories.update(
                story,
                {"enqueued_at": self.clock(), "resumes": story.resumes + 1},
                expect={"enqueued_at": story.enqueued_at, "status": story.status},
            )
        except StoryChanged:
            log.info("another request resumes the story, or it went on")
            return self.stories.find(story.id) or story
        stage = stage_due(marked)
        self.queues[stage].send(messages.about(marked))
        log.info("resumed", extra={"enqueued": stage.value})
        return marked


class StagedFailover(msgspec.Struct, frozen=True):
    """The same for photos that were staged, and of which S3's event was lost.

    Lambda tries an event of S3 three times in all; after that, only the object is left.

    Attributes:
        bucket: The staging bucket's name, as S3's events say it.
    """

    upload_requests: UploadRequests
    staging: Staging
    queue: Queue[StagedObject]
    bucket: str
    clock: Callable[[], datetime]

    def resume(self, request: UploadRequest) -> bool:
        """Enqueue what was staged for a request, when that was long ago; is anything staged?"""
        staged = self.staging.look(request.key)
        if staged is None:
            return False
        if is_staged_for_long(staged.staged_at, request, self.clock()):
            marks = {"enqueued_at": self.clock(), "resumes": request.resumes + 1}
            try:
                self.upload_requests.update(request, marks)
            except StoryChanged:
                log.info("another request resumes the upload, or it went on")
            else:
                self._enqueue(request.key)
        return True

    def sweep(self, has_time: Callable[[], bool]) -> None:
        """Enqueue what has been staged for long, as long as there is time."""
        for prefix in (keys.STAGED, profile_keys.STAGED):
            self._sweep(prefix, has_time)

    def _sweep(self, prefix: str, has_time: Callable[[], bool]) -> None:
        page = None
        while has_time():
            found = self.staging.waiting(prefix, page)
            for key, staged_at in found.staged.items():
                is_folder = key.endswith("/")
                is_due = is_due_again(self.clock() - staged_at)
                if is_due and not is_folder and has_time():
                    self._try_to_enqueue(key)
            if found.next is None:
                break
            page = found.next

    def _try_to_enqueue(self, key: str) -> None:
        try:
            self._enqueue(key)
        except StorytimeError as error:  # the others must not wait for this one
            log.warning("not resumed", extra={"reason": error.message, "key": key})

    def _enqueue(self, key: str) -> None:
        self.queue.send(StagedObject(self.bucket, key))
        log.info("staged object resumed", extra={"key": key})
