"""Rekognition's DetectText on a local engine, with Rekognition's limits, errors and shapes."""

from typing import Any, Final

from local.engines.text_lines import Quad
from local.engines.text_reader import LONGEST_SIDE, TextReader, text_reader
from local.services.rekognition.detected_words import (
    Word,
    geometry,
    line_confidence,
    line_quad,
    most_confident,
    words_of,
)
from local.services.rekognition.submitted_image import decode_image, image_bytes
from local.services.request_constraints import RequestConstraints
from local.services.service_error import check_understood

MAX_WORDS: Final = 100
"""Words of an image; the rest are silently missing ("Guidelines and quotas")."""
MODEL_VERSION: Final = "3.0"


class Rekognition:
    """Reads text; ``FaceRecognition`` has the operations on faces."""

    def __init__(self, reader: TextReader | None = None) -> None:
        self._constraints = RequestConstraints("rekognition", "DetectText")
        self._reader = reader or text_reader()

    def detect_text(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer a parsed DetectText request.

        AWS does not document which words survive past ``MAX_WORDS``: here those read best do.

        Raises:
            ServiceError: with DetectText's own codes, or ``ValidationException``.
        """
        self._constraints.check(request)
        check_understood("DetectText", request, {"Image"})
        picture = decode_image(image_bytes(request["Image"]), LONGEST_SIDE)
        found = [words_of(line) for line in self._reader.read(picture)]
        lines = [words for words in most_confident(found, MAX_WORDS) if words]
        return {"TextDetections": _detections(lines), "TextModelVersion": MODEL_VERSION}


def _detections(lines: list[list[Word]]) -> list[dict[str, Any]]:
    """Return all lines, then all words, numbered through; a word's parent is its line."""
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
    return {
        "DetectedText": text,
        "Id": number,
        "Confidence": confidence,
        "Geometry": geometry(quad),
    }
