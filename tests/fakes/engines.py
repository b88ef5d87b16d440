"""The paid engines, scripted: text detection, speech, faces."""

import io
import json
import re
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from PIL import Image

from chalicelib.errors import RejectedError
from chalicelib.pages.detection import TextDetection
from chalicelib.profiles.faces import Box, Face, FaceAttribute, Match, Owner
from chalicelib.speech.voices import ENGINES_WITH_MARKS, Engine
from tests.fakes.builders import encoded


class ScriptedTextDetector:
    """Answers from its script, in order; keeps the images."""

    def __init__(self, *script: list[TextDetection] | Exception) -> None:
        self.script = list(script)
        self.images: list[bytes] = []

    def detect(self, image: bytes) -> list[TextDetection]:
        self.images.append(image)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


_SPOKEN_SENTENCE: Final = re.compile(r"<s>(?:<[^>]*>|\s)*(.*?)(?:<[^>]*>|\s)*</s>", re.DOTALL)
_LETTER: Final = r"(?:\w|&\w+;)"
_SPOKEN_WORD: Final = re.compile(
    rf"<sub[^>]*>([^<]*)</sub>|<[^>]*>|({_LETTER}(?:[^\s<—–…]*{_LETTER})?)"
)


def marks_of(ssml: str, seconds: float, engine: Engine) -> bytes:
    """Speech marks as Polly writes them, of speech that takes as long for every byte."""
    if engine not in ENGINES_WITH_MARKS:
        raise RejectedError(f"Polly's {engine} engine makes no speech marks")
    sentences = (("sentence", found.span(1)) for found in _SPOKEN_SENTENCE.finditer(ssml))
    words = (
        ("word", found.span(found.lastindex))
        for found in _SPOKEN_WORD.finditer(ssml)
        if found.lastindex
    )
    size = len(ssml.encode())
    marks = []
    for kind, (first, last) in sorted((*sentences, *words), key=lambda each: (each[1][0], each[0])):
        start, end = (len(ssml[:place].encode()) for place in (first, last))
        time = int(1000 * seconds * start / size)
        mark = {"time": time, "type": kind, "start": start, "end": end, "value": ssml[first:last]}
        marks.append(json.dumps(mark, ensure_ascii=False) + "\n")
    return "".join(marks).encode()


class ScriptedSpeaker:
    """Answers from its script, in order; keeps the requests.

    Args:
        script: What `speak` answers.
        marks: What `marks` answers first; then it answers `marks_of` the text.
        seconds: How long a speech takes, by its marks.
    """

    def __init__(
        self,
        *script: bytes | Exception,
        marks: Iterable[bytes | Exception] = (),
        seconds: float = 0.5,
    ) -> None:
        self.script = list(script)
        self.script_of_marks = list(marks)
        self.seconds = seconds
        self.spoken: list[tuple[str, str, str, Engine]] = []
        self.marked: list[tuple[str, str, str, Engine]] = []

    def speak(self, ssml: str, *, language: str, voice: str, engine: Engine) -> bytes:
        self.spoken.append((ssml, language, voice, engine))
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def marks(self, ssml: str, *, language: str, voice: str, engine: Engine) -> bytes:
        self.marked.append((ssml, language, voice, engine))
        if not self.script_of_marks:
            return marks_of(ssml, self.seconds, engine)
        answer = self.script_of_marks.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


CLEAR_FACE: Final = Face(
    box=Box(0.3, 0.2, 0.4, 0.5),
    confidence=99.9,
    sharpness=80.0,
    brightness=70.0,
    yaw=2.0,
    pitch=-3.0,
    roll=1.0,
    eyes_open=FaceAttribute(True, 98.0),
    sunglasses=FaceAttribute(False, 99.0),
)


_SHADES: Final = 20


@cache
def portrait(person: int, *, side: int = 400, shot: int = 0) -> bytes:
    """A photo of a person, whom `InMemoryFaces` knows by its shade; each shot is another file."""
    shade = person * _SHADES + _SHADES // 2
    image = Image.new("RGB", (side, side), (shade, shade, shade))
    image.putpixel((0, 0), (shot, shot, shot))
    return encoded(image, "PNG")


class InMemoryFaces:
    """A face collection; it sees on each picture the faces in `seen`, or one clear face.

    Attributes:
        seen: By person, what `detect` answers.
        unclear: Persons whose faces are too unclear to be added.
        kept: The collection: person and owner by face id.
        lag: How long a face that was added is not found.
        descending: Each face's id is lower than the one before; they are random on AWS.
        calls: The paid calls, in order.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.seen: dict[int, list[Face]] = {}
        self.unclear: set[int] = set()
        self.kept: dict[str, tuple[int, Owner | None]] = {}
        self.lag = timedelta(0)
        self.descending = False
        self.calls: list[str] = []
        self._added_at: dict[str, datetime] = {}
        self._clock = clock
        self._ids = 0

    def detect(self, picture: bytes) -> list[Face]:
        self.calls.append("detect")
        return self.seen.get(_person_on(picture), [CLEAR_FACE])

    def search(self, picture: bytes) -> list[Match]:
        self.calls.append("search")
        person = _person_on(picture)
        return [
            Match(face_id, owner)
            for face_id, (who, owner) in self.kept.items()
            if who == person and self._added_at[face_id] + self.lag <= self._clock()
        ]

    def add(self, picture: bytes, owner: Owner | None) -> str | None:
        self.calls.append("add")
        person = _person_on(picture)
        if person in self.unclear:
            return None
        self._ids += 1
        face_id = f"face-{9999 - self._ids if self.descending else self._ids:04}"
        self.kept[face_id] = (person, owner)
        self._added_at[face_id] = self._clock()
        return face_id

    def remove(self, face_ids: Collection[str]) -> None:
        assert face_ids, "Rekognition wants one at least"
        for face_id in face_ids:
            self.kept.pop(face_id, None)


@cache
def _person_on(picture: bytes) -> int:
    image = Image.open(io.BytesIO(picture)).convert("L")
    return int(image.getpixel((image.width // 2, image.height // 2)) // _SHADES)  # type: ignore[operator]
