"""A function that hands its events to the test."""

from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Queue
from typing import Any

from local.runner.lambda_function import LambdaFunction

SECONDS = 60  # patience, not a measure


@dataclass
class Handler:
    """Hands each event to the test, and then behaves as the test wants."""

    behave: Callable[[Any], Any] = lambda _event: None
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


def failing(*errors: Exception) -> Callable[[Any], None]:
    """Behave by raising these errors, one an event; then return."""
    left = iter(errors)

    def fail(_event: Any) -> None:
        if (error := next(left, None)) is not None:
            raise error

    return fail
