"""The paid engines, scripted: text detection, speech, faces."""

import io
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from PIL import Image

from chalicelib.pages.detection import TextDetection
from chalicelib.profiles.faces import Box, Face, FaceAttribute, Match, Owner
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


class ScriptedSpeaker:
    """Answers from its script, in order; keeps the requests."""

    def __init__(self, *script: bytes | Exception) -> None:
        self.script = list(script)
        self.spoken: list[tuple[str, str, str]] = []

    def speak(self, ssml: str, *, language: str, voice: str) -> bytes:
        self.spoken.append((ssml, language, voice))
        answer = self.script.pop(0)
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
