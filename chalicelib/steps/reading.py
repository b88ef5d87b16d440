"""Reading: makes the upright page image and its text from the photo."""

import logging
from functools import partial
from typing import Final

import msgspec
from PIL import Image

from chalicelib.delivery import messages
from chalicelib.delivery.messages import Queue, StoryMessage
from chalicelib.errors import RejectedError, TransientError
from chalicelib.pages import coverage, detection, photo, reading_order, readings, voices
from chalicelib.pages.detection import TextDetection
from chalicelib.pages.legibility import why_illegible, why_none_found
from chalicelib.pages.reading_order import SkippedText
from chalicelib.pages.readings import PageReading, Reader, ReadingCall, Service
from chalicelib.steps.paid_results import PaidResults
from chalicelib.stories import keys, moves
from chalicelib.stories.ports import Media, Stories, TextDetector
from chalicelib.stories.story import PHOTO_MISSING, Lease, Story
from chalicelib.telemetry import FailureReason

_JSON: Final = "application/json"
_MAX_SKIPPED: Final = 100
_MAX_SKIPPED_LENGTH: Final = 200
"""The record of a story has at most 400 KB (DynamoDB), most of them for its text."""

log = logging.getLogger(__name__)


class Reading(msgspec.Struct, frozen=True):
    stories: Stories
    media: Media
    paid_results: PaidResults
    picture_text: TextDetector
    document_text: TextDetector
    narration_queue: Queue[StoryMessage]
    renditions_queue: Queue[StoryMessage]
    reader: Reader

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
        reader = readings.reader_for(self.reader, story.language)
        taken: list[PageReading] = []
        while (call := readings.next_call(taken, reader)) is not None:
            taken.append(self._take(story, page, call, lease))
        reading = readings.combined(taken)
        quarter = readings.quarter_turn(reading, photo.size_of(page).aspect)
        upright = photo.turned(page, reading.turn + quarter)
        detections = detection.turned(reading.detections, quarter)
        page_text = reading_order.read(
            detections,
            photo.size_of(upright).aspect,
            right_to_left=story.language in voices.RIGHT_TO_LEFT,
        )
        if not readings.is_legible(reading, page_text):
            is_written_on = any(each.uncovered for each in taken)
            raise _not_legible(upright, detections, is_written_on=is_written_on)
        self.media.put(keys.page(story), photo.encoded(upright), "image/jpeg")
        self.media.put(keys.page_text(story), msgspec.json.encode(page_text), _JSON)
        # Sent before the record is written: after a crash in between, a redelivery sends again.
        self.renditions_queue.send(messages.about(story))
        log.info(
            "page read",
            extra={
                "words": len(page_text.words),
                "skipped": len(page_text.skipped),
                "complete": reading.complete,
                "readings": [str(each.call.service) for each in taken],
            },
        )
        move = moves.read(
            page_text.text,
            keys.page(story),
            complete=reading.complete,
            skipped=[_shortened(each) for each in page_text.skipped[:_MAX_SKIPPED]],
        )
        return self.stories.apply(story, move, lease=lease)

    def _take(
        self, story: Story, page: Image.Image, call: ReadingCall, lease: Lease
    ) -> PageReading:
        """Take a reading; a stored one costs nothing."""
        turned = photo.turned(page, call.turn)
        answer = self.paid_results.stored_or_paid(
            keys.detection(story, call), _JSON, lease, partial(self._detect, turned, call)
        )
        detections = msgspec.json.decode(answer, type=list[TextDetection])
        return PageReading(call, detections, coverage.has_uncovered_text(turned, detections))

    def _detect(self, page: Image.Image, call: ReadingCall) -> bytes:
        image = photo.encoded(page)
        if call.service is Service.REKOGNITION:
            return msgspec.json.encode(self.picture_text.detect(image))
        try:
            return msgspec.json.encode(self.document_text.detect(image))
        except RejectedError as rejection:  # DetectText's answer remains
            log.warning("no document", extra={"reason": rejection.message})
            return msgspec.json.encode([])


def _not_legible(
    page: Image.Image, detections: list[TextDetection], *, is_written_on: bool
) -> RejectedError:
    """The error of a page whose words were guessed, or that has none.

    Args:
        page: Upright.
        detections: Of the page.
        is_written_on: Something on it looks like text.
    """
    if not readings.is_poor(detections):
        reason = "only marks, and no words, were found on this page"
        return RejectedError(reason, code=FailureReason.NO_TEXT)
    if readings.is_guessed(detections) or is_written_on:
        return RejectedError(why_illegible(page, detections), code=FailureReason.ILLEGIBLE)
    return RejectedError(why_none_found(page), code=FailureReason.NO_TEXT)


def _shortened(skipped: SkippedText) -> SkippedText:
    left, top, right, bottom = (round(side, 4) for side in skipped.box)
    return SkippedText(
        skipped.text[:_MAX_SKIPPED_LENGTH], skipped.reason, (left, top, right, bottom)
    )
