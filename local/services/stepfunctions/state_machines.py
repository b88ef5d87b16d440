"""Step Functions: standard workflows of functions, executed by moto's interpreter.

Sources: the AWS Step Functions API Reference (CreateStateMachine, StartExecution,
DescribeExecution, GetExecutionHistory), and messages that Step Functions is known to answer
(moto's and LocalStack's tests against it).
"""

import json
import logging
import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from local.resources.names import ACCOUNT_ID, REGION
from local.services.request_constraints import Operation, checked
from local.services.s3.signatures import Clock
from local.services.service_error import ServiceError
from local.services.stepfunctions.execution_record import ExecutionEnd, Started
from local.services.stepfunctions.interpreter import Execution, Invoke, Program, read_definition

_log = logging.getLogger(__name__)

_ARN: Final = f"arn:aws:states:{REGION}:{ACCOUNT_ID}"
_FORBIDDEN_IN_A_NAME: Final = re.compile(
    '[\\s<>{}\\[\\]?*"#%\\\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\U0010ffff]'
)
_UNDERSTOOD: Final = {
    "CreateStateMachine": {"name", "definition", "roleArn"},
    "StartExecution": {"stateMachineArn", "name", "input"},
    "DescribeExecution": {"executionArn"},
    "GetExecutionHistory": {"executionArn"},
}
"""What requests may say; everything else would be ignored in silence."""


@dataclass(frozen=True)
class _Machine:
    name: str
    definition: str
    role_arn: str
    created_at: datetime
    program: Program = field(repr=False)

    @property
    def arn(self) -> str:
        return f"{_ARN}:stateMachine:{self.name}"


@dataclass
class _Run:
    """An execution as clients see it; it changes under the lock of `StateMachines`.

    Attributes:
        execution: Runs, or is None once the run is closed.
        events: The history, once it is closed.
    """

    started: Started
    execution: Execution | None
    end: ExecutionEnd = field(default_factory=lambda: ExecutionEnd("RUNNING"))
    stopped_at: datetime | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    def description(self) -> dict[str, Any]:
        description = {
            "executionArn": self.started.arn,
            "stateMachineArn": self.started.machine_arn,
            "name": self.started.name,
            "status": self.end.status,
            "startDate": self.started.at,
            "stopDate": self.stopped_at,
            "input": self.started.input,
            "output": self.end.output,
            "error": self.end.error,
            "cause": self.end.cause,
        }
        return {name: value for name, value in description.items() if value is not None}

    def close(self, end: ExecutionEnd, now: datetime) -> None:
        """End the run, unless it has ended; a function that still runs has no effect any more."""
        if self.execution is None:
            return
        self.events = self.execution.events()
        if end.status == "TIMED_OUT":  # moto's interpreter adds it only when the functions return
            last_id = self.events[-1]["id"]
            event = {"type": "ExecutionTimedOut", "id": last_id + 1, "previousEventId": last_id}
            self.events.append(event | {"timestamp": now, "executionTimedOutEventDetails": {}})
        self.end, self.stopped_at, self.execution = end, now, None


class StateMachines:
    """Creates and executes state machines; every execution has threads of its own.

    Args:
        invoke: Invokes a function by its ARN.
        now: The time, with its zone. Retries and timeouts take real time.
    """

    def __init__(self, invoke: Invoke, now: Clock) -> None:
        self._invoke = invoke
        self._now = now
        self._lock = threading.RLock()
        self._machines: dict[str, _Machine] = {}
        self._runs: dict[str, _Run] = {}

    @property
    def operations(self) -> Mapping[str, Operation]:
        operations: dict[str, Operation] = {
            "CreateStateMachine": self._create,
            "StartExecution": self._start,
            "DescribeExecution": self._describe,
            "GetExecutionHistory": self._get_history,
        }
        return checked("stepfunctions", operations, _UNDERSTOOD)

    def close(self) -> None:
        """Abort every execution; a function that runs goes on to its own end."""
        with self._lock:
            for run in self._runs.values():
                if run.execution is not None and run.execution.stop(self._now()):
                    run.close(ExecutionEnd("ABORTED"), self._now())

    def _create(self, request: dict[str, Any]) -> Mapping[str, Any]:
        name, definition, role_arn = request["name"], request["definition"], request["roleArn"]
        _check_name(name)
        program = read_definition(definition)
        with self._lock:
            machine = _Machine(name, definition, role_arn, self._now(), program)
            known = self._machines.setdefault(machine.arn, machine)
        if known.definition != definition:
            raise ServiceError(
                "StateMachineAlreadyExists", f"State Machine Already Exists: '{machine.arn}'"
            )
        return {"stateMachineArn": known.arn, "creationDate": known.created_at}

    def _start(self, request: dict[str, Any]) -> Mapping[str, Any]:
        machine = self._machines.get(request["stateMachineArn"])
        if machine is None:
            message = f"State Machine Does Not Exist: '{request['stateMachineArn']}'"
            raise ServiceError("StateMachineDoesNotExist", message)
        name = request.get("name") or str(uuid.uuid4())
        _check_name(name)
        text = request.get("input", "{}")
        try:
            json.loads(text)
        except ValueError as error:
            message = f"Invalid State Machine Execution Input: '{error}'"
            raise ServiceError("InvalidExecutionInput", message) from error
        arn = f"{_ARN}:execution:{machine.name}:{name}"
        with self._lock:
            known = self._runs.get(arn)
            if known is not None and (known.end.status, known.started.input) != ("RUNNING", text):
                raise ServiceError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
            run = known or self._begin(machine, arn, name, text)
        return {"executionArn": arn, "startDate": run.started.at}

    def _begin(self, machine: _Machine, arn: str, name: str, text: str) -> _Run:
        started = Started(arn, name, machine.arn, machine.name, machine.role_arn, text, self._now())
        execution = Execution(machine.program, started, self._invoke)
        run = _Run(started, execution)
        self._runs[arn] = run
        threading.Thread(
            target=self._run, args=(run, execution), name=f"execution-{name}", daemon=True
        ).start()
        return run

    def _run(self, run: _Run, execution: Execution) -> None:
        try:
            end = execution.run()
        except Exception as error:
            _log.exception("%s failed inside the local AWS", run.started.arn)
            end = ExecutionEnd("FAILED", error="States.Runtime", cause=str(error))
        with self._lock:
            run.close(end, self._now())

    def _describe(self, request: dict[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            return self._find(request["executionArn"]).description()

    def _get_history(self, request: dict[str, Any]) -> Mapping[str, Any]:
        """Answer with the whole history in one page."""
        with self._lock:
            run = self._find(request["executionArn"])
            return {"events": run.events if run.execution is None else run.execution.events()}

    def _find(self, arn: str) -> _Run:
        run = self._runs.get(arn)
        if run is None:
            raise ServiceError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return run


def _check_name(name: str) -> None:
    if _FORBIDDEN_IN_A_NAME.search(name):
        raise ServiceError("InvalidName", f"Invalid Name: '{name}'")
