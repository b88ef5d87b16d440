"""Failover: enqueues lost work again, at the step where its data stops."""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import msgspec

from chalicelib.delivery.messages import IntakeMessage, Queue, StoryMessage, about
from chalicelib.delivery.timeouts import is_due_in_sweep, may_resume, may_resume_arrival
from chalicelib.errors import StoryChangedError, StorytimeError
from chalicelib.stories import keys, moves
from chalicelib.stories.intake_bucket import IntakeBucket
from chalicelib.stories.ports import Media, Stories, UploadRequests
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Story, next_step
from chalicelib.stories.upload_request import UploadRequest

log = logging.getLogger(__name__)


class Failover(msgspec.Struct, frozen=True):
    """Sends messages about unfinished stories; the steps do the work.

    Attributes:
        queues: One for each step.
        dead_letter_queues: One for each step; their handlers fail stories.
    """

    stories: Stories
    media: Media
    queues: Mapping[Step, Queue[StoryMessage]]
    dead_letter_queues: Mapping[Step, Queue[StoryMessage]]
    clock: Callable[[], datetime]

    def resume(self, story: Story) -> Story:
        """Enqueue the first step whose result is missing, if the work seems lost.

        Not for failed stories: only an upload or a redrive starts those again. Of several
        simultaneous calls, one enqueues.
        """
        if not may_resume(story, self.clock()):
            return story
        if self.awaits_photo(story):
            log.info("the photo has not arrived: it must be sent again")
            return story
        return self._enqueue(story)

    def give_up(self, story: Story) -> None:
        """Enqueue the failure of a story, with its notice; of a failed story only the notice.

        A second call does no harm.
        """
        self.dead_letter_queues[next_step(story)].send(about(story))
        log.warning("given up", extra={"status": story.status.value})

    def awaits_photo(self, story: Story) -> bool:
        """Did the upload die before it stored the photo?

        Such a story must not get `enqueued_at`: the next upload would not store the photo.
        """
        never_enqueued = story.enqueued_at is None and story.text is None
        return never_enqueued and not self.media.exists(keys.photo(story))

    def _enqueue(self, story: Story) -> Story:
        # Marked first, sent second: if this process dies in between, a poll after a minute
        # sends. In the other order, several polls at once would all send.
        try:
            marked = self.stories.apply(story, moves.resumed(story, self.clock()))
        except StoryChangedError:
            log.info("another request resumes the story, or it changed")
            return self.stories.find(story.id) or story
        step = next_step(marked)
        self.queues[step].send(about(marked))
        log.info("resumed", extra={"enqueued": step.value})
        return marked


class IntakeFailover(msgspec.Struct, frozen=True):
    """Sends messages about photos in the intake bucket whose S3 event was lost.

    Lambda tries an event of S3 three times. After that, only the object shows that it arrived.

    Attributes:
        bucket_name: The intake bucket's name, as S3's events give it.
    """

    upload_requests: UploadRequests
    intake_bucket: IntakeBucket
    intake_queue: Queue[IntakeMessage]
    bucket_name: str
    clock: Callable[[], datetime]

    def resume(self, request: UploadRequest) -> bool:
        """Enqueue a request's photo if its event seems lost; returns whether a photo is there."""
        arrived = self.intake_bucket.head(request.key)
        if arrived is None:
            return False
        if may_resume_arrival(arrived.arrived_at, request, self.clock()):
            try:
                self.upload_requests.update(
                    request, {"enqueued_at": self.clock(), "resumes": request.resumes + 1}
                )
            except StoryChangedError:
                log.info("another request resumes the upload, or it changed")
            else:
                self._enqueue(request.key)
        return True

    def sweep(self, has_time: Callable[[], bool]) -> datetime | None:
        """Enqueue every photo whose event seems lost, while there is time.

        Returns when the oldest photo arrived that waits; None: none waits.
        """
        arrivals: list[datetime] = []
        for prefix in (keys.ARRIVALS, keys.PROFILE_ARRIVALS):
            arrivals += self._sweep(prefix, has_time)
        return min(arrivals, default=None)

    def _sweep(self, prefix: str, has_time: Callable[[], bool]) -> Iterator[datetime]:
        page = None
        while has_time():
            found = self.intake_bucket.waiting(prefix, page)
            for key, arrived_at in found.arrivals.items():
                if key.endswith("/"):  # a folder
                    continue
                yield arrived_at
                if is_due_in_sweep(self.clock() - arrived_at) and has_time():
                    self._try_to_enqueue(key)
            if found.next is None:
                break
            page = found.next

    def _try_to_enqueue(self, key: str) -> None:
        try:
            self._enqueue(key)
        except StorytimeError as error:  # the other photos must not wait for this one
            log.warning("not resumed", extra={"reason": error.message, "key": key})

    def _enqueue(self, key: str) -> None:
        self.intake_queue.send(IntakeMessage(self.bucket_name, key))
        log.info("arrived photo resumed", extra={"key": key})
