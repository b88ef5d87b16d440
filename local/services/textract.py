"""Textract's DetectDocumentText on a local engine, with Textract's limits, errors and shapes."""

import uuid
from typing import Any, Final

import numpy as np

from local.engines.text_lines import Line, Quad
from local.engines.text_reader import LONGEST_SIDE, TextReader, text_reader
from local.services.rekognition.detected_words import (
    LATIN,
    geometry,
    line_confidence,
    line_quad,
    words_of,
)
from local.services.rekognition.submitted_image import decode_image
from local.services.request_constraints import RequestConstraints
from local.services.service_error import ServiceError, not_implemented

MAX_BYTES: Final = 10 * 1024 * 1024
"""Of a document in a request ("Set Quotas in Amazon Textract")."""
MODEL_VERSION: Final = "1.0"

_JPEG_OR_PNG: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_PDF_OR_TIFF: Final = (b"%PDF", b"II*\x00", b"MM\x00*")
_WHOLE_PAGE: Final = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


class Textract:
    """Reads printed text in Latin letters, whichever way it is turned in its plane."""

    def __init__(self, reader: TextReader | None = None) -> None:
        self._constraints = RequestConstraints(
            "textract", "DetectDocumentText", "InvalidParameterException"
        )
        self._reader = reader or text_reader()

    def detect_document_text(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer a parsed DetectDocumentText request.

        Coordinates belong to the image turned as its EXIF says: AWS documents no rule for it.

        Raises:
            ServiceError: with DetectDocumentText's own codes, or ``NotImplemented`` for PDF, TIFF
                and documents in S3.
        """
        data = _document_bytes(request)
        self._constraints.check(request)
        try:
            picture = decode_image(data, LONGEST_SIDE)
        except ServiceError as error:  # damaged, over 10,000 pixels, or too small
            raise ServiceError("BadDocumentException", "Bad document") from error
        return {
            "DocumentMetadata": {"Pages": 1},
            "Blocks": _blocks(self._reader.read(picture, upside_down=True)),
            "DetectDocumentTextModelVersion": MODEL_VERSION,
        }


def _document_bytes(request: dict[str, Any]) -> bytes:
    """Return the document of a request, a JPEG or PNG by its first bytes."""
    document = request.get("Document", {})
    if "S3Object" in document:
        raise not_implemented("documents in S3")
    data = bytes(document.get("Bytes", b""))
    if not data:
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    if len(data) > MAX_BYTES:
        raise ServiceError("DocumentTooLargeException", "Document is too large")
    if data.startswith(_PDF_OR_TIFF):
        raise not_implemented("PDF and TIFF documents")
    if not data.startswith(_JPEG_OR_PNG):
        raise ServiceError(
            "UnsupportedDocumentException", "Request has unsupported document format"
        )
    return data


def _blocks(lines: list[Line]) -> list[dict[str, Any]]:
    """Return the page, then its lines, then all words; parents list their children."""
    line_blocks, word_blocks = [], []
    for line in lines:
        words = words_of(line, LATIN)
        if not words:
            continue
        own = [
            _block("WORD", word.quad, word.text, word.confidence) | {"TextType": "PRINTED"}
            for word in words
        ]
        for block in own:  # of words only; of text that runs down, 90
            block["Geometry"]["RotationAngle"] = 90.0 * line.turns
        text = " ".join(word.text for word in words)
        block = _block("LINE", line_quad(words), text, line_confidence(words))
        line_blocks.append(block | _children(own))
        word_blocks += own
    page = {"BlockType": "PAGE", "Id": str(uuid.uuid4()), "Geometry": geometry(_WHOLE_PAGE)}
    return [page | _children(line_blocks), *line_blocks, *word_blocks]


def _block(kind: str, quad: Quad, text: str, confidence: float) -> dict[str, Any]:
    return {
        "BlockType": kind,
        "Id": str(uuid.uuid4()),
        "Text": text,
        "Confidence": confidence,
        "Geometry": geometry(quad),
    }


def _children(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the relationships of a parent; a parent without children has none."""
    ids = [block["Id"] for block in blocks]
    return {"Relationships": [{"Type": "CHILD", "Ids": ids}]} if ids else {}
