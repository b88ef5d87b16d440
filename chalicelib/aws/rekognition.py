"""Rekognition: text on pages, and the faces of profile photos."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import RejectedError
from chalicelib.pages.detection import Kind, TextDetection, polygon_of
from chalicelib.profiles.faces import Box, Face, FaceAttribute, Match, Owner, owner_of

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import FaceDetailTypeDef, TextDetectionTypeDef

_UNREADABLE: Final = frozenset(
    {
        "ImageTooLargeException",
        "InvalidImageFormatException",
        "InvalidParameterException",
        "ValidationException",  # for more than 5 MB
    }
)

_MIN_SIMILARITY: Final = 90.0
"""Per cent of similarity from which two faces count as one person's.

Rekognition's default is 80; it advises 99 where a wrong match is costly. Here a wrong match
refuses a person's photo, and a missed match gives a person two profiles.
"""
_MAX_MATCHES: Final = 100


class RekognitionTextDetector(msgspec.Struct, frozen=True):
    client: "RekognitionClient"

    def detect(self, image: bytes) -> list[TextDetection]:
        with rejecting_unreadable_images():
            response = request(self.client.detect_text, Image={"Bytes": image})
        detections = response["TextDetections"]
        places = {found["Id"]: place for place, found in enumerate(detections)}
        return [_text(found, places.get(found.get("ParentId", -1))) for found in detections]


@contextmanager
def rejecting_unreadable_images() -> Iterator[None]:
    """Turn Rekognition's errors about an image into rejections: a retry does not help.

    Raises:
        RejectedError: Rekognition can never read the image.
    """
    try:
        yield
    except RequestFailedError as failure:
        if failure.aws_code in _UNREADABLE:
            raise RejectedError("this photo has a shape or size that cannot be read") from failure
        raise


def _text(found: "TextDetectionTypeDef", line: int | None) -> TextDetection:
    return TextDetection(
        kind=Kind(found["Type"].lower()),
        text=found["DetectedText"],
        confidence=found["Confidence"],
        polygon=polygon_of(found["Geometry"]["Polygon"]),
        line=line,
    )


class RekognitionFaceCollection(msgspec.Struct, frozen=True):
    """A face collection.

    Args:
        client: For paid requests, with a long timeout.
        quick: For removals, with a short timeout: a client waits for them.
    """

    client: "RekognitionClient"
    collection_id: str
    quick: "RekognitionClient"

    def detect(self, portrait: bytes) -> list[Face]:
        with rejecting_unreadable_images():
            # "ALL" would take longer: it computes attributes that the app never reads.
            response = request(
                self.client.detect_faces,
                Image={"Bytes": portrait},
                Attributes=["DEFAULT", "SUNGLASSES", "EYES_OPEN"],
            )
        return [_face(found) for found in response["FaceDetails"]]

    def search(self, portrait: bytes) -> list[Match]:
        try:
            response = request(
                self.client.search_faces_by_image,
                CollectionId=self.collection_id,
                Image={"Bytes": portrait},
                FaceMatchThreshold=_MIN_SIMILARITY,
                MaxFaces=_MAX_MATCHES,
            )
        except RequestFailedError as failure:
            if failure.aws_code != "InvalidParameterException":
                raise
            return []  # it finds no face, although DetectFaces found one
        faces = [match["Face"] for match in response["FaceMatches"]]
        return [Match(face["FaceId"], owner_of(face.get("ExternalImageId"))) for face in faces]

    def add(self, portrait: bytes, owner: Owner) -> str | None:
        response = request(
            self.client.index_faces,
            CollectionId=self.collection_id,
            Image={"Bytes": portrait},
            ExternalImageId=str(owner),
            MaxFaces=1,
            QualityFilter="AUTO",
        )
        records = response["FaceRecords"]
        return records[0]["Face"]["FaceId"] if records else None

    def remove(self, face_ids: Collection[str]) -> None:
        request(self.quick.delete_faces, CollectionId=self.collection_id, FaceIds=list(face_ids))


def _face(found: "FaceDetailTypeDef") -> Face:
    box, pose, quality = found["BoundingBox"], found["Pose"], found["Quality"]
    return Face(
        box=Box(box["Left"], box["Top"], box["Width"], box["Height"]),
        confidence=found["Confidence"],
        sharpness=quality["Sharpness"],
        brightness=quality["Brightness"],
        yaw=pose["Yaw"],
        pitch=pose["Pitch"],
        roll=pose["Roll"],
        eyes_open=FaceAttribute(found["EyesOpen"]["Value"], found["EyesOpen"]["Confidence"]),
        sunglasses=FaceAttribute(found["Sunglasses"]["Value"], found["Sunglasses"]["Confidence"]),
    )
