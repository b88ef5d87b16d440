"""Rekognition's operations on faces, on a local engine: the same limits, errors and shapes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from local.engines.face_reader import LONGEST_SIDE, FaceReader
from local.services.moto_backend import ACCOUNT_ID, REGION
from local.services.rekognition.face_collections import FaceCollections, NewFace, StoredFace
from local.services.rekognition.face_quality import shortcomings
from local.services.rekognition.seen_face import SeenFace
from local.services.rekognition.submitted_image import ReadObject, decode_image, image_bytes
from local.services.request_constraints import RequestConstraints
from local.services.service_error import ServiceError

MOST_FACES: Final = 100
"""Faces of an image that are detected or indexed, the largest ("Guidelines and quotas")."""
MODEL_VERSION: Final = "7.0"
DEFAULT_THRESHOLD: Final = 80.0
DEFAULT_MATCHES: Final = 80
DEFAULT_PAGE: Final = 1000
"""Faces or collections of a page whose size is not asked for; AWS does not say."""

_OK: Final = 200
_IMAGES: Final = uuid.UUID("6f1b7d0e-2f0c-5a54-9c2d-8f5b3a1f7c11")
"""The name space of image ids: like Rekognition's, they are made of the image itself."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _random_id() -> str:
    return str(uuid.uuid4())


