"""Every AWS request of the app, in order, and the faults that it is made to meet.

A tape is told beforehand at which requests which faults happen; everything else follows from
the order of the requests, so that a run can be repeated exactly.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from chalicelib.delivery.messages import Delivery, StoryMessage
from chalicelib.errors import TransientError
from tests.fakes.clock import Clock

_Result = TypeVar("_Result")

_SECONDS_PER_REQUEST = 0.001


class Fault(StrEnum):
    DIES_BEFORE = "the process dies before the request"
    DIES_AFTER = "the process dies after the request took effect"
    THROTTLED = "ThrottlingException"
    SERVER_ERROR = "500"
    TIMED_OUT = "it took effect, but no answer came in time"


class ProcessDied(BaseException):
    """The Lambda is gone: no `except Exception` of the app sees it."""


@dataclass(frozen=True)
class Process:
    """One invocation of a function, and the message that it handles if it was one.

    Attributes:
        until: When its time is up, if that is to matter.
    """

    kind: str
    message: Delivery[StoryMessage] | None = None
    until: datetime | None = None


@dataclass
class Request:
    """One request that the app made.

    Attributes:
        at: When it was made.
        target: Which queue it is for; empty for what there is only one of.
        detail: What was asked for: the method's name and arguments.
        result: What the app was to get; None when there was no effect.
    """

    number: int
    at: datetime
    process: Process
    operation: str
    target: str
    detail: tuple[Any, ...]
    fault: Fault | None = None
    took_effect: bool = False
    result: Any = None

    def __str__(self) -> str:
        trouble = f"  <- {self.fault}" if self.fault else ""
        return f"{self.number:4} {self.process.kind:24} {self.operation} {self.target}{trouble}"


def _never_switch() -> None:
    """Go on: there is only one process at a time."""


@dataclass
class Tape:
    """Records requests, and lets the ones with the given numbers (from 1) meet their faults.

    Attributes:
        switch: Called before each request; a scheduler lets another process go on there.
        doomed: Before the next request of this operation, its process dies: the scenario says so.
        outage: A kind of process and an operation that fails for it: the scenario says so.
    """

    clock: Clock
    faults: Mapping[int, Fault] = field(default_factory=dict)
    switch: Callable[[], None] = _never_switch
    requests: list[Request] = field(default_factory=list)
    doomed: str | None = None
    outage: tuple[str, str] | None = None
    _process: ContextVar[Process] = field(default_factory=lambda: ContextVar("process"))

    @contextmanager
    def process(self, process: Process) -> Iterator[None]:
        """Everything inside is done by this process."""
        token = self._process.set(process)
        try:
            yield
        finally:
            self._process.reset(token)

    def perform(
        self, operation: str, target: str, detail: tuple[Any, ...], action: Callable[[], _Result]
    ) -> _Result:
        """Do one request, or what its fault makes of it."""
        self.switch()
        self.clock.advance(_SECONDS_PER_REQUEST)
        number = len(self.requests) + 1
        fault = self.faults.get(number)
        if operation == self.doomed:
            fault, self.doomed = Fault.DIES_BEFORE, None
        process = self._process.get()
        if not fault and self.outage == (process.kind.partition(" ")[0], operation):
            fault = Fault.SERVER_ERROR
        if process.until and self.clock() > process.until:
            fault = Fault.DIES_BEFORE
        request = Request(number, self.clock(), process, operation, target, detail, fault)
        self.requests.append(request)
        return self.meet(request, action)

    def meet(self, request: Request, action: Callable[[], _Result]) -> _Result:
        """Perform an action under a request's fault."""
        match request.fault:
            case Fault.DIES_BEFORE:
                raise ProcessDied(request.operation)
            case Fault.THROTTLED | Fault.SERVER_ERROR:
                raise TransientError(f"{request.operation} failed with {request.fault}")
        result = self.effect(request, action)
        match request.fault:
            case Fault.DIES_AFTER:
                raise ProcessDied(request.operation)
            case Fault.TIMED_OUT:
                raise TransientError(f"{request.operation} failed with {request.fault}")
        return result

    @staticmethod
    def effect(request: Request, action: Callable[[], _Result]) -> _Result:
        result = action()
        request.took_effect, request.result = True, result
        return result

    def __str__(self) -> str:
        return "\n".join(map(str, self.requests))
