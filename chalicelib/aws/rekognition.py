"""Rekognition as the pipeline's text detector."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import RejectedError
from chalicelib.pages.detection import Kind, Point, TextDetection

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import TextDetectionTypeDef

_UNREADABLE: Final = frozenset(
    {
        "ImageTooLargeException",
        "InvalidImageFormatException",
        "InvalidParameterException",
        "ValidationException",  # what the front door says of more than 5 MB
    }
)


class RekognitionTextDetector:
    def __init__(self, client: "RekognitionClient") -> None:
        self._client = client

    def detect(self, image: bytes) -> list[TextDetection]:
        with refusing_the_unreadable():
            response = request(self._client.detect_text, Image={"Bytes": image})
        return [_our_words(found) for found in response["TextDetections"]]


@contextmanager
def refusing_the_unreadable() -> Iterator[None]:
    """What is wrong with an image is the image's fault, and will not pass.

    Raises:
        RejectedError: It can never be looked at.
    """
    try:
        yield
    except RequestFailedError as failure:
        if failure.aws_code in _UNREADABLE:
            raise RejectedError("this photo has a shape or size that cannot be read") from failure
        raise


def _our_words(found: "TextDetectionTypeDef") -> TextDetection:
    first, second, third, fourth = (
        Point(corner["X"], corner["Y"]) for corner in found["Geometry"]["Polygon"]
    )
    return TextDetection(
        kind=Kind(found["Type"].lower()),
        text=found["DetectedText"],
        confidence=found["Confidence"],
        polygon=(first, second, third, fourth),
    )
