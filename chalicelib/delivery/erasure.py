"""Removes a story's files from the media bucket."""

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
        """Remove every file of this generation of a story; repeats until none is found."""
        for prefix in keys.prefixes(message.id, message.generation):
            while found := self.media.keys_under(prefix):
                self.media.delete(found)
                log.info("files removed", extra={"files": len(found), "prefix": prefix})

    def clean_up_after(self, message: StoryMessage) -> None:
        """Remove the files that a worker stored after its story was deleted.

        Call it when a write failed because the story changed.
        """
        story = self.stories.find(message.id)
        if story is None or about(story) != message or story.status is Status.DELETED:
            self.erase(message)
