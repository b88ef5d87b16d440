"""Collections of faces, in memory."""

from __future__ import annotations

import math
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import numpy as np

from local.engines.face_models import Descriptor
from local.services.service_error import ServiceError

_HALF_WAY: Final = 0.6314
_SPREAD: Final = 0.0371


def similarity(distance: float) -> float:
    """Map the distance of two descriptors to 0 to 100: the further, the less similar.

    Measured: 0.02 to 0.41 between pictures of one person that were scaled, cropped, tilted, blurred
    or mirrored; 0.67 and more between two persons. The scale is a logistic curve through 90 at
    0.55, in the middle: 97 at 0.5, 80 (the default threshold) at 0.58, 70 at 0.6, 38 at 0.65, 14 at
    0.7.
    """
    return 100 / (1 + math.exp((distance - _HALF_WAY) / _SPREAD))


@dataclass(frozen=True)
class NewFace:
    """A face of an image that is to be indexed.

    Attributes:
        box: The bounding box in ratios of width and height, by Rekognition's names.
        image_id: Equal for equal images.
        external_image_id: The caller's own name for the image, if any.
    """

    descriptor: Descriptor
    box: Mapping[str, float]
    confidence: float
    image_id: str
    external_image_id: str | None

    def is_same_as(self, other: NewFace) -> bool:
        """Compare place, image and the caller's name for it; without a name no face is the same."""
        return (
            self.external_image_id is not None
            and self.external_image_id == other.external_image_id
            and self.image_id == other.image_id
            and self.box == other.box
        )


@dataclass(frozen=True)
class StoredFace:
    face: NewFace
    face_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class _Collection:
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    faces: dict[str, StoredFace] = field(default_factory=dict)


class FaceCollections:
    """Collections by their ids; safe for several threads.

    Every method but `create` and `ids` raises a ``ServiceError``, ``ResourceNotFoundException``,
    for an unknown collection.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._collections: dict[str, _Collection] = {}

    def create(self, collection_id: str) -> None:
        """Create an empty collection.

        Raises:
            ServiceError: ``ResourceAlreadyExistsException``.
        """
        with self._lock:
            if collection_id in self._collections:
                sentence = f"The collection id: {collection_id} already exists"
                raise ServiceError("ResourceAlreadyExistsException", sentence)
            self._collections[collection_id] = _Collection()

    def ids(self) -> list[str]:
        with self._lock:
            return sorted(self._collections)

    def delete(self, collection_id: str) -> None:
        with self._lock:
            self._find(collection_id)
            del self._collections[collection_id]

    def describe(self, collection_id: str) -> tuple[datetime, int]:
        """Return when a collection was created, and the number of its faces."""
        with self._lock:
            collection = self._find(collection_id)
            return collection.created, len(collection.faces)

    def check(self, collection_id: str) -> None:
        with self._lock:
            self._find(collection_id)

    def add(self, collection_id: str, faces: Iterable[NewFace]) -> list[StoredFace]:
        """Store faces together; a face that is stored already is returned as it is."""
        with self._lock:
            known = self._find(collection_id).faces
            added = []
            for face in faces:
                same = (each for each in known.values() if each.face.is_same_as(face))
                stored = next(same, None) or StoredFace(face)
                known[stored.face_id] = stored
                added.append(stored)
            return added

    def search(
        self, collection_id: str, descriptor: Descriptor, threshold: float, limit: int
    ) -> list[tuple[StoredFace, float]]:
        """Return the faces of at least this similarity (0 to 100), the most similar first."""
        rated = [
            (each, similarity(float(np.linalg.norm(each.face.descriptor - descriptor))))
            for each in self.faces(collection_id)
        ]
        matches = [(face, rating) for face, rating in rated if rating >= threshold]
        return sorted(matches, key=lambda match: -match[1])[:limit]

    def faces(self, collection_id: str) -> list[StoredFace]:
        with self._lock:
            return list(self._find(collection_id).faces.values())

    def remove(self, collection_id: str, face_ids: Iterable[str]) -> tuple[list[str], list[str]]:
        """Delete faces; return the ids of the deleted and of the missing ones."""
        with self._lock:
            faces = self._find(collection_id).faces
            asked = list(dict.fromkeys(face_ids))
            deleted = [face_id for face_id in asked if faces.pop(face_id, None) is not None]
            return deleted, [face_id for face_id in asked if face_id not in set(deleted)]

    def _find(self, collection_id: str) -> _Collection:
        collection = self._collections.get(collection_id)
        if collection is None:
            sentence = f"The collection id: {collection_id} does not exist"
            raise ServiceError("ResourceNotFoundException", sentence)
        return collection
