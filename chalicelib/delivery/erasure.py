"""Removing a story's files from the bucket, so that nothing of a deleted story stays."""

import logging

import msgspec

from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.stories import keys
from chalicelib.stories.ports import Media, Stories
from chalicelib.stories.story import Status

log = logging.getLogger(__name__)


class Erasure(msgspec.Struct, frozen=True):
    stories: Stories
    media: Media

    def erase(self, message: StoryMessage) -> None:
        """Remove every file of this generation of a story; looks until it finds none."""
        for prefix in keys.prefixes(message):
            while found := self.media.keys_under(prefix):
                self.media.delete(found)
                log.info("files removed", extra={"files": len(found), "prefix": prefix})

    def clean_up_after(self, message: StoryMessage) -> None:
        """For whoever worked on a story, and found that it changed: was it deleted?

        Whoever comes too late takes along what was stored too late.
        """
        story = self.stories.find(message.id)
        if story is None or about(story) != message or story.status is Status.DELETED:
            self.erase(message)
