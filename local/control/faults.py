"""Faults on request: an operation that fails, or is slow, the next few times."""

import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self

from local.resources.names import ACCOUNT_ID
from local.services.protocol import knows
from local.services.service_error import ServiceError

_MAX_LATENCY_MS: Final = 60_000  # boto3 gives up reading after a minute
_MAX_TIMES: Final = 1_000_000
_ERROR_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,99}")
_LIKE_AWS: Final = f"User: arn:aws:sts::{ACCOUNT_ID}:assumed-role/app: asked for at /_local/faults."
"""A fault's message holds details that no client may see, as AWS's own messages do."""
_UNAVAILABLE: Final = frozenset({"SlowDown", "ServiceUnavailable"})
"""Codes that S3 answers with HTTP 503; its API model lacks them."""


@dataclass(frozen=True)
class Fault:
    """Makes the next calls of one operation fail, or slow.

    Attributes:
        operation: By boto3's name: ``polly.SynthesizeSpeech``.
        error: The code of the error to answer with, without performing the call; or None.
        times: The number of calls that are left.
        latency_ms: Milliseconds that each of them waits first.
    """

    operation: str
    error: str | None
    times: int
    latency_ms: int

    @classmethod
    def from_json(cls, wanted: object) -> Self:
        """Read a posted fault; ``times`` is 1 by default.

        Raises:
            ValueError: It is no fault; the message says what to change.
        """
        if not isinstance(wanted, Mapping):
            raise ValueError("A fault is a JSON object.")  # noqa: TRY004  # of a posted value
        unknown = sorted(set(wanted) - {"operation", "error", "times", "latency_ms"})
        if unknown:
            raise ValueError(
                f"A fault has no {unknown[0]!r}: it has operation, error, times and latency_ms."
            )
        fault = cls(
            operation=_operation(wanted.get("operation")),
            error=_error(wanted.get("error")),
            times=_whole_number(wanted, "times", default=1, least=1, most=_MAX_TIMES),
            latency_ms=_whole_number(
                wanted, "latency_ms", default=0, least=0, most=_MAX_LATENCY_MS
            ),
        )
        if fault.error is None and fault.latency_ms == 0:
            raise ValueError("A fault needs an error, a latency_ms, or both.")
        return fault

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def service_error(self) -> ServiceError | None:
        if self.error is None:
            return None
        status = 503 if self.error in _UNAVAILABLE else 500
        return ServiceError(self.error, _LIKE_AWS, status)


class Faults:
    """The faults that are still to happen, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._pending.append(fault)

    def take(self, operation: str) -> Fault | None:
        """Return the fault for this call of `operation`, or None, and count the call."""
        with self._lock:
            for position, fault in enumerate(self._pending):
                if fault.operation == operation:
                    left = replace(fault, times=fault.times - 1)
                    self._pending[position : position + 1] = [left] if left.times else []
                    return fault
        return None

    def pending(self) -> list[Fault]:
        with self._lock:
            return list(self._pending)

    def clear(self) -> None:
        with self._lock:
            self._pending.clear()


def _operation(value: object) -> str:
    service, _, operation = value.partition(".") if isinstance(value, str) else ("", "", "")
    if not knows(service, operation):
        raise ValueError(
            "operation must name a service and an operation as boto3 does, "
            'such as "polly.SynthesizeSpeech".'
        )
    return f"{service}.{operation}"


def _error(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _ERROR_CODE.fullmatch(value):
        raise ValueError('error must be an error code, such as "ThrottlingException".')
    return value


def _whole_number(
    wanted: Mapping[str, Any], name: str, *, default: int, least: int, most: int
) -> int:
    value = wanted.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most}.")
    return value
