"""Collections of faces, in memory."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, islice

from local.engines.face_models import Descriptor
from local.services.rekognition.similarity import distance, similarity
from local.services.service_error import ServiceError


@dataclass(frozen=True)
class NewFace:
    """A face of an image that is to be indexed.

    Attributes:
        box: The bounding box in ratios of width and height, by Rekognition's names.
        image_id: The same for the same image.
        external_image_id: The caller's own name for the image, if any.
    """

    descriptor: Descriptor
    box: Mapping[str, float]
    confidence: float
    image_id: str
    external_image_id: str | None

    def is_same_as(self, other: NewFace) -> bool:
        """Same place in the same image, under a name that the caller gave it twice."""
        return (
            self.external_image_id is not None
            and self.external_image_id == other.external_image_id
            and self.image_id == other.image_id
            and self.box == other.box
        )


@dataclass(frozen=True)
class StoredFace:
    """A face in a collection; ``number`` tells the order of indexing."""

    face_id: str
    number: int
    face: NewFace


@dataclass
class _Collection:
    created: datetime
    faces: dict[str, StoredFace] = field(default_factory=dict)

    def twin_of(self, face: NewFace) -> StoredFace | None:
        return next((each for each in self.faces.values() if each.face.is_same_as(face)), None)


class FaceCollections:
    """Collections by their ids; for several threads at once.

    Args:
        now: Tells when collections are created.
        new_face_id: Makes a random id.
    """

    def __init__(self, now: Callable[[], datetime], new_face_id: Callable[[], str]) -> None:
        self._now = now
        self._new_face_id = new_face_id
        self._lock = threading.Lock()
        self._collections: dict[str, _Collection] = {}
        self._numbers = count(1)

    def create(self, collection_id: str) -> None:
        """Create an empty collection.

        Raises:
            ServiceError: ``ResourceAlreadyExistsException``.
        """
        with self._lock:
            if collection_id in self._collections:
                sentence = f"The collection id: {collection_id} already exists"
                raise ServiceError("ResourceAlreadyExistsException", sentence)
            self._collections[collection_id] = _Collection(self._now())

    def delete(self, collection_id: str) -> None:
        """Delete a collection with all of its faces."""
        with self._lock:
            self._find(collection_id)
            del self._collections[collection_id]

    def describe(self, collection_id: str) -> tuple[datetime, int]:
        """Tell when a collection was created, and how many faces are in it."""
        with self._lock:
            collection = self._find(collection_id)
            return collection.created, len(collection.faces)

    def check(self, collection_id: str) -> None:
        """Raise ``ResourceNotFoundException`` if there is no such collection, as all else does."""
        with self._lock:
            self._find(collection_id)

    def page_of_ids(self, limit: int, token: str | None) -> tuple[list[str], str | None]:
        """List collections by name: up to `limit`, and the token of the next page if there is one.

        Raises:
            ServiceError: ``InvalidPaginationTokenException``.
        """
        after = "" if token is None else _position(token)
        with self._lock:
            ids = sorted(each for each in self._collections if each > after)
        return ids[:limit], _token(ids[limit - 1]) if len(ids) > limit else None

    def add(self, collection_id: str, faces: Iterable[NewFace]) -> list[StoredFace]:
        """Store faces all at once; the same face of the same image and name is stored only once."""
        with self._lock:
            collection = self._find(collection_id)
            stored = []
            for face in faces:
                known = collection.twin_of(face)
                if known is None:
                    known = StoredFace(self._new_face_id(), next(self._numbers), face)
                    collection.faces[known.face_id] = known
                stored.append(known)
            return stored

    def search(
        self, collection_id: str, descriptor: Descriptor, threshold: float, limit: int
    ) -> list[tuple[StoredFace, float]]:
        """Find the faces that are at least so similar (0 to 100), the most similar first."""
        with self._lock:
            faces = list(self._find(collection_id).faces.values())
        rated = [(each, similarity(distance(each.face.descriptor, descriptor))) for each in faces]
        matches = [(face, rating) for face, rating in rated if rating >= threshold]
        return sorted(matches, key=lambda match: -match[1])[:limit]

    def page_of_faces(
        self, collection_id: str, only: Sequence[str] | None, limit: int, token: str | None
    ) -> tuple[list[StoredFace], str | None]:
        """List faces as they were indexed: up to `limit`, and the token of the next page.

        Args:
            collection_id: Where they are.
            only: Ids of the faces to list; None lists all.
            limit: How many at most, from 1.
            token: What came with the page before, or None for the first.

        Raises:
            ServiceError: ``ResourceNotFoundException`` or ``InvalidPaginationTokenException``.
        """
        after = 0 if token is None else _number(token)
        wanted = None if only is None else set(only)
        with self._lock:
            faces = self._find(collection_id).faces.values()
            rest = list(islice(_after(faces, after, wanted), limit + 1))
        page = rest[:limit]
        return page, _token(str(page[-1].number)) if len(rest) > limit else None

    def remove(self, collection_id: str, face_ids: Iterable[str]) -> tuple[list[str], list[str]]:
        """Delete faces: the ids of those that were deleted, and of those that there are not."""
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


def _after(
    faces: Iterable[StoredFace], number: int, wanted: set[str] | None
) -> Iterator[StoredFace]:
    return (
        face
        for face in faces
        if face.number > number and (wanted is None or face.face_id in wanted)
    )


def _token(position: str) -> str:
    return base64.urlsafe_b64encode(position.encode()).decode()


def _position(token: str) -> str:
    try:
        position = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeError) as error:
        raise _invalid_token() from error
    if not position or _token(position) != token:  # decoding passes over what it does not know
        raise _invalid_token()
    return position


def _number(token: str) -> int:
    position = _position(token)
    if not position.isdecimal():
        raise _invalid_token()
    return int(position)


def _invalid_token() -> ServiceError:
    return ServiceError("InvalidPaginationTokenException", "Invalid Pagination Token")
