"""Functions that hand their events to the test, or wait for it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Queue
from typing import Any

from local.runner.lambda_function import LambdaFunction

SECONDS = 60  # patience, not a measure


@dataclass(frozen=True)
class Gate:
    """A function that does not return before it is opened."""

    entered: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)

    def __call__(self, _event: Any, _context: Any) -> str:
        self.entered.set()
        assert self.opened.wait(SECONDS)
        self.left.set()
        return "through"


@dataclass
class Handler:
    """Hands each event to the test, and then behaves as the test wants: it returns the event."""

    behave: Callable[[Any], Any] = lambda event: event
    invocations: Queue[tuple[Any, Any]] = field(default_factory=Queue)

    def __call__(self, event: Any, context: Any) -> Any:
        self.invocations.put((event, context))
        return self.behave(event)

    def next(self) -> tuple[Any, Any]:
        """The next event and its context."""
        return self.invocations.get(timeout=SECONDS)

    def next_event(self) -> Any:
        return self.next()[0]

    @property
    def is_idle(self) -> bool:
        return self.invocations.empty()

    def function(self, name: str = "work") -> LambdaFunction:
        return LambdaFunction(name, self, timeout=30, memory=256)


def failing(*errors: Exception) -> Callable[[Any], Any]:
    """Behave by raising these errors, one an event; then return the event."""
    left = iter(errors)

    def fail(event: Any) -> Any:
        if (error := next(left, None)) is not None:
            raise error
        return event

    return fail
