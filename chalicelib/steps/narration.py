"""Narration: makes an MP3 of the page's text."""

import logging
from functools import partial
from typing import Final

import msgspec

from chalicelib.errors import RejectedError
from chalicelib.speech import mp3, ssml
from chalicelib.speech.voices import Engine, engine_for
from chalicelib.steps.paid_results import PaidResults
from chalicelib.stories import keys, moves
from chalicelib.stories.ports import Media, Speaker, Stories
from chalicelib.stories.story import Lease, Story
from chalicelib.telemetry import STORIES_READY, FailureReason, Meter

_MP3: Final = "audio/mpeg"
_NOTHING_TO_SAY: Final = "only signs, and nothing that can be read aloud, is on this page"

log = logging.getLogger(__name__)


class Narration(msgspec.Struct, frozen=True):
    stories: Stories
    media: Media
    paid_results: PaidResults
    speaker: Speaker
    speech_engine: Engine
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
            self.paid_results.store(key, _MP3, lease, self._spoken(story, story.text, lease))
        story = self.stories.apply(story, moves.narrated(key), lease=lease)
        self.meter.record(STORIES_READY)
        return story

    def _spoken(self, story: Story, text: str, lease: Lease) -> bytes:
        requests = ssml.ssml_requests(text, story.language)
        if not requests:
            raise RejectedError(_NOTHING_TO_SAY, code=FailureReason.NO_TEXT)
        log.info("narrating", extra={"characters": len(text), "requests": len(requests)})
        if len(requests) == 1:
            return self.paid_results.paid(lease, partial(self._speak, story, requests[0]))
        return mp3.joined(
            [
                self.paid_results.stored_or_paid(
                    keys.speech_part(story, index, request),
                    _MP3,
                    lease,
                    partial(self._speak, story, request),
                )
                for index, request in enumerate(requests)
            ]
        ).mp3

    def _speak(self, story: Story, request: str) -> bytes:
        engine = engine_for(story.language, story.voice, self.speech_engine)
        return self.speaker.speak(
            request, language=story.language, voice=story.voice, engine=engine
        )