class FaceRecognition:
    """Detects faces, and keeps collections of them in memory, for several threads at once.

    Args:
        read_object: As of ``Rekognition``.
        reader: Finds and describes faces.
        now: Tells when collections are created.
        new_face_id: Makes a random UUID.
    """

    def __init__(
        self,
        read_object: ReadObject,
        *,
        reader: FaceReader | None = None,
        now: Callable[[], datetime] = _utc_now,
        new_face_id: Callable[[], str] = _random_id,
    ) -> None:
        self._read_object = read_object
        self._reader = reader or FaceReader()
        self._collections = FaceCollections(now, new_face_id)
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateCollection": self._create_collection,
            "DescribeCollection": self._describe_collection,
            "ListCollections": self._list_collections,
            "DeleteCollection": self._delete_collection,
            "DetectFaces": self._detect_faces,
            "IndexFaces": self._index_faces,
            "SearchFacesByImage": self._search_faces_by_image,
            "ListFaces": self._list_faces,
            "DeleteFaces": self._delete_faces,
        }
        self._constraints = {
            name: RequestConstraints("rekognition", name) for name in self._operations
        }

    @property
    def operations(self) -> Mapping[str, Callable[[dict[str, Any]], Mapping[str, Any]]]:
        """Operations by boto3's names; each takes a parsed request.

        They raise ``ServiceError`` with the operation's own codes, or ``ValidationException``.
        """
        return {f"rekognition.{name}": self._checked(name) for name in self._operations}

    def _checked(self, name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        def answer(request: dict[str, Any]) -> dict[str, Any]:
            self._constraints[name].check(request)
            return self._operations[name](request)

        return answer

    def _create_collection(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["CollectionId"]
        self._collections.create(name)
        return {
            "StatusCode": _OK,
            "CollectionArn": f"aws:rekognition:{REGION}:{ACCOUNT_ID}:collection/{name}",
            "FaceModelVersion": MODEL_VERSION,
        }

    def _describe_collection(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["CollectionId"]
        created, faces = self._collections.describe(name)
        return {
            "FaceCount": faces,
            "FaceModelVersion": MODEL_VERSION,
            "CollectionARN": f"arn:aws:rekognition:{REGION}:{ACCOUNT_ID}:collection/{name}",
            "CreationTimestamp": created,
            "UserCount": 0,
        }

    def _list_collections(self, request: dict[str, Any]) -> dict[str, Any]:
        ids, token = self._collections.page_of_ids(_page_size(request), request.get("NextToken"))
        page = {"CollectionIds": ids, "FaceModelVersions": [MODEL_VERSION] * len(ids)}
        return page | _next(token)

    def _delete_collection(self, request: dict[str, Any]) -> dict[str, Any]:
        self._collections.delete(request["CollectionId"])
        return {"StatusCode": _OK}

    def _detect_faces(self, request: dict[str, Any]) -> dict[str, Any]:
        faces = self._see(self._bytes_of(request))
        attributes = request.get("Attributes", [])
        return {"FaceDetails": [face.detail(attributes) for face in faces[:MOST_FACES]]}

    def _index_faces(self, request: dict[str, Any]) -> dict[str, Any]:
        """Index the faces that are good enough, the largest first, up to ``MaxFaces``.

        The same image under the same ``ExternalImageId`` is indexed once ("doesn't save duplicate
        face metadata"): its faces keep their ids. Without that name they are indexed again.
        """
        collection_id = request["CollectionId"]
        self._collections.check(collection_id)
        data = self._bytes_of(request)
        faces = self._see(data)[:MOST_FACES]
        attributes = request.get("DetectionAttributes", [])
        quality = request.get("QualityFilter", "AUTO")
        most = min(request.get("MaxFaces", MOST_FACES), MOST_FACES)

        reasons = [shortcomings(face, quality) for face in faces]
        good = [face for face, why_not in zip(faces, reasons, strict=True) if not why_not]
        refused = [each for each in zip(faces, reasons, strict=True) if each[1]]
        too_many = [(face, ["EXCEEDS_MAX_FACES"]) for face in good[most:]]
        image_id = str(uuid.uuid5(_IMAGES, hashlib.sha256(data).hexdigest()))
        name = request.get("ExternalImageId")
        new = [self._new_face(face, image_id, name) for face in good[:most]]
        stored = self._collections.add(collection_id, new)
        return {
            "FaceRecords": [
                {"Face": _shown(each), "FaceDetail": face.detail(attributes)}
                for each, face in zip(stored, good[:most], strict=True)
            ],
            "FaceModelVersion": MODEL_VERSION,
            "UnindexedFaces": [
                {"Reasons": why_not, "FaceDetail": face.detail(attributes)}
                for face, why_not in (*refused, *too_many)
            ],
        }

    def _new_face(self, face: SeenFace, image_id: str, name: str | None) -> NewFace:
        described = self._reader.describe(face.face)
        return NewFace(described, face.bounding_box, face.confidence, image_id, name)

    def _search_faces_by_image(self, request: dict[str, Any]) -> dict[str, Any]:
        collection_id = request["CollectionId"]
        self._collections.check(collection_id)
        faces = self._see(self._bytes_of(request))
        quality = request.get("QualityFilter", "NONE")
        largest = next((face for face in faces if not shortcomings(face, quality)), None)
        if largest is None:
            sentence = "There are no faces in the image. Should be at least 1."
            raise ServiceError("InvalidParameterException", sentence)
        matches = self._collections.search(
            collection_id,
            self._reader.describe(largest.face),
            request.get("FaceMatchThreshold", DEFAULT_THRESHOLD),
            request.get("MaxFaces", DEFAULT_MATCHES),
        )
        return {
            "SearchedFaceBoundingBox": largest.bounding_box,
            "SearchedFaceConfidence": largest.confidence,
            "FaceMatches": [
                {"Similarity": rating, "Face": _shown(face)} for face, rating in matches
            ],
            "FaceModelVersion": MODEL_VERSION,
        }

    def _list_faces(self, request: dict[str, Any]) -> dict[str, Any]:
        faces, token = self._collections.page_of_faces(
            request["CollectionId"],
            [] if "UserId" in request else request.get("FaceIds"),  # there are no users here
            _page_size(request),
            request.get("NextToken"),
        )
        page = {"Faces": [_shown(face) for face in faces], "FaceModelVersion": MODEL_VERSION}
        return page | _next(token)

    def _delete_faces(self, request: dict[str, Any]) -> dict[str, Any]:
        deleted, missing = self._collections.remove(request["CollectionId"], request["FaceIds"])
        return {
            "DeletedFaces": deleted,
            "UnsuccessfulFaceDeletions": [
                {"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]} for face_id in missing
            ],
        }

    def _bytes_of(self, request: dict[str, Any]) -> bytes:
        return image_bytes(request["Image"], self._read_object)

    def _see(self, data: bytes) -> list[SeenFace]:
        """Find the faces of an image, the largest first."""
        picture = decode_image(data, LONGEST_SIDE)
        faces = [SeenFace(face, picture.size) for face in self._reader.read(picture)]
        return sorted(faces, key=lambda face: -face.area)


def _page_size(request: dict[str, Any]) -> int:
    return int(request.get("MaxResults", 0)) or DEFAULT_PAGE


def _next(token: str | None) -> dict[str, str]:
    return {} if token is None else {"NextToken": token}


def _shown(stored: StoredFace) -> dict[str, Any]:
    """Rekognition's ``Face``."""
    face = stored.face
    name = face.external_image_id
    return {
        "FaceId": stored.face_id,
        "BoundingBox": dict(face.box),
        "ImageId": face.image_id,
        "Confidence": face.confidence,
        "IndexFacesModelVersion": MODEL_VERSION,
    } | ({} if name is None else {"ExternalImageId": name})
