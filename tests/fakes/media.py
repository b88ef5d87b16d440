"""The media bucket and the CDN in memory."""

from collections.abc import Sequence

from chalicelib.errors import CdnBusyError


class InMemoryMedia:
    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}

    def put(self, key: str, content: bytes, content_type: str) -> None:
        self.objects[key] = (content, content_type)

    def get(self, key: str) -> bytes | None:
        return self.objects[key][0] if key in self.objects else None

    def exists(self, key: str) -> bool:
        return key in self.objects

    def keys_under(self, prefix: str, after: str = "") -> list[str]:
        """Five at a time, so that the caller must ask for more."""
        return sorted(key for key in self.objects if key.startswith(prefix) and key > after)[:5]

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.objects.pop(key, None)


class SlowCdn:
    """Forgets a prefix when it was asked `asks` times; keeps the requests.

    Attributes:
        refusals: So many invalidations are refused: others are in progress.
    """

    def __init__(self, asks: int = 1) -> None:
        self.asks = asks
        self.refusals = 0
        self.invalidated: list[tuple[str, str]] = []

    def invalidate(self, prefix: str, reference: str) -> bool:
        if self.refusals and (prefix, reference) not in self.invalidated:
            self.refusals -= 1
            raise CdnBusyError("CreateInvalidation failed with TooManyInvalidationsInProgress")
        self.invalidated.append((prefix, reference))
        return self.invalidated.count((prefix, reference)) >= self.asks
