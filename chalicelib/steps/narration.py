"""Narration: makes an MP3 of the page's text."""

import logging

import msgspec

from chalicelib.pages import mp3
from chalicelib.pages.ssml import ssml_requests
from chalicelib.stories import keys, moves
from chalicelib.stories.ports import Media, Speaker, Stories
from chalicelib.stories.story import Lease, Story
from chalicelib.telemetry import STORIES_READY, Meter

log = logging.getLogger(__name__)


class Narration(msgspec.Struct, frozen=True):
    stories: Stories
    media: Media
    speaker: Speaker
    meter: Meter

    def work(self, story: Story, lease: Lease) -> Story:
        """Speak the story's text, unless the audio exists."""
        if story.audio is not None:
            return story
        if story.text is None:
            log.info("the page has not been read yet")
            return story
        key = keys.audio(story)
        # A worker may have died after it stored the audio and before it wrote the record.
        if not self.media.exists(key):
            self.media.put(key, self._spoken(story, story.text), "audio/mpeg")
        story = self.stories.apply(story, moves.narrated(key), lease=lease)
        self.meter.record(STORIES_READY)
        return story

    def _spoken(self, story: Story, text: str) -> bytes:
        requests = ssml_requests(text)
        log.info("narrating", extra={"characters": len(text), "requests": len(requests)})
        if len(requests) == 1:
            return self._speak(story, requests[0])
        return mp3.joined([self._part(story, index, ssml) for index, ssml in enumerate(requests)])

    def _part(self, story: Story, index: int, ssml: str) -> bytes:
        """One part of a long narration; a stored part is not paid for again."""
        key = keys.speech_part(story, index)
        kept = self.media.get(key)
        if kept is not None:
            return kept
        part = self._speak(story, ssml)
        self.media.put(key, part, "audio/mpeg")
        return part

    def _speak(self, story: Story, ssml: str) -> bytes:
        return self.speaker.speak(ssml, language=story.language, voice=story.voice)
