"""Step Functions in memory: keeps executions, and runs the deployed state machine file."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

DEFINITION: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "infrastructure" / "profile_photo.asl.json").read_text()
)


Function = Callable[[dict[str, Any]], Any]


class StateFailedError(Exception):
    """A Fail state, or an error that no state catches."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


@dataclass
class Execution:
    """One execution, and the states that it went through.

    Attributes:
        status: As Step Functions names it.
        path: The names of the states that were entered, in order.
    """

    name: str
    input: dict[str, Any]
    started_at: datetime
    status: str = "RUNNING"
    output: Any = None
    error: str | None = None
    path: list[str] = field(default_factory=list)


class Interpreter:
    """Runs executions of one state machine, each to its end at once.

    Args:
        functions: By the name that the app gives them.
        wait: Called with the seconds between two tries of a task.
        backwards: Run the branches of a parallel state one after the other from the last one on.
    """

    def __init__(
        self,
        functions: Mapping[str, Function],
        wait: Callable[[float], None] = lambda _seconds: None,
        definition: Mapping[str, Any] = DEFINITION,
        *,
        backwards: bool = False,
    ) -> None:
        self._functions = functions
        self._wait = wait
        self._definition = definition
        self._backwards = backwards

    def run(self, execution: Execution) -> Execution:
        try:
            execution.output = self._walk(self._definition, execution, execution.input)
        except StateFailedError as ended:
            execution.status, execution.error = "FAILED", ended.error
        else:
            execution.status = "SUCCEEDED"
        return execution

    def _walk(self, machine: Mapping[str, Any], execution: Execution, data: Any) -> Any:
        name = machine["StartAt"]
        while True:
            state = machine["States"][name]
            execution.path.append(name)
            match state["Type"]:
                case "Succeed":
                    return data
                case "Fail":
                    raise StateFailedError(state["Error"], state["Cause"])
            try:
                result = self._tried(state, execution, data)
            except StateFailedError as ended:
                catcher = _catcher(state, ended.error)
                if catcher is None:
                    raise
                info = {"Error": ended.error, "Cause": ended.cause}
                data, name = _placed(data, catcher["ResultPath"], info), catcher["Next"]
                continue
            data = _placed(data, state.get("ResultPath", "$"), result)
            if state.get("End"):
                return data
            name = state["Next"]

    def _tried(self, state: Mapping[str, Any], execution: Execution, data: Any) -> Any:
        tries: dict[int, int] = {}
        while True:
            try:
                return self._performed(state, execution, data)
            except StateFailedError as ended:
                number, retrier = _retrier(state, ended.error)
                done = tries.get(number, 0)
                if retrier is None or done >= retrier.get("MaxAttempts", 3):
                    raise
                tries[number] = done + 1
                self._wait(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** done)

    def _performed(self, state: Mapping[str, Any], execution: Execution, data: Any) -> Any:
        if state["Type"] == "Parallel":
            order = -1 if self._backwards else 1
            results = [self._walk(branch, execution, data) for branch in state["Branches"][::order]]
            return results[::order]
        function = self._functions[state["Resource"].removeprefix("${FunctionArnPrefix}")]
        event = json.loads(json.dumps(_parameters(state["Parameters"], execution, data)))
        try:
            return json.loads(json.dumps(function(event)))
        except Exception as error:
            cause = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__})
            raise StateFailedError(type(error).__name__, cause) from error


def _parameters(template: Mapping[str, Any], execution: Execution, data: Any) -> dict[str, Any]:
    context = {
        "$$.Execution.Name": execution.name,
        "$$.Execution.StartTime": execution.started_at.isoformat().replace("+00:00", "Z"),
        "$": data,
    }
    return {
        name.removesuffix(".$"): context[value] if name.endswith(".$") else value
        for name, value in template.items()
    }


def _placed(data: Any, path: str | None, result: Any) -> Any:
    if path is None:
        return data
    return result if path == "$" else {**data, path.removeprefix("$."): result}


def _matches(names: list[str], error: str) -> bool:
    return error in names or "States.ALL" in names


def _catcher(state: Mapping[str, Any], error: str) -> Mapping[str, Any] | None:
    catchers = state.get("Catch", [])
    return next((each for each in catchers if _matches(each["ErrorEquals"], error)), None)


def _retrier(state: Mapping[str, Any], error: str) -> tuple[int, Mapping[str, Any] | None]:
    for number, each in enumerate(state.get("Retry", [])):
        if _matches(each["ErrorEquals"], error):
            return number, each
    return -1, None


class InMemoryWorkflow:
    """Keeps every execution by its name, ended ones included: a name is taken for good."""

    def __init__(self, clock: Callable[[], datetime], media_bucket: str = "media") -> None:
        self.executions: dict[str, Execution] = {}
        self._clock = clock
        self._media_bucket = media_bucket

    def start(self, execution: str, user_id: str, key: str) -> None:
        self.begin(execution, {"userId": user_id, "s3Bucket": self._media_bucket, "s3Key": key})

    def begin(self, name: str, given: dict[str, str]) -> Execution:
        """Start an execution with any input, as at the console."""
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
