"""Step Functions: standard workflows of functions, executed by moto's interpreter.

Sources: the AWS Step Functions API Reference (CreateStateMachine, StartExecution, StopExecution,
DescribeExecution, ListExecutions, GetExecutionHistory), and messages that Step Functions is known
to answer (moto's and LocalStack's tests against it).
"""

import logging
import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from local.services.moto_backend import ACCOUNT_ID, REGION
from local.services.s3.signatures import Clock
from local.services.service_error import ServiceError, not_implemented
from local.services.stepfunctions.execution_record import ExecutionEnd, Started
from local.services.stepfunctions.execution_requests import (
    Operation,
    check_input,
    check_name,
    checked,
    page,
)
from local.services.stepfunctions.interpreter import Execution, Invoke, Program, read_definition
from local.services.stepfunctions.runs import Run, without_data
from local.services.stepfunctions.states_language import DefinitionError, UnsupportedError

_log = logging.getLogger(__name__)

_ARN: Final = f"arn:aws:states:{REGION}:{ACCOUNT_ID}"
_ROLE_ARN: Final = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")


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
        self._runs: dict[str, Run] = {}

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
            f"stepfunctions.{name}": checked(name, operation)
            for name, operation in operations.items()
        }

    def close(self) -> None:
        """Abort every execution; functions that run may end."""
        with self._lock:
            for run in self._runs.values():
                self._abort(run, None, None)

    def _create(self, request: dict[str, Any]) -> Mapping[str, Any]:
        name, definition, role_arn = request["name"], request["definition"], request["roleArn"]
        check_name(name)
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
        return page("stateMachines", entries, request, key="stateMachineArn")

    def _start(self, request: dict[str, Any]) -> Mapping[str, Any]:
        machine = self._machine(request["stateMachineArn"])
        name = request.get("name") or str(uuid.uuid4())
        check_name(name)
        text = request.get("input", "{}")
        check_input(text)
        arn = f"{_ARN}:execution:{machine.name}:{name}"
        with self._lock:
            known = self._runs.get(arn)
            if known is not None and (known.status, known.started.input) != ("RUNNING", text):
                raise ServiceError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
            run = known or self._begin(machine, arn, name, text)
        return {"executionArn": arn, "startDate": run.started.at}

    def _begin(self, machine: _Machine, arn: str, name: str, text: str) -> Run:
        started = Started(arn, name, machine.arn, machine.name, machine.role_arn, text, self._now())
        execution = Execution(machine.program, started, self._invoke)
        run = Run(started, execution)
        self._runs[arn] = run
        threading.Thread(
            target=self._run, args=(run, execution), name=f"execution-{name}", daemon=True
        ).start()
        return run

    def _run(self, run: Run, execution: Execution) -> None:
        try:
            ending = execution.run()
        except Exception as error:
            _log.exception("%s failed inside the local AWS", run.started.arn)
            ending = ExecutionEnd("FAILED", error="States.Runtime", cause=str(error))
        with self._lock:
            run.close(ending, self._now())

    def _stop(self, request: dict[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            run = self._find(request["executionArn"])
            self._abort(run, request.get("error"), request.get("cause"))
        run.closed.wait()  # for no longer than an end takes that came first
        return {"stopDate": run.stopped_at}

    def _abort(self, run: Run, error: str | None, cause: str | None) -> None:
        now = self._now()
        if run.execution is not None and run.execution.stop(now):
            run.close(ExecutionEnd("ABORTED", error=error, cause=cause), now)

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
        return page("executions", entries, request, key="executionArn")

    def _get_history(self, request: dict[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            events = list(self._find(request["executionArn"]).history())
        if request.get("reverseOrder"):
            events.reverse()
        if not request.get("includeExecutionData", True):
            events = [without_data(event) for event in events]
        return page("events", events, request, key="id")

    def _machine(self, arn: str) -> _Machine:
        if not arn.startswith("arn:"):
            raise ServiceError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
        with self._lock:
            machine = self._machines.get(arn)
        if machine is None:
            raise ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return machine

    def _find(self, arn: str) -> Run:
        if not arn.startswith("arn:"):
            raise ServiceError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
        run = self._runs.get(arn)
        if run is None:
            raise ServiceError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return run


def _read(definition: str) -> Program:
    try:
        return read_definition(definition)
    except DefinitionError as error:
        message = f"Invalid State Machine Definition: '{error}'"
        raise ServiceError("InvalidDefinition", message) from error
    except UnsupportedError as error:
        raise not_implemented(str(error)) from error


def _entry_of(machine: _Machine) -> dict[str, Any]:
    return {
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "type": "STANDARD",
        "creationDate": machine.created_at,
    }
