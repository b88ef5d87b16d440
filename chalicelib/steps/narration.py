"""Narration: makes an MP3 of the page's text, and says when each word of it is spoken."""

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.errors import RejectedError, ThrottledError, TransientError
from chalicelib.pages import corrections, photo, read_along
from chalicelib.pages.reading_order import PageText
from chalicelib.pages.size import Size
from chalicelib.speech import mp3, speech_marks, ssml, timings, voices
from chalicelib.speech.voices import Engine
from chalicelib.steps.paid_results import PaidResults
from chalicelib.stories import keys, moves
from chalicelib.stories.ports import Media, Speaker, Stories
from chalicelib.stories.story import Lease, Spoken, Status, Story, revision_of
from chalicelib.telemetry import STORIES_READY, FailureReason, Meter

if TYPE_CHECKING:
    from chalicelib.speech.mp3 import JoinedSpeech
    from chalicelib.speech.timings import MarkedText, Timing

_MP3: Final = "audio/mpeg"
_JSON: Final = "application/json"
_MARKS: Final = "application/x-json-stream"
_CAPTIONS: Final = "text/vtt; charset=utf-8"
_NOTHING_TO_SAY: Final = "only signs, and nothing that can be read aloud, is on this page"
_TRIES_FOR_MARKS: Final = 3
"""Deliveries of a message, and one more if the last one failed otherwise. SQS makes five, and a
lost lease uses up two: missing marks never fail a story, and one failure costs it no times."""

log = logging.getLogger(__name__)


class Narration(msgspec.Struct, frozen=True):
    """Speaks stories.

    Attributes:
        speech_engine: Polly's engine, if a voice has it.
    """

    stories: Stories
    media: Media
    paid_results: PaidResults
    speaker: Speaker
    speech_engine: Engine
    meter: Meter

    def work(self, story: Story, lease: Lease) -> Story:
        """Speak what is to be spoken, unless that is published."""
        if story.status is Status.READY:
            self._remove_older(story)  # the worker that published may have died before this
            return story
        if story.text is None:
            log.info("the page has not been read yet")
            return story
        requests = ssml.ssml_requests(story.text, story.language)
        if not requests:
            raise RejectedError(_NOTHING_TO_SAY, code=FailureReason.NO_TEXT)
        log.info("narrating", extra={"characters": len(story.text), "requests": len(requests)})
        speech = mp3.joined([self._part(story, request, lease) for request in requests])
        timing = self._timing(story, requests, speech, lease) if story.read_along else None
        size = story.image or self._image_size(story)
        self._publish(story, story.text, size, speech, timing)
        timed_words = None if timing is None else len(timing.words)
        spoken = Spoken(revision_of(story), round(speech.duration), timed_words)
        move = moves.narrated(story, keys.audio(story), spoken, size)
        story = self.stories.apply(story, move, lease=lease)
        self.meter.record(STORIES_READY)
        self._remove_older(story)
        return story

    def _part(self, story: Story, request: str, lease: Lease) -> bytes:
        engine = self._engine(story)

        def pay() -> bytes:
            answer = self.speaker.speak(
                request, language=story.language, voice=story.voice, engine=engine
            )
            mp3.joined([answer])  # raises, before it is stored, if it is none
            return answer

        key = keys.speech_part(story, request, engine)
        return self.paid_results.stored_or_paid(key, _MP3, lease, pay)

    def _timing(
        self, story: Story, requests: list[str], speech: "JoinedSpeech", lease: Lease
    ) -> "Timing | None":
        """When each word is spoken.

        Without times, a reason is in the log. They are empty if the marks do not fit the text:
        asking again would not change that. None if there are no marks.
        """
        text = timings.MarkedText(story.text or "", requests)
        try:
            marks = [
                self._marks(story, text, number, request, lease)
                for number, request in enumerate(requests)
            ]
        except RejectedError as rejection:
            log.warning("spoken without times", extra={"reason": rejection.message})
            return None
        try:
            return text.timing([text.begins(*each) for each in enumerate(marks)], speech)
        # What is stored would be cut off another time, too: it is of another text with this SSML.
        except (speech_marks.UnusableMarksError, TransientError) as trouble:
            log.warning("spoken without times", extra={"reason": trouble.message})
            return timings.Timing([], [])

    def _marks(
        self, story: Story, text: "MarkedText", number: int, request: str, lease: Lease
    ) -> bytes:
        engine = self._engine(story)

        def pay() -> bytes:
            answer = b""
            try:
                answer = self.speaker.marks(
                    request, language=story.language, voice=story.voice, engine=engine
                )
                with suppress(speech_marks.UnusableMarksError):  # stored: another time costs, too
                    text.begins(number, answer)
            except ThrottledError:
                raise
            except TransientError as failure:
                is_other = story.last_error != failure.message
                if lease.receives < _TRIES_FOR_MARKS + is_other:
                    raise
                if not answer.strip():
                    raise RejectedError(failure.message) from failure
            return answer

        key = keys.speech_marks(story, request, engine)
        return self.paid_results.stored_or_paid(key, _MARKS, lease, pay)

    def _engine(self, story: Story) -> Engine:
        return voices.engine_for(story.language, story.voice, self.speech_engine)

    def _publish(
        self,
        story: Story,
        text: str,
        size: Size,
        speech: "JoinedSpeech",
        timing: "Timing | None",
    ) -> None:
        stored = self.media.get(keys.page_text(story))
        page = (
            msgspec.json.decode(stored, type=PageText)
            if stored
            else PageText(text, [], [])  # read before places were kept
        )
        placed = corrections.placed(page, text)
        facts = read_along.PageFacts(text, story.language, size.width, size.height, story.complete)
        files = {
            keys.STORY: (read_along.story_json(facts, placed, page.skipped), _JSON),
        }
        if timing and timing.words:
            times = read_along.read_along_json(facts, placed, timing, speech.duration)
            files[keys.READ_ALONG] = times, _JSON
            files[keys.CAPTIONS] = read_along.captions(facts, timing).encode(), _CAPTIONS
        self.media.put(keys.audio(story), speech.mp3, _MP3)
        for name, (content, content_type) in files.items():
            self.media.put(keys.spoken_file(story, name), content, content_type)

    def _image_size(self, story: Story) -> Size:
        """Of the page image of a story that was read before its size was kept."""
        page = self.media.get(keys.page(story))
        if page is None:
            raise TransientError("the page image is not there")
        return photo.size_of_jpeg(page)

    def _remove_older(self, story: Story) -> None:
        """Remove the files of what was spoken before."""
        if revision_of(story) == 1:
            return
        engine = self._engine(story)
        requests = ssml.ssml_requests(story.text or "", story.language)
        kept = {
            key(story, request, engine)
            for request in requests
            for key in (keys.speech_part, keys.speech_marks)
        }
        for prefix in keys.spoken_prefixes(story):
            last = ""
            while found := self.media.keys_under(prefix, last):
                last = found[-1]
                older = [key for key in found if keys.is_outdated(story, key) and key not in kept]
                if older:
                    self.media.delete(older)
                    log.info("older narration removed", extra={"files": len(older)})
