"""Reading: makes the upright page image and its text from the photo."""

import logging
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.delivery import messages
from chalicelib.delivery.messages import Queue, StoryMessage
from chalicelib.errors import RejectedError, TransientError
from chalicelib.pages import (
    coverage,
    detection,
    legibility,
    page_image,
    photo,
    reading_order,
    readings,
)
from chalicelib.pages.detection import Kind, TextDetection
from chalicelib.pages.reading_order import PageText, SkippedText
from chalicelib.pages.readings import PageReading, Reader, ReadingCall, Service
from chalicelib.speech import languages, voices
from chalicelib.steps.paid_results import PaidResults
from chalicelib.stories import keys, moves
from chalicelib.stories.changes import StoryChanges
from chalicelib.stories.ports import Media, Stories, TextDetector
from chalicelib.stories.story import PHOTO_MISSING, Lease, Story
from chalicelib.telemetry import FailureReason

if TYPE_CHECKING:
    from PIL import Image

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
        # After a crash before this, a redelivery or failover sends.
        if story.audio is None:
            self.narration_queue.send(messages.about(story))
        return story

    def _read(self, story: Story, lease: Lease) -> Story:
        stored = self.media.get(keys.photo(story))
        if stored is None:
            raise TransientError(PHOTO_MISSING)
        page = page_image.PageImage(stored)
        taken = self._taken(story, page, lease)
        reading = readings.combined(taken)
        quarter = readings.quarter_turn(reading, page.aspect())
        turn = reading.turn + quarter
        detections = detection.turned(reading.detections, quarter)
        language = _language(story, languages.detected(_words(detections)))
        page_text = reading_order.read(detections, page.aspect(turn), language=language)
        jpeg = page.encoded(turn)
        size = photo.size_of_jpeg(jpeg)
        self.media.put(keys.page(story), jpeg, "image/jpeg")
        # Sent before the record is written: after a crash in between, a redelivery sends again.
        self.renditions_queue.send(messages.about(story))
        if not readings.is_legible(reading, page_text):
            # A page of a book may be a picture without text: its image is kept.
            self.stories.apply(story, moves.pictured(keys.page(story), size), lease=lease)
            is_written_on = any(each.uncovered for each in taken)
            raise _not_legible(page.turned(turn), detections, is_written_on=is_written_on)
        _log(taken, page_text, complete=reading.complete)
        self.media.put(keys.page_text(story), msgspec.json.encode(page_text), _JSON)
        move = moves.read(
            {
                "page": keys.page(story),
                "image": size,
                "complete": reading.complete,
                **_told(story, page_text),
            }
        )
        return self.stories.apply(story, move, lease=lease, release=True)

    def _taken(self, story: Story, page: "page_image.PageImage", lease: Lease) -> list[PageReading]:
        """Take readings until no other one is needed; a stored one costs nothing."""
        taken: list[PageReading] = []
        while True:
            words = " ".join(_words(reading.detections) for reading in taken)
            reader = readings.reader_for(self.reader, _language(story, languages.detected(words)))
            call = readings.next_call(taken, reader)
            if call is None:
                return taken
            answer = self.paid_results.stored_or_paid(
                keys.detection(story, call), _JSON, lease, partial(self._detect, page, call)
            )
            found = msgspec.json.decode(answer, type=list[TextDetection])
            is_uncovered = coverage.has_uncovered_text(page.turned(call.turn), found)
            taken.append(PageReading(call, found, is_uncovered))

    def _detect(self, page: "page_image.PageImage", call: ReadingCall) -> bytes:
        image = page.encoded(call.turn)
        if call.service is Service.REKOGNITION:
            return msgspec.json.encode(self.picture_text.detect(image))
        try:
            return msgspec.json.encode(self.document_text.detect(image))
        except RejectedError as rejection:  # DetectText's answer remains
            log.warning("no document", extra={"reason": rejection.message})
            return msgspec.json.encode([])


def _told(story: Story, page: PageText) -> StoryChanges:
    """What a page says, and who says it."""
    detected = languages.detected(page.text)  # without what is skipped
    language = _language(story, detected)
    is_as_asked = story.language == language
    return {
        "text": page.text,
        "language": language,
        "voice": story.voice if is_as_asked else voices.default_voice(language),
        "language_detected": detected,
        "skipped": [_shortened(each) for each in page.skipped[:_MAX_SKIPPED]],
    }


def _language(story: Story, detected: str | None) -> str:
    """The language that the sender named, else that of the words."""
    named = story.language != voices.AUTO
    return story.language if named else detected or voices.DEFAULT_LANGUAGE


def _words(detections: list[TextDetection]) -> str:
    return " ".join(each.text for each in detections if each.kind is Kind.WORD)


def _not_legible(
    page: "Image.Image", detections: list[TextDetection], *, is_written_on: bool
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
        return RejectedError(
            legibility.why_illegible(page, detections), code=FailureReason.ILLEGIBLE
        )
    return RejectedError(legibility.why_none_found(page), code=FailureReason.NO_TEXT)


def _log(taken: list[PageReading], page: PageText, *, complete: bool) -> None:
    log.info(
        "page read",
        extra={
            "words": len(page.words),
            "skipped": len(page.skipped),
            "complete": complete,
            "readings": [str(each.call.service) for each in taken],
        },
    )


def _shortened(skipped: SkippedText) -> SkippedText:
    left, top, right, bottom = (round(side, 4) for side in skipped.box)
    return SkippedText(
        skipped.text[:_MAX_SKIPPED_LENGTH], skipped.reason, (left, top, right, bottom)
    )
