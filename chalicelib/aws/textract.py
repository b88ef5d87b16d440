"""Textract: the text on pages with many words."""

from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import RejectedError
from chalicelib.pages.detection import Kind, TextDetection, polygon_of

if TYPE_CHECKING:
    from mypy_boto3_textract import TextractClient
    from mypy_boto3_textract.type_defs import BlockTypeDef

_UNREADABLE: Final = frozenset(
    {
        "BadDocumentException",
        "DocumentTooLargeException",
        "InvalidParameterException",
        "UnsupportedDocumentException",
    }
)


class TextractTextDetector(msgspec.Struct, frozen=True):
    client: "TextractClient"

    def detect(self, image: bytes) -> list[TextDetection]:
        try:
            response = request(self.client.detect_document_text, Document={"Bytes": image})
        except RequestFailedError as failure:
            if failure.aws_code in _UNREADABLE:
                raise RejectedError(
                    "this page has a shape or size that cannot be read"
                ) from failure
            raise
        blocks = [block for block in response["Blocks"] if block["BlockType"] in {"LINE", "WORD"}]
        line_of = {
            child: place
            for place, block in enumerate(blocks)
            for relationship in block.get("Relationships", [])
            if block["BlockType"] == "LINE" and relationship["Type"] == "CHILD"
            for child in relationship["Ids"]
        }
        return [_text(block, line_of.get(block["Id"])) for block in blocks]


def _text(block: "BlockTypeDef", line: int | None) -> TextDetection:
    return TextDetection(
        kind=Kind(block["BlockType"].lower()),
        text=block["Text"],
        confidence=block["Confidence"],
        polygon=polygon_of(block["Geometry"]["Polygon"]),
        line=line,
    )
