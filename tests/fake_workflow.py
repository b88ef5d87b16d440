"""Step Functions in memory: executions begin when they are started, and run when they are told."""

from collections.abc import Callable
from datetime import datetime

from tests.states_language import Execution, Interpreter


class InMemoryWorkflow:
    """Keeps every execution by its name, ended ones included: a name is taken for good."""

    def __init__(self, clock: Callable[[], datetime], media_bucket: str = "media") -> None:
        self.executions: dict[str, Execution] = {}
        self._clock = clock
        self._media_bucket = media_bucket

    def start(self, execution: str, user_id: str, key: str) -> None:
        self.begin(execution, {"userId": user_id, "s3Bucket": self._media_bucket, "s3Key": key})

    def begin(self, name: str, given: dict[str, str]) -> Execution:
        """Start an execution with any input, as somebody at the console does."""
        assert len(name) <= 80  # what StartExecution takes
        return self.executions.setdefault(name, Execution(name, given, self._clock()))

    def is_running(self, execution: str) -> bool:
        found = self.executions.get(execution)
        return found is not None and found.status == "RUNNING"

    def run(self, interpreter: Interpreter) -> list[Execution]:
        """Run every execution that is on its way to its end."""
        return [
            interpreter.run(execution)
            for execution in list(self.executions.values())
            if self.is_running(execution.name)
        ]
