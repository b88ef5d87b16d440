"""Rekognition's operations on faces, on a local engine, with its limits, errors and shapes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from local.engines.face_reader import LONGEST_SIDE, FaceReader, face_reader
from local.resources.names import ACCOUNT_ID, REGION
from local.services.rekognition.face_collections import FaceCollections, NewFace, StoredFace
from local.services.rekognition.seen_face import SeenFace
from local.services.rekognition.submitted_image import decode_image, image_bytes
from local.services.request_constraints import Operation, checked
from local.services.service_error import ServiceError, not_implemented

MAX_FACES: Final = 100
"""Faces of an image that are detected or indexed, the largest ("Guidelines and quotas")."""
MODEL_VERSION: Final = "7.0"
DEFAULT_THRESHOLD: Final = 80.0
DEFAULT_MATCHES: Final = 80

_REMEMBERED_IMAGES: Final = 16
"""The app sends one photo to three operations: the engine, a second an image, sees it once."""

_OK: Final = 200
_IMAGES: Final = uuid.UUID("6f1b7d0e-2f0c-5a54-9c2d-8f5b3a1f7c11")
"""The name space of image ids: like Rekognition's, they are made of the image itself."""
_UNDERSTOOD: Final = {
    "CreateCollection": {"CollectionId", "Tags"},
    "ListCollections": set[str](),
    "IndexFaces": {"CollectionId", "Image", "ExternalImageId", "MaxFaces", "QualityFilter"},
    "SearchFacesByImage": {"CollectionId", "Image", "FaceMatchThreshold", "MaxFaces"},
    "ListFaces": {"CollectionId"},
}
"""What requests may say; everything else would be ignored in silence."""


class FaceRecognition:
    """Detects faces, and keeps collections of them in memory; safe for several threads."""

    def __init__(self, reader: FaceReader | None = None) -> None:
        self._reader = reader or face_reader()
        self._collections = FaceCollections()
        self._see = lru_cache(_REMEMBERED_IMAGES)(self._find_faces)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """Operations by boto3's names; each takes a parsed request.

        They raise ``ServiceError`` with the operation's own codes, or ``ValidationException``.
        """
        operations: dict[str, Operation] = {
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
        return checked("rekognition", operations, _UNDERSTOOD)

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

    def _list_collections(self, _request: dict[str, Any]) -> dict[str, Any]:
        ids = self._collections.ids()
        return {"CollectionIds": ids, "FaceModelVersions": [MODEL_VERSION] * len(ids)}

    def _delete_collection(self, request: dict[str, Any]) -> dict[str, Any]:
        self._collections.delete(request["CollectionId"])
        return {"StatusCode": _OK}

    def _detect_faces(self, request: dict[str, Any]) -> dict[str, Any]:
        attributes = request.get("Attributes", [])
        for attribute in attributes:
            if attribute not in {"DEFAULT", "SUNGLASSES", "EYES_OPEN"}:
                raise not_implemented(f"DetectFaces with the attribute {attribute}")
        faces = self._see(image_bytes(request["Image"]))
        return {"FaceDetails": [face.detail(attributes) for face in faces[:MAX_FACES]]}

    def _index_faces(self, request: dict[str, Any]) -> dict[str, Any]:
        """Index the faces that are good enough, the largest first, up to ``MaxFaces``.

        The same image under the same ``ExternalImageId`` is indexed once ("doesn't save duplicate
        face metadata"): its faces keep their ids. Without that name it is indexed again.
        """
        collection_id = request["CollectionId"]
        self._collections.check(collection_id)
        quality = request.get("QualityFilter", "AUTO")
        if quality not in {"AUTO", "NONE"}:
            raise not_implemented(f"IndexFaces with the QualityFilter {quality}")
        data = image_bytes(request["Image"])
        faces = self._see(data)[:MAX_FACES]
        refused = [(face, face.shortcomings() if quality == "AUTO" else []) for face in faces]
        good = [face for face, reasons in refused if not reasons]
        most = min(request.get("MaxFaces", MAX_FACES), MAX_FACES)
        too_many = [(face, ["EXCEEDS_MAX_FACES"]) for face in good[most:]]
        image_id = str(uuid.uuid5(_IMAGES, hashlib.sha256(data).hexdigest()))
        name = request.get("ExternalImageId")
        new = [self._new_face(face, image_id, name) for face in good[:most]]
        stored = self._collections.add(collection_id, new)
        return {
            "FaceRecords": [
                {"Face": _shown(each), "FaceDetail": face.detail([])}
                for each, face in zip(stored, good[:most], strict=True)
            ],
            "FaceModelVersion": MODEL_VERSION,
            "UnindexedFaces": [
                {"Reasons": reasons, "FaceDetail": face.detail([])}
                for face, reasons in (*refused, *too_many)
                if reasons
            ],
        }

    def _new_face(self, face: SeenFace, image_id: str, name: str | None) -> NewFace:
        described = self._reader.describe(face.face)
        return NewFace(described, face.bounding_box, face.confidence, image_id, name)

    def _search_faces_by_image(self, request: dict[str, Any]) -> dict[str, Any]:
        collection_id = request["CollectionId"]
        self._collections.check(collection_id)
        faces = self._see(image_bytes(request["Image"]))
        if not faces:
            sentence = "There are no faces in the image. Should be at least 1."
            raise ServiceError("InvalidParameterException", sentence)
        largest = faces[0]
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
        faces = self._collections.faces(request["CollectionId"])
        return {"Faces": [_shown(face) for face in faces], "FaceModelVersion": MODEL_VERSION}

    def _delete_faces(self, request: dict[str, Any]) -> dict[str, Any]:
        deleted, missing = self._collections.remove(request["CollectionId"], request["FaceIds"])
        return {
            "DeletedFaces": deleted,
            "UnsuccessfulFaceDeletions": [
                {"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]} for face_id in missing
            ],
        }

    def _find_faces(self, data: bytes) -> list[SeenFace]:
        """Find the faces of an image, the largest first."""
        picture = decode_image(data, LONGEST_SIDE)
        faces = [SeenFace(face, picture.size) for face in self._reader.read(picture)]
        return sorted(faces, key=lambda face: -face.area)


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
