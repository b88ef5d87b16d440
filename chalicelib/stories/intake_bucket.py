"""The port of the intake bucket, where clients put photos themselves; see `ports` for the rules."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from chalicelib.stories.upload_request import PostForm


class IntakePhoto(msgspec.Struct, frozen=True):
    """An object of the intake bucket with its content.

    Attributes:
        content: Its bytes; None if it is larger than the caller's limit.
        size: In bytes.
        version: Its ETag: another content of the same key has another one.
        upload_id: The upload request that it was sent for, from its metadata.
        email: The address for the notice about a profile photo, from its metadata.
        arrived_at: In whole seconds.
    """

    content: bytes | None
    size: int
    version: str
    upload_id: str | None
    arrived_at: datetime
    email: str | None = None


class IntakeObject(msgspec.Struct, frozen=True):
    """An object of the intake bucket without its content; fields as in `IntakePhoto`."""

    version: str
    arrived_at: datetime


class IntakeListing(msgspec.Struct, frozen=True):
    """Some keys of the intake bucket, and when each arrived; pass `next` to get the next page."""

    arrivals: Mapping[str, datetime]
    next: Any = None


class IntakeBucket(Protocol):
    """The bucket where clients put photos themselves. S3 removes objects after 15 days."""

    def form(
        self,
        key: str,
        content_type: str,
        *,
        upload_id: str | None = None,
        email: str | None = None,
    ) -> PostForm:
        """A form that lets its holder post photos to a key, for 15 minutes. Sends no request.

        `upload_id` and `email` become the object's metadata.
        """

    def get(self, key: str, max_bytes: int) -> IntakePhoto | None:
        """An object, without its content if it is larger than `max_bytes`; None: there is none."""

    def head(self, key: str) -> IntakeObject | None:
        """An object without its content; None: there is none."""

    def waiting(self, prefix: str, page: Any = None) -> IntakeListing:
        """A page of the objects whose keys begin with `prefix`."""

    def copy(self, key: str, to: str) -> None:
        """Copy an object to another key."""

    def remove(self, key: str, version: str) -> None:
        """Remove an object, unless the key has another version by now."""
