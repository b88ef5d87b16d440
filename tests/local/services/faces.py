"""Faces for tests: coloured squares, and models that see them as faces."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw

from local.engines.face_models import Descriptor, FaceBox, Finding, Pixels, Points
from local.engines.face_reader import FaceReader
from local.services.rekognition.face_recognition import FaceRecognition
from local.services.service_error import ServiceError
from samples.draw_page import SAMPLE_PHOTO
from tests.local.services.engine_shapes import assert_fits, service_error

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
COLOURS: Final = (RED, GREEN, BLUE)

Colour = tuple[int, int, int]
Square = tuple[Colour, int, int, int]
"""Colour, left, top, side."""


def squares(*faces: Square, size: tuple[int, int] = (480, 320), blurred: bool = False) -> bytes:
    """A PNG with coloured squares on black, each with fine lines unless it is blurred."""
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    for colour, left, top, side in faces:
        right, bottom = left + side - 1, top + side - 1
        draw.rectangle((left, top, right, bottom), fill=colour)
        for line in range(top + 4, bottom, 8 if not blurred else side):
            draw.line((left + 4, line, right - 4, line), fill=(0, 0, 0))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def template() -> Points:
    """The 68 points of a face that looks straight ahead, its eyes open and its lips closed."""
    turn = np.linspace(0, np.pi, 17)
    jaw = np.column_stack([50 - 40 * np.cos(turn), 40 + 50 * np.sin(turn)])
    brows = [(x, 25) for x in (20, 25, 30, 35, 40, 60, 65, 70, 75, 80)]
    nose = [(50, y) for y in (36, 43, 50, 57)] + [(x, 63) for x in (44, 47, 50, 53, 56)]
    left_eye = np.array([(24, 37), (28, 34.5), (33, 34.5), (37, 37), (33, 39.5), (28, 39.5)])
    right_eye = left_eye + np.array([39, 0])
    lips = [(x, 78 if index < 7 else 80) for index, x in enumerate(range(38, 62, 2))]
    mouth = [*lips, *[(x, 79) for x in (42, 46, 50, 54, 58, 54, 50, 46)]]
    mouth[0], mouth[6] = (36, 79), (64, 79)
    points = np.vstack([jaw, brows, nose, left_eye, right_eye, mouth]).astype(np.float64)
    assert points.shape == (68, 2)
    return points


@dataclass
class ColouredFaces:
    """Models to which a square of a pure colour is a face, and each colour is a person.

    Attributes:
        proposals: What ``propose`` returns, in ratios of its picture: left, top, right, bottom.
        detected: The sizes of the pictures that ``detect`` was given.
    """

    proposals: list[tuple[float, float, float, float]] = field(default_factory=list)
    smallest: int = 8
    detected: list[tuple[int, int]] = field(default_factory=list)
    score: float = 1.0

    def detect(self, picture: Pixels) -> list[Finding]:
        self.detected.append(picture.shape[1::-1])
        return [
            Finding(box, self.score)
            for colour in COLOURS
            if (box := _extent(picture, colour)) and box.width >= self.smallest
        ]

    def propose(self, grey: Pixels) -> list[FaceBox]:
        height, width = grey.shape
        return [
            FaceBox(left * width, top * height, right * width, bottom * height)
            for left, top, right, bottom in self.proposals
        ]

    def landmarks(self, picture: Pixels, box: FaceBox) -> Points:
        """Fill the square itself, wherever in the box it is."""
        found = max(
            (each for colour in COLOURS if (each := _extent(picture, colour))),
            key=lambda each: each.overlap(box),
            default=box,
        )
        return template() / 100 * (found.width, found.height) + (found.left, found.top)

    def descriptor(self, picture: Pixels, points: Points) -> Descriptor:
        x, y = points.mean(axis=0).astype(int)
        around = picture[max(y - 20, 0) : y + 20, max(x - 20, 0) : x + 20].reshape(-1, 3)
        descriptor = np.zeros(128)
        descriptor[int(around.sum(axis=0).argmax())] = 1.0
        return descriptor


def _extent(picture: Pixels, colour: Colour) -> FaceBox | None:
    """Where a pure colour is; the fine lines in it do not count."""
    rows, columns = np.nonzero(np.abs(picture.astype(int) - colour).max(axis=2) < 100)
    if not rows.size:
        return None
    return FaceBox(columns.min(), rows.min(), columns.max() + 1.0, rows.max() + 1.0)


class FaceClient:
    """Calls operations as boto3 would, and holds every answer to the service's model."""

    def __init__(self, recognition: FaceRecognition) -> None:
        self._operations = recognition.operations

    def __call__(self, operation: str, **request: Any) -> dict[str, Any]:
        answer = dict(self._answer(operation)(request))
        assert_fits(answer, "rekognition", operation)
        return answer

    def error(self, operation: str, **request: Any) -> ServiceError:
        return service_error(self._answer(operation), request, "rekognition", operation)

    def code(self, operation: str, **request: Any) -> str:
        return str(self.error(operation, **request).code)

    def _answer(self, operation: str) -> Callable[[dict[str, Any]], Any]:
        return self._operations[f"rekognition.{operation}"]


def coloured(models: ColouredFaces | None = None) -> FaceClient:
    """A client whose reader sees coloured squares as faces."""
    return FaceClient(FaceRecognition(FaceReader(lambda: models or ColouredFaces())))


def admiral() -> Image.Image:
    """Grace Hopper behind clear glasses, 512 x 600."""
    return Image.open(SAMPLE_PHOTO.with_name("admiral.jpg")).convert("RGB")
