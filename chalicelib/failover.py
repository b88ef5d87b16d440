"""Bringing an unfinished story back to work, exactly where its data stops."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from chalicelib import messages
from chalicelib.errors import StoryChanged
from chalicelib.ports import Queue, Stories
from chalicelib.story import Stage, Status, Story, is_unfinished, may_resume, stage_due

log = logging.getLogger(__name__)


class Failover(msgspec.Struct, frozen=True):
    stories: Stories
    queues: Mapping[Stage, Queue]
    clock: Callable[[], datetime]

    def resume(self, story: Story) -> Story:
        """Enqueue the first stage whose result is missing, when the work seems lost.

        Of any number of simultaneous calls one enqueues; the others see that it did.
        """
        if not is_unfinished(story) or not may_resume(story, self.clock()):
            return story
        return self._enqueue(story, {})

    def retry(self, story: Story) -> Story:
        """Start a failed story again: its photo was sent again."""
        restart = Status.READ if story.text else Status.RECEIVED
        return self._enqueue(
            story, {"status": restart, "failure": None, "last_error": None, "notified_of": None}
        )

    def _enqueue(self, story: Story, changes: dict[str, Any]) -> Story:
        stage = stage_due(story)
        if stage is None:
            return story
        # Marked first, sent second: should this process die in between, the next poll
        # after a minute sends; the other way round, every poll in between would.
        try:
            story = self.stories.update(
                story,
                {**changes, "enqueued_at": self.clock()},
                expect={"enqueued_at": story.enqueued_at},
            )
        except StoryChanged:
            log.info("another request resumes the story")
            return story
        self.queues[stage].send(messages.about(story))
        log.info("resumed", extra={"enqueued": stage.value})
        return story
