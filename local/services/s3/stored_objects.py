"""A look at what moto's S3 stores, and how its buckets are set up; moto has no interface for it."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT_ID


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
        headers: Patterns of what a request may send.
        exposed: What a page may read of the answer.
        max_age: Seconds that a browser may remember a preflight's answer, or None.
    """

    methods: list[str]
    origins: list[str]
    headers: list[str]
    exposed: list[str]
    max_age: str | None


class MotoObjects:
    """Buckets and their objects, under moto's `lock`."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock

    def find(self, bucket: str, key: str, version: str | None = None) -> StoredObject:
        """An object's bytes and headers.

        Raises:
            KeyError: There is no such object, bucket or version.
        """
        with self._lock:
            has_bucket = self.has_bucket(bucket)
            found = self._buckets.get_object(bucket, key, version) if has_bucket else None
            if found is None:
                raise KeyError(key)
            return StoredObject(
                content=found.value,
                content_type=found.metadata["content-type"],
                cache_control=found.metadata.get("cache-control"),
                etag=found.etag.strip('"'),
                last_modified=found.last_modified.replace(tzinfo=UTC),
            )

    def size_and_etag(self, bucket: str, key: str) -> tuple[int, str] | None:
        """An object's bytes and its entity tag without quotes, or None if there is no such."""
        with self._lock:
            found = self._buckets.get_object(bucket, key) if self.has_bucket(bucket) else None
            return (found.size, found.etag.strip('"')) if found else None

    def delete(self, bucket: str, key: str, version: str | None = None) -> None:
        with self._lock:
            self._buckets.delete_object(bucket, key, version)

    def has_bucket(self, name: str) -> bool:
        with self._lock:
            return name in self._buckets.buckets

    def cors_rules(self, bucket: str) -> list[CorsRule]:
        """A bucket's CORS configuration, in order; empty without one.

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
                for rule in self._buckets.buckets[bucket].cors
            ]

    @property
    def _buckets(self) -> Any:
        return get_backend("s3")[ACCOUNT_ID]["aws"]
