"""Step Functions: standard workflows of functions, executed by moto's interpreter.

Sources: the AWS Step Functions API Reference (CreateStateMachine, StartExecution, StopExecution,
DescribeExecution, ListExecutions, GetExecutionHistory), and messages that Step Functions is known
to answer (moto's and LocalStack's tests against it).
"""

import json
import logging
import re
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from local.interpreter import Ending, Execution, Invoke, Program, Started, read_definition
from local.moto_backend import ACCOUNT_ID, REGION
from local.request_constraints import RequestConstraints
from local.service_error import ServiceError, check_understood, not_implemented
from local.signatures import Clock
from local.states_language import DefinitionError, UnsupportedError

_log = logging.getLogger(__name__)

_ARN: Final = f"arn:aws:states:{REGION}:{ACCOUNT_ID}"
_ROLE_ARN: Final = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
_FORBIDDEN_IN_A_NAME: Final = re.compile(
    '[\\s<>{}\\[\\]?*"#%\\\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\U0010ffff]'
)
_LARGEST_INPUT: Final = 262_144  # bytes of UTF-8
_PAGE: Final = 100
_UNDERSTOOD: Final = {
    "CreateStateMachine": {"name", "definition", "roleArn", "type", "tags"},
    "StartExecution": {"stateMachineArn", "name", "input"},
    "ListExecutions": {"stateMachineArn", "statusFilter", "maxResults", "nextToken"},
}
"""What requests may say; anything else would be ignored in silence."""
_DATA: Final = ("input", "inputDetails", "output", "outputDetails")

Operation = Callable[[dict[str, Any]], Mapping[str, Any]]


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
    """An execution as clients see it; what changes does so under the lock of `StateMachines`.

    Attributes:
        execution: What runs, or None once it is closed.
        events: The history, once it is closed.
    """

    started: Started
    execution: Execution | None
    ending: Ending | None = None
    stopped_at: datetime | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def status(self) -> str:
        return "RUNNING" if self.ending is None else self.ending.status

    def entry(self) -> dict[str, Any]:
        """What ListExecutions tells of it."""
        return _without_none(
            {
                "executionArn": self.started.arn,
                "stateMachineArn": self.started.machine_arn,
                "name": self.started.name,
                "status": self.status,
                "startDate": self.started.at,
                "stopDate": self.stopped_at,
                "redriveCount": 0,
            }
        )

    def description(self) -> dict[str, Any]:
        """What DescribeExecution tells of it."""
        ending = self.ending or Ending("SUCCEEDED")
        output = {} if ending.output is None else {"outputDetails": {"included": True}}
        return self.entry() | _without_none(
            {
                "input": self.started.input,
                "inputDetails": {"included": True},
                "output": ending.output,
                "error": ending.error,
                "cause": ending.cause,
                **output,
            }
        )

    def close(self, ending: Ending, now: datetime) -> None:
        """End it, unless it has ended; what still runs of it has no effect any more."""
        if self.execution is None:
            return
        self.events = self.execution.events()
        if ending.status in _EVENTS_OF_AN_END:
            self.events.append(_end_event(ending, self.events[-1]["id"], now))
        self.ending, self.stopped_at, self.execution = ending, now, None

    def history(self) -> list[dict[str, Any]]:
        return self.events if self.execution is None else self.execution.events()


_EVENTS_OF_AN_END: Final = {
    "ABORTED": ("ExecutionAborted", "executionAbortedEventDetails"),
    "TIMED_OUT": ("ExecutionTimedOut", "executionTimedOutEventDetails"),
}
"""Ends from outside, which come at once: moto's interpreter tells them when functions return."""


