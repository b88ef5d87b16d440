"""Reading: makes the upright page image and its text from the photo."""

import logging
from typing import Final

import msgspec
from PIL import Image

from chalicelib.delivery import messages
from chalicelib.delivery.messages import Queue, StoryMessage
from chalicelib.errors import RejectedError, TransientError
from chalicelib.pages import detection, photo, reading_order, voices
from chalicelib.pages.detection import TextDetection
from chalicelib.stories import keys, moves
from chalicelib.stories.ports import Media, Stories, TextDetector
from chalicelib.stories.story import PHOTO_MISSING, Lease, Story
from chalicelib.telemetry import FailureReason

MAX_WORDS: Final = 100
"""DetectText returns at most this many words and does not say when there were more."""

log = logging.getLogger(__name__)


class Reading(msgspec.Struct, frozen=True):
    stories: Stories
    media: Media
    text_detector: TextDetector
    narration_queue: Queue[StoryMessage]
    renditions_queue: Queue[StoryMessage]

    def work(self, story: Story, lease: Lease) -> Story:
        """Read the page, unless that is done, and enqueue narration.

        Raises:
            RejectedError: There is no text on the page.
        """
        if story.text is None:
            story = self._read(story, lease)
        if story.audio is None:
            self.narration_queue.send(messages.about(story))
        return story

    def _read(self, story: Story, lease: Lease) -> Story:
        stored = self.media.get(keys.photo(story))
        if stored is None:
            raise TransientError(PHOTO_MISSING)
        page = photo.upright_page(stored)
        readings: list[detection.TurnedReading] = []
        while (turn := detection.next_turn(readings)) is not None:
            readings.append(self._detect(story, page, turn))
        chosen = detection.best(readings)
        quarter = detection.quarter_turn(chosen, photo.size_of(page).aspect)
        upright = photo.turned(page, chosen.turn + quarter)
        detections = detection.turned(chosen.detections, quarter)
        text = reading_order.read(
            detections,
            photo.size_of(upright).aspect,
            right_to_left=story.language in voices.RIGHT_TO_LEFT,
        ).text
        if not text:
            raise RejectedError("no text was found on this page", code=FailureReason.NO_TEXT)
        self.media.put(keys.page(story), photo.encoded(upright), "image/jpeg")
        # Sent before the record is written: after a crash in between, a redelivery sends again.
        self.renditions_queue.send(messages.about(story))
        word_count = len(detection.words(detections))
        truncated = word_count >= MAX_WORDS
        (log.warning if truncated else log.info)(
            "page read",
            extra={"words": word_count, "truncated": truncated, "readings": len(readings)},
        )
        move = moves.read(text, keys.page(story), truncated=truncated)
        return self.stories.apply(story, move, lease=lease)

    def _detect(self, story: Story, page: Image.Image, turn: int) -> detection.TurnedReading:
        """Detect text on the page turned by `turn` degrees; a stored answer costs nothing."""
        key = keys.detection(story, turn)
        stored = self.media.get(key)
        if stored is not None:
            kept = msgspec.json.decode(stored, type=list[TextDetection])
            return detection.TurnedReading(turn, kept)
        detections = self.text_detector.detect(photo.encoded(photo.turned(page, turn)))
        self.media.put(key, msgspec.json.encode(detections), "application/json")
        return detection.TurnedReading(turn, detections)
