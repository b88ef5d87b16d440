"""Counts requests, and measures engines, since the last reset."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any


class Requests:
    """The number of requests of each operation, by boto3's names; retries count, as on the bill."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def record(self, operation: str) -> None:
        with self._lock:
            self._counts[operation] += 1

    def to_json(self) -> dict[str, int]:
        with self._lock:
            return dict(sorted(self._counts.items()))

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()


class Timings:
    """The seconds of wall time that the engines took for each operation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._seconds: Counter[str] = Counter()

    @contextmanager
    def measure(self, operation: str) -> Iterator[None]:
        started = perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._calls[operation] += 1
                self._seconds[operation] += perf_counter() - started  # type: ignore[assignment]

    def to_json(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            return {
                operation: {"calls": calls, "seconds": round(self._seconds[operation], 4)}
                for operation, calls in sorted(self._calls.items())
            }

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._seconds.clear()
