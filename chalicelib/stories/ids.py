"""Story ids: derives them from photos, and reads them from clients. Pure."""

import hashlib
import re
import uuid
from typing import Final

from chalicelib.errors import InvalidRequestError

_ENTITY_TAG: Final = re.compile(r'(?:W/)?"?([^"]*)"?')


def content_id_of(photo: bytes) -> str:
    return hashlib.sha256(photo).hexdigest()


def derived_id(namespace: uuid.UUID, content_id: str, language: str, voice: str) -> uuid.UUID:
    """The id of a photo's story: the same photo, language and voice always give the same one.

    Args:
        namespace: A secret of the deployment. Without it, a person who has the photo could
            compute the link to another person's story of it.
        content_id: SHA-256 of the photo.
        language: As Polly names it, such as ``en-US``.
        voice: As Polly names it, such as ``Joanna``.
    """
    return uuid.uuid5(namespace, "\n".join((content_id, language, voice)))


def checked_id(given_id: str | None) -> str:
    """Read a client's id, and return it in canonical form.

    Raises:
        InvalidRequestError: There is no id, or it is not a UUID.
    """
    if not given_id or not given_id.strip():
        raise InvalidRequestError(
            "Say which story: send its id in the ETag header, or as /retrieve/{id}.",
            code="missing_id",
        )
    match = _ENTITY_TAG.fullmatch(given_id.strip())
    try:
        canonical = uuid.UUID(match[1] if match else given_id)
    except ValueError:
        raise InvalidRequestError(
            "This is not a story's id: use the id that the upload answered with.",
            code="malformed_id",
        ) from None
    return str(canonical)
