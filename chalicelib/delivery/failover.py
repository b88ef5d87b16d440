"""Bringing an unfinished story back to work, exactly where its data stops."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from chalicelib.delivery import messages
from chalicelib.delivery.messages import IntakeMessage, StoryMessage
from chalicelib.delivery.timeouts import is_due_again, is_overdue_arrival, may_resume
from chalicelib.errors import StoryChangedError, StorytimeError
from chalicelib.profiles import keys as profile_keys
from chalicelib.stories import keys
from chalicelib.stories.ports import Media, Queue, Stories
from chalicelib.stories.story import Step, Story, next_step
from chalicelib.stories.upload_ports import IntakeBucket, UploadRequests
from chalicelib.stories.upload_request import UploadRequest

log = logging.getLogger(__name__)


class Failover(msgspec.Struct, frozen=True):
    """Puts messages on queues; the steps do the rest.

    Attributes:
        queues: Where each step's messages go.
        dead_letter_queues: Where those go that a step gives up: stories are failed there.
    """

    stories: Stories
    media: Media
    queues: Mapping[Step, Queue[StoryMessage]]
    dead_letter_queues: Mapping[Step, Queue[StoryMessage]]
    clock: Callable[[], datetime]

    def resume(self, story: Story) -> Story:
        """Enqueue the first step whose result is missing, when the work seems lost.

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
        self.dead_letter_queues[next_step(story)].send(messages.about(story))
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
        except StoryChangedError:
            log.info("another request resumes the story, or it went on")
            return self.stories.find(story.id) or story
        step = next_step(marked)
        self.queues[step].send(messages.about(marked))
        log.info("resumed", extra={"enqueued": step.value})
        return marked


class IntakeFailover(msgspec.Struct, frozen=True):
    """The same for photos that were staged, and of which S3's event was lost.

    Lambda tries an event of S3 three times in all; after that, only the object is left.

    Attributes:
        bucket: The intake_bucket bucket's name, as S3's events say it.
    """

    upload_requests: UploadRequests
    intake_bucket: IntakeBucket
    queue: Queue[IntakeMessage]
    bucket: str
    clock: Callable[[], datetime]

    def resume(self, request: UploadRequest) -> bool:
        """Enqueue what was staged for a request, when that was long ago; is anything staged?"""
        staged = self.intake_bucket.look(request.key)
        if staged is None:
            return False
        if is_overdue_arrival(staged.arrived_at, request, self.clock()):
            marks = {"enqueued_at": self.clock(), "resumes": request.resumes + 1}
            try:
                self.upload_requests.update(request, marks)
            except StoryChangedError:
                log.info("another request resumes the upload, or it went on")
            else:
                self._enqueue(request.key)
        return True

    def sweep(self, has_time: Callable[[], bool]) -> None:
        """Enqueue what has been staged for long, as long as there is time."""
        for prefix in (keys.ARRIVALS, profile_keys.ARRIVALS):
            self._sweep(prefix, has_time)

    def _sweep(self, prefix: str, has_time: Callable[[], bool]) -> None:
        page = None
        while has_time():
            found = self.intake_bucket.waiting(prefix, page)
            for key, arrived_at in found.staged.items():
                is_folder = key.endswith("/")
                is_due = is_due_again(self.clock() - arrived_at)
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
        self.queue.send(IntakeMessage(self.bucket, key))
        log.info("staged object resumed", extra={"key": key})
