"""Pages that differ in their grey, and engines that read and speak them.

The text depends on the photo alone, and the audio on the text and its language alone. So an
invariant can see that a story has another photo's text, or audio in another language.
"""

import io
from functools import cache

from PIL import Image

from chalicelib.errors import TransientError
from chalicelib.pages.detection import TextDetection, turned
from chalicelib.pages.readings import MAX_WORDS
from chalicelib.speech import mp3, timings
from chalicelib.speech.ssml import ssml_requests
from chalicelib.speech.voices import VOICES, Engine
from tests.fakes.builders import jpeg, line, with_words
from tests.fakes.engines import marks_of
from tests.unit.test_mp3 import tone

BLANK = 250
LONG = 120
DENSE = 80
WIDTH, HEIGHT = 120, 90


@cache
def page(shade: int, *, upside_down: bool = False) -> bytes:
    """A photo of the page of this shade of grey (0 to 255); `BLANK` has no text."""
    return jpeg(WIDTH, HEIGHT, shade=shade, exif=3 if upside_down else None)


@cache
def text_on(shade: int) -> str:
    if shade == BLANK:
        return ""
    if shade == LONG:
        return ("Grasshoppers carried strawberries, blackberries, gooseberries. " * 49).strip()
    if shade == DENSE:
        return ("The beetle sang. " * 40).strip()
    return f"Dies ist die Seite mit der Helligkeit {shade}."


def language_on(shade: int) -> str:
    """The language of `text_on`."""
    return "en-US" if shade in {LONG, DENSE} else "de-DE"


@cache
def spoken(ssml: str, language: str) -> bytes:
    """A real MP3, whose length depends on the text and the language."""
    return tone(seconds_of(ssml, language))


def seconds_of(ssml: str, language: str) -> float:
    return 0.2 + len(ssml) % 97 / 100 + list(VOICES).index(language) / 50


@cache
def _marks(ssml: str, language: str, engine: Engine) -> bytes:
    return marks_of(ssml, seconds_of(ssml, language), engine)


@cache
def _speech_of(text: str, language: str) -> mp3.JoinedSpeech:
    return mp3.joined([spoken(ssml, language) for ssml in ssml_requests(text, language)])


def audio_of(text: str, language: str) -> bytes:
    return _speech_of(text, language).mp3


@cache
def times_of(text: str, language: str) -> list[list[int]]:
    """When each word of a text begins and ends, and where it is in the text."""
    requests = ssml_requests(text, language)
    marked = timings.MarkedText(text, requests)
    begins = [
        marked.begins(number, _marks(ssml, language, "neural"))
        for number, ssml in enumerate(requests)
    ]
    timing = marked.timing(begins, _speech_of(text, language))
    return [[word.begins, word.ends, word.start, word.end] for word in timing.words]


class PageReader:
    """Reads these pages: an upright page has its black corner at the top left.

    Args:
        document: It reads all words, upside down too: Textract. Else a hundred: Rekognition.
    """

    out_of_order = False

    def __init__(self, *, document: bool) -> None:
        self._document = document

    def detect(self, image: bytes) -> list[TextDetection]:
        if self.out_of_order:
            raise TransientError("it failed with InternalServerError")
        return list(_detected(image, document=self._document))


@cache
def _detected(image: bytes, *, document: bool) -> tuple[TextDetection, ...]:
    grey = Image.open(io.BytesIO(image)).convert("L")
    width, height = grey.size
    shades = grey.tobytes()
    middle, corner = shades[width * (height // 2) + width // 2], shades[width * 5 + 5]
    text = text_on(10 * round(middle / 10))
    if not text:
        return ()
    upright = corner < 50  # black
    found = with_words(line(text, 0.1, 0.1, width=0.8))
    if document:
        return tuple(found if upright else turned(found, 180))
    if upright:
        return tuple(found[: 1 + MAX_WORDS])
    return tuple(with_words(line("ewit e nodu ecno", 0.1, 0.1, confidence=55)))


class Voice:
    """SynthesizeSpeech for every text.

    Attributes:
        cuts_marks_off: Every answer with speech marks is cut off.
    """

    out_of_order = False
    cuts_marks_off = False

    def speak(self, ssml: str, *, language: str, voice: str, engine: Engine) -> bytes:
        self._work()
        return spoken(ssml, language)

    def marks(self, ssml: str, *, language: str, voice: str, engine: Engine) -> bytes:
        self._work()
        marks = _marks(ssml, language, engine)
        return marks[: len(marks) // 2] if self.cuts_marks_off else marks

    def _work(self) -> None:
        if self.out_of_order:
            raise TransientError("SynthesizeSpeech failed with ServiceFailureException")
