"""Renditions: makes the page image in other sizes. No other step waits for them."""

import logging

import msgspec

from chalicelib.errors import TransientError
from chalicelib.pages import resizing
from chalicelib.stories import keys, moves
from chalicelib.stories.ports import Media, Stories
from chalicelib.stories.story import Lease, Rendition, Story

log = logging.getLogger(__name__)


class Renditions(msgspec.Struct, frozen=True):
    stories: Stories
    media: Media

    def work(self, story: Story, lease: Lease) -> Story:
        """Store the page in all sizes, unless that is done."""
        if story.renditions:
            return story
        page = self.media.get(keys.page(story))
        if page is None:
            raise TransientError("the page image is not there yet")
        made = {}
        for image in resizing.renditions_of(page):
            key = keys.rendition(story, image.name)
            self.media.put(key, image.content, "image/jpeg")
            made[image.name] = Rendition(key, image.width, image.height, len(image.content))
        log.info("renditions made", extra={"renditions": len(made)})
        return self.stories.apply(story, moves.rendered(made), lease=lease, release=True)
