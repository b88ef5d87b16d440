"""A function as Lambda runs it, with an event and a context."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from chalice.config import Config
from chalice.constants import DEFAULT_LAMBDA_MEMORY_SIZE, DEFAULT_LAMBDA_TIMEOUT

from local.resources.names import ACCOUNT_ID, PREFIX, REGION

_running: ContextVar[str | None] = ContextVar("running", default=None)


def running_function() -> str | None:
    """Return the handler's name of the function that runs in this thread, or None."""
    return _running.get()


class TriggerError(Exception):
    """A handler's trigger is impossible; the message names the handler and the reason."""


@dataclass(frozen=True)
class LambdaContext:
    """The context object of one invocation (AWS Lambda, "Python context object")."""

    function_name: str
    memory_limit_in_mb: int
    deadline: float  # on the monotonic clock
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


@dataclass(frozen=True)
class LambdaFunction:
    """A handler with its settings.

    Attributes:
        name: The handler's name in the app; the function's is ``storytime-local-<name>``.
        timeout: Seconds. The context tells them to the handler; the local AWS never stops it.
        memory: Megabytes. The context tells them to the handler.
    """

    name: str
    handler: Callable[[Any, Any], Any]
    timeout: int
    memory: int

    @classmethod
    def configured(
        cls, name: str, handler: Callable[[Any, Any], Any], config: Config
    ) -> "LambdaFunction":
        """Return a function with the timeout and memory of Chalice's configuration."""
        own = config.scope(config.chalice_stage, name)
        return cls(
            name=name,
            handler=handler,
            timeout=own.lambda_timeout or DEFAULT_LAMBDA_TIMEOUT,
            memory=own.lambda_memory_size or DEFAULT_LAMBDA_MEMORY_SIZE,
        )

    def context(self) -> LambdaContext:
        return LambdaContext(
            function_name=f"{PREFIX}{self.name}",
            memory_limit_in_mb=self.memory,
            deadline=time.monotonic() + self.timeout,
        )

    def invoke(self, event: dict[str, Any]) -> Any:
        with self.running():
            return self.handler(event, self.context())

    @contextmanager
    def running(self) -> Iterator[None]:
        """Attribute the AWS requests of this thread to this function."""
        before = _running.set(self.name)
        try:
            yield
        finally:
            _running.reset(before)
