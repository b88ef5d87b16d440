"""Every AWS request of the app in its order, and the faults that the requests meet.

The faults are chosen before the run, by the requests' numbers. Everything else follows from the
order of the requests, so that a run can be repeated exactly.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from chalicelib.delivery.messages import Delivery, StoryMessage
from chalicelib.errors import ThrottledError, TransientError
from chalicelib.stories.changes import Move
from tests.fakes.clock import Clock

_Result = TypeVar("_Result")

_A_REQUEST_TAKES = timedelta(milliseconds=1)


class Fault(StrEnum):
    DIES_BEFORE = "the process dies before the request"
    DIES_AFTER = "the process dies after the request took effect"
    THROTTLED = "the request is throttled"
    SERVER_ERROR = "the request fails with a server error"
    TIMED_OUT = "the request takes effect, but its answer does not come in time"


ALL_KINDS = tuple(Fault)
CRASHES = (Fault.DIES_BEFORE, Fault.DIES_AFTER)
_QUOTAS_ARE_LOW = frozenset(
    {"rekognition.DetectText", "textract.DetectDocumentText", "polly.SynthesizeSpeech"}
)
_WITHOUT_EFFECT = (Fault.DIES_BEFORE, Fault.THROTTLED, Fault.SERVER_ERROR)


class ProcessDied(BaseException):
    """The Lambda is gone. No `except Exception` of the app catches this."""


@dataclass(frozen=True)
class Process:
    """One invocation of a function."""

    kind: str  # "upload", "reading 1" (the first receive of its message), ...
    message: Delivery[StoryMessage] | None = None
    until: datetime | None = None  # when the function is stopped


@dataclass(slots=True)
class Request:
    """One request that the app made."""

    number: int
    at: datetime
    process: Process
    operation: str
    target: str  # a queue's step, or the kind of a table's item; "" where there is only one
    detail: tuple[Any, ...]  # the port's method, and its arguments
    fault: Fault | None = None
    took_effect: bool = False
    result: Any = None

    def __str__(self) -> str:
        mark, trouble = (">>", f"  <- {self.fault}") if self.fault else ("  ", "")
        asked = " ".join(filter(None, (self.operation, self.target, self._what())))
        return (
            f"{mark}{self.number:5}  {self.at:%d %H:%M:%S}  {self.process.kind:20} {asked}{trouble}"
        )

    def _what(self) -> str:
        """The file of an S3 request, or what a request of DynamoDB is for."""
        match self.detail:
            case (_, str(key), *_) if self.operation.startswith("s3."):
                return key.rpartition("/")[2]
            case ("apply", _, Move(changes=changes), *_):
                return f"apply {', '.join(changes)}".rstrip()
        return str(self.detail[0]) if self.operation.startswith("dynamodb.") else ""


@dataclass
class Tape:
    """Records requests, and lets the ones with the given numbers (from 1) meet their faults."""

    clock: Clock
    faults: Mapping[int, Fault] = field(default_factory=dict)
    switch: Callable[[], None] = lambda: None  # a scheduler lets another process go on there
    requests: list[Request] = field(default_factory=list)
    doomed: str | None = None  # the process that asks for this operation next dies before it
    outage: tuple[str, str] | None = None  # this kind of process fails at this operation
    outage_by: Fault = Fault.SERVER_ERROR
    _process: ContextVar[Process] = field(default_factory=lambda: ContextVar("process"))

    @contextmanager
    def process(self, process: Process) -> Iterator[None]:
        """The requests inside are made by this process."""
        token = self._process.set(process)
        try:
            yield
        finally:
            self._process.reset(token)

    def perform(
        self, operation: str, target: str, detail: tuple[Any, ...], action: Callable[[], _Result]
    ) -> _Result:
        """Make one request under its fault, if it has one."""
        self.switch()
        now = self.clock.now = self.clock.now + _A_REQUEST_TAKES
        process = self._process.get()
        number = len(self.requests) + 1
        fault = self._fault_of(number, operation, process)
        request = Request(number, now, process, operation, target, detail, fault)
        self.requests.append(request)
        if fault not in _WITHOUT_EFFECT:
            result = request.result = action()
            request.took_effect = True
            if fault is None:
                return result
        if fault in CRASHES:
            raise ProcessDied(operation)
        is_busy = fault is Fault.THROTTLED and operation in _QUOTAS_ARE_LOW
        raise (ThrottledError if is_busy else TransientError)(f"{operation} failed: {fault}")

    def _fault_of(self, number: int, operation: str, process: Process) -> Fault | None:
        if process.until and self.clock.now > process.until:
            return Fault.DIES_BEFORE
        if operation == self.doomed:
            self.doomed = None
            return Fault.DIES_BEFORE
        fault = self.faults.get(number)
        if not fault and self.outage == (process.kind.partition(" ")[0], operation):
            return self.outage_by
        return fault

    def __str__(self) -> str:
        """All requests, one a line; a blank line where another process goes on."""
        lines: list[str] = []
        for before, request in zip([None, *self.requests], self.requests, strict=False):
            if before is not None and before.process is not request.process:
                lines.append("")
            lines.append(str(request))
        return "\n".join(lines)
