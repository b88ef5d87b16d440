"""Rekognition's DetectText on a local engine: the same limits, errors and shapes."""

from typing import Any, Final

from local.engines.text_models import LONGEST_SIDE
from local.engines.text_reader import Quad, TextReader
from local.services.rekognition.detected_words import (
    Word,
    line_confidence,
    line_quad,
    most_confident,
    words_of,
)
from local.services.rekognition.submitted_image import ReadObject, decode_image, image_bytes
from local.services.rekognition.word_filters import WordFilters
from local.services.request_constraints import RequestConstraints

MOST_WORDS: Final = 100
"""Words in an image; the rest are silently missing ("Guidelines and quotas")."""
MODEL_VERSION: Final = "3.0"


class Rekognition:
    """The operations of Rekognition that read; those on faces are in ``FaceRecognition``."""

    def __init__(self, read_object: ReadObject) -> None:
        self._read_object = read_object
        self._constraints = RequestConstraints("rekognition", "DetectText")
        self._reader = TextReader()

    def detect_text(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer a parsed DetectText request.

        Which words survive past ``MOST_WORDS`` is not documented: here those read best do, and
        filters choose among them only, so that no filter makes room for more.

        Raises:
            ServiceError: with DetectText's own codes, or ``ValidationException``.
        """
        self._constraints.check(request)
        filters = WordFilters(request.get("Filters", {}))
        picture = decode_image(image_bytes(request["Image"], self._read_object), LONGEST_SIDE)
        found = [words_of(line) for line in self._reader.read(picture)]
        lines = [
            [word for word in words if filters.keep(word)]
            for words in most_confident(found, MOST_WORDS)
        ]
        return {
            "TextDetections": _detections([words for words in lines if words]),
            "TextModelVersion": MODEL_VERSION,
        }


def _detections(lines: list[list[Word]]) -> list[dict[str, Any]]:
    """All lines, then all words, numbered through; a word's parent is its line."""
    detections: list[dict[str, Any]] = []
    for words in lines:
        text = " ".join(word.text for word in words)
        line = _detection(len(detections), text, line_confidence(words), line_quad(words))
        detections.append(line | {"Type": "LINE"})
    for parent, words in enumerate(lines):
        for word in words:
            detection = _detection(len(detections), word.text, word.confidence, word.quad)
            detections.append(detection | {"Type": "WORD", "ParentId": parent})
    return detections


def _detection(number: int, text: str, confidence: float, quad: Quad) -> dict[str, Any]:
    left, top = quad.min(axis=0).tolist()
    right, bottom = quad.max(axis=0).tolist()
    return {
        "DetectedText": text,
        "Id": number,
        "Confidence": confidence,
        "Geometry": {
            "BoundingBox": {
                "Width": right - left,
                "Height": bottom - top,
                "Left": left,
                "Top": top,
            },
            "Polygon": [{"X": x, "Y": y} for x, y in quad.tolist()],
        },
    }
