"""Time and UUIDs that a test decides."""

import uuid
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until a test advances it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Uuids:
    """UUIDs in a row, the same in every run."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self) -> uuid.UUID:
        self._count += 1
        return uuid.UUID(int=self._count << 96 | 4 << 76 | 8 << 60)
