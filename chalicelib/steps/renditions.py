"""The page image in other sizes, which neither reading nor narration waits for."""

import logging

import msgspec

from chalicelib.delivery.leases import Leasing
from chalicelib.delivery.messages import Delivery, StoryMessage
from chalicelib.errors import TransientError
from chalicelib.pages import resizing
from chalicelib.stories import keys
from chalicelib.stories.ports import Media, Stories
from chalicelib.stories.story import Lease, Rendition, Story

log = logging.getLogger(__name__)


class Renditions(msgspec.Struct, frozen=True):
    leasing: Leasing
    stories: Stories
    media: Media

    def handle(self, delivery: Delivery[StoryMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        self.leasing.run(delivery, self._make)

    def _make(self, story: Story, lease: Lease) -> Story:
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
        return self.stories.update(story, {"renditions": made}, lease=lease)
