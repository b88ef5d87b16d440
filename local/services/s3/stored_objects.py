"""Reads the objects that moto's S3 stores, and its buckets' CORS; moto has no interface for it."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.backends import get_backend

from local.resources.names import ACCOUNT_ID


@dataclass(frozen=True)
class StoredObject:
    """An object of a bucket, with the headers that it was stored with."""

    content: bytes
    content_type: str
    cache_control: str | None
    etag: str
    last_modified: datetime


@dataclass(frozen=True)
class CorsRule:
    """One rule of a bucket's CORS configuration, with at most one ``*`` in each pattern.

    Attributes:
        headers: Patterns of the headers that a request may send.
        exposed: Headers of the answer that a page may read.
        max_age: Seconds that a browser may remember a preflight's answer, or None.
    """

    methods: list[str]
    origins: list[str]
    headers: list[str]
    exposed: list[str]
    max_age: str | None


class MotoObjects:
    """Buckets and their objects, read under moto's `lock`."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock

    def find(self, bucket: str, key: str) -> StoredObject:
        """Return an object.

        Raises:
            KeyError: There is no such object or bucket.
        """
        with self._lock:
            found = self._find(bucket, key)
            return StoredObject(
                content=found.value,
                content_type=found.metadata["content-type"],
                cache_control=found.metadata.get("cache-control"),
                etag=found.etag.strip('"'),
                last_modified=found.last_modified.replace(tzinfo=UTC),
            )

    def size_and_etag(self, bucket: str, key: str) -> tuple[int, str]:
        """Return an object's bytes and its entity tag without quotes.

        Raises:
            KeyError: There is no such object or bucket.
        """
        with self._lock:
            found = self._find(bucket, key)
            return found.size, found.etag.strip('"')

    def cors_rules(self, bucket: str) -> list[CorsRule]:
        """Return a bucket's CORS configuration, in order; empty without one.

        Raises:
            KeyError: There is no such bucket.
        """
        with self._lock:
            return [
                CorsRule(
                    methods=rule.allowed_methods,
                    origins=rule.allowed_origins,
                    headers=rule.allowed_headers or [],
                    exposed=rule.exposed_headers or [],
                    max_age=rule.max_age_seconds,
                )
                for rule in self._s3.buckets[bucket].cors
            ]

    def _find(self, bucket: str, key: str) -> Any:
        found = self._s3.get_object(bucket, key) if bucket in self._s3.buckets else None
        if found is None:
            raise KeyError(key)
        return found

    @property
    def _s3(self) -> Any:
        return get_backend("s3")[ACCOUNT_ID]["aws"]