class StateMachines:
    """Creates and executes state machines; every execution has threads of its own.

    Args:
        invoke: Invokes a function by its ARN.
        now: The time, with its zone. Waits, retries and timeouts take real time, whatever it says.
    """

    def __init__(self, invoke: Invoke, now: Clock) -> None:
        self._invoke = invoke
        self._now = now
        self._lock = threading.RLock()
        self._machines: dict[str, _Machine] = {}
        self._runs: dict[str, _Run] = {}

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by boto3's name; each takes a request and returns its result."""
        operations: dict[str, Operation] = {
            "CreateStateMachine": self._create,
            "DescribeStateMachine": self._describe_machine,
            "ListStateMachines": self._list_machines,
            "StartExecution": self._start,
            "StopExecution": self._stop,
            "DescribeExecution": self._describe,
            "ListExecutions": self._list,
            "GetExecutionHistory": self._get_history,
        }
        return {
            f"stepfunctions.{name}": _checked(name, operation)
            for name, operation in operations.items()
        }

    def close(self) -> None:
        """Abort every execution; functions that run may end."""
        with self._lock:
            for run in self._runs.values():
                self._abort(run, None, None)

    def _create(self, request: dict[str, Any]) -> Mapping[str, Any]:
        name, definition, role_arn = request["name"], request["definition"], request["roleArn"]
        _check_name(name)
        if not _ROLE_ARN.fullmatch(role_arn):
            raise ServiceError("InvalidArn", f"Invalid Role Arn: '{role_arn}'")
        if request.get("type", "STANDARD") != "STANDARD":
            raise not_implemented("an EXPRESS state machine")
        program = _read(definition)
        with self._lock:
            machine = _Machine(name, definition, role_arn, self._now(), program)
            known = self._machines.setdefault(machine.arn, machine)
        if known.definition != definition:
            raise ServiceError(
                "StateMachineAlreadyExists", f"State Machine Already Exists: '{machine.arn}'"
            )
        return {"stateMachineArn": known.arn, "creationDate": known.created_at}

    def _describe_machine(self, request: dict[str, Any]) -> Mapping[str, Any]:
        machine = self._machine(request["stateMachineArn"])
        return _entry_of(machine) | {
            "status": "ACTIVE",
            "definition": machine.definition,
            "roleArn": machine.role_arn,
            "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
            "tracingConfiguration": {"enabled": False},
            "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
        }

    def _list_machines(self, request: dict[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            entries = [_entry_of(machine) for machine in self._machines.values()]
        return _page("stateMachines", entries, request, key="stateMachineArn")

    def _start(self, request: dict[str, Any]) -> Mapping[str, Any]:
        machine = self._machine(request["stateMachineArn"])
        name = request.get("name") or str(uuid.uuid4())
        _check_name(name)
        text = request.get("input", "{}")
        _check_input(text)
        arn = f"{_ARN}:execution:{machine.name}:{name}"
        with self._lock:
            known = self._runs.get(arn)
            if known is not None and (known.ending is not None or known.started.input != text):
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
            ending = execution.run()
        except Exception as error:
            _log.exception("%s failed inside the local AWS", run.started.arn)
            ending = Ending("FAILED", error="States.Runtime", cause=str(error))
        with self._lock:
            run.close(ending, self._now())

    def _stop(self, request: dict[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            run = self._find(request["executionArn"])
            self._abort(run, request.get("error"), request.get("cause"))
            return {"stopDate": run.stopped_at}

    def _abort(self, run: _Run, error: str | None, cause: str | None) -> None:
        if run.execution is not None:
            now = self._now()
            run.execution.stop(now)
            run.close(Ending("ABORTED", error=error, cause=cause), now)

    def _describe(self, request: dict[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            return self._find(request["executionArn"]).description()

    def _list(self, request: dict[str, Any]) -> Mapping[str, Any]:
        machine = self._machine(request.get("stateMachineArn", ""))
        wanted = request.get("statusFilter")
        with self._lock:
            entries = [
                run.entry()
                for run in reversed(self._runs.values())
                if run.started.machine_arn == machine.arn and wanted in {None, run.status}
            ]
        return _page("executions", entries, request, key="executionArn")

    def _get_history(self, request: dict[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            events = list(self._find(request["executionArn"]).history())
        if request.get("reverseOrder"):
            events.reverse()
        if not request.get("includeExecutionData", True):
            events = [_without_data(event) for event in events]
        return _page("events", events, request, key="id")

    def _machine(self, arn: str) -> _Machine:
        if not arn.startswith("arn:"):
            raise ServiceError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
        with self._lock:
            machine = self._machines.get(arn)
        if machine is None:
            raise ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return machine

    def _find(self, arn: str) -> _Run:
        if not arn.startswith("arn:"):
            raise ServiceError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
        run = self._runs.get(arn)
        if run is None:
            raise ServiceError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return run


def _checked(name: str, operation: Operation) -> Operation:
    """The operation, behind the checks that AWS makes at its front door."""
    constraints = RequestConstraints("stepfunctions", name)
    understood = _UNDERSTOOD.get(name)

    def answer(request: dict[str, Any]) -> Mapping[str, Any]:
        if understood is not None:
            check_understood(name, request, understood)
        constraints.check(request)
        return operation(request)

    return answer


def _read(definition: str) -> Program:
    try:
        return read_definition(definition)
    except DefinitionError as error:
        message = f"Invalid State Machine Definition: '{error}'"
        raise ServiceError("InvalidDefinition", message) from error
    except UnsupportedError as error:
        raise not_implemented(str(error)) from error


def _check_name(name: str) -> None:
    if _FORBIDDEN_IN_A_NAME.search(name):
        raise ServiceError("InvalidName", f"Invalid Name: '{name}'")


def _check_input(text: str) -> None:
    if len(text.encode()) > _LARGEST_INPUT:
        raise ServiceError(
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_LARGEST_INPUT}",
            400,
        )
    try:
        json.loads(text)
    except ValueError as error:
        raise ServiceError(
            "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'"
        ) from error


def _entry_of(machine: _Machine) -> dict[str, Any]:
    return {
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "type": "STANDARD",
        "creationDate": machine.created_at,
    }


def _page(
    name: str, entries: Sequence[Mapping[str, Any]], request: Mapping[str, Any], *, key: str
) -> dict[str, Any]:
    """One page of a list; a token is the key of its last entry."""
    token, first = request.get("nextToken"), 0
    if token is not None:
        keys = [str(entry[key]) for entry in entries]
        if token not in keys:
            raise ServiceError("InvalidToken", f"Invalid Token: '{token}'")
        first = keys.index(token) + 1
    end = first + (request.get("maxResults") or _PAGE)
    page = entries[first:end]
    return {name: page} | ({"nextToken": str(page[-1][key])} if end < len(entries) else {})


def _end_event(ending: Ending, last_id: int, now: datetime) -> dict[str, Any]:
    kind, details = _EVENTS_OF_AN_END[ending.status]
    return {
        "timestamp": now,
        "type": kind,
        "id": last_id + 1,
        "previousEventId": last_id,
        details: _without_none({"error": ending.error, "cause": ending.cause}),
    }


def _without_data(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {key: each for key, each in value.items() if key not in _DATA}
        if isinstance(value, Mapping)
        else value
        for name, value in event.items()
    }


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
