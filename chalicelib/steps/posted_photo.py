"""Checks a photo that was posted to the API, before anything is stored."""

from typing import Final

from chalicelib.errors import InvalidRequestError, TooLargeError, UnsupportedTypeError
from chalicelib.pages import photo
from chalicelib.stories import upload_request

MAX_BYTES: Final = 4_400_000
"""Lambda takes requests of at most 6 MB, and API Gateway's base64 makes a body a third larger."""


def checked(content: bytes, content_type: str, instead: str) -> str:
    """Check a posted photo; return the format that it has.

    Args:
        content: The photo.
        content_type: The type that the sender gave.
        instead: The call that takes larger photos, for the error.
    """
    if upload_request.photo_type_of(content_type) is None:
        raise UnsupportedTypeError(
            f"Content-Type {content_type[:80] or '(none)'} is not a photo; "
            f"send one of: {', '.join(upload_request.EXTENSIONS)}."
        )
    if not content:
        raise InvalidRequestError("The body is empty: send the photo's bytes.", code="empty_body")
    if len(content) > MAX_BYTES:
        raise TooLargeError(
            f"This photo has {len(content):,} bytes; at most {MAX_BYTES:,} can be sent like this. "
            f"{instead} takes up to {upload_request.MAX_BYTES:,}."
        )
    return photo.checked_content_type(content)
