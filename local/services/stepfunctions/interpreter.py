"""moto's interpreter of the Amazon States Language, one execution at a time.

The local AWS uses nothing else of moto's Step Functions, and no other module looks inside it. It
invokes functions in its own threads and without moto's lock.
"""

import copy
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from moto.stepfunctions.parser import utils
from moto.stepfunctions.parser.api import HistoryEventType, StateMachineType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branches_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.evaluation_details import AWSExecutionDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramError,
    ProgramStopped,
    ProgramTimedOut,
)
from moto.stepfunctions.parser.asl.parse.asl_parser import (
    AmazonStateLanguageParser,
    ASLParserException,
)

from local.resources.names import ACCOUNT_ID, REGION
from local.runner.functions import InvocationResult
from local.services.service_error import ServiceError, not_implemented
from local.services.stepfunctions.execution_record import ExecutionEnd, Started

Invoke = Callable[[str, bytes], InvocationResult]
"""Invokes a function by its ARN with an event as JSON, and waits for it."""
Program = Any
"""A definition as moto's parser reads it."""

_FUNCTION: Final = re.compile(r"arn:aws:lambda:[\w-]+:\d{12}:function:[\w-]+")
_TYPES: Final = frozenset({"Task", "Parallel", "Pass", "Choice", "Succeed", "Fail"})

logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)  # it logs caught errors, too


def read_definition(definition: str) -> Program:
    """Parse a definition.

    Tests of the deployment check the app's own definition more closely, with cfn-lint.

    Raises:
        ServiceError: InvalidDefinition, or NotImplemented: moto would send the task of another
            service to AWS itself.
    """
    try:
        _check_supported(json.loads(definition))
        return AmazonStateLanguageParser.parse(definition)[0]
    except ServiceError:
        raise
    except ASLParserException as error:
        raise _invalid("; ".join(error.errors)) from error
    except Exception as error:  # no JSON, no states, or a field that moto's checks refuse
        raise _invalid(str(error)) from error


def _check_supported(machine: Mapping[str, Any]) -> None:
    for state in machine["States"].values():
        if state["Type"] not in _TYPES:
            raise not_implemented(f"a state that is a {state['Type']}")
        if state["Type"] == "Task" and not _FUNCTION.fullmatch(state["Resource"]):
            raise not_implemented(f"a task on {state['Resource']}")
        for branch in state.get("Branches", ()):
            _check_supported(branch)


def _invalid(fault: str) -> ServiceError:
    message = f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {fault}'"
    return ServiceError("InvalidDefinition", message)


class Execution:
    """Runs a program once.

    Args:
        program: Returned by `read_definition`; it is copied.
        started: The start.
        invoke: Invokes functions.
    """

    def __init__(self, program: Program, started: Started, invoke: Invoke) -> None:
        # A program's parts keep counters under names that they choose when they first run.
        self._program = copy.deepcopy(program)
        self._environment = _Environment(
            aws_execution_details=_Details(started.role_arn, invoke),
            execution_type=StateMachineType.STANDARD,
            context=started.context(),
            event_history_context=EventHistoryContext.of_program_start(),
            cloud_watch_logging_session=None,
            activity_store={},
        )
        self._environment.next_state_name = self._program.start_at.start_at_name
        begin: Any = {
            "executionStartedEventDetails": {
                "input": started.input,
                "inputDetails": {"truncated": False},
                "roleArn": started.role_arn,
            }
        }
        self._environment.event_manager.add_event(
            context=self._environment.event_history_context,
            event_type=HistoryEventType.ExecutionStarted,
            event_details=begin,
            update_source_event_id=False,
        )

    def run(self) -> ExecutionEnd:
        """Run until the end, a stop or a timeout."""
        try:
            self._program.eval(self._environment)
        except RuntimeError:
            if self._environment.is_running():
                raise
            # Stopped before it began.
        finally:
            utils.TMP_THREADS.clear()  # moto keeps every thread there for ever
        return self._ending()

    def stop(self, now: datetime) -> bool:
        """Enter no further state; return False if the execution has ended already."""
        self._environment.set_stop(stop_date=now, error=None, cause=None)
        return isinstance(self._environment.program_state(), ProgramStopped)

    def events(self) -> list[dict[str, Any]]:
        """The history so far, in GetExecutionHistory's shape, without a stop or timeout."""
        return [
            {
                **event,
                "type": HistoryEventType(event["type"]).value,
                "timestamp": datetime.fromisoformat(str(event["timestamp"])),
            }
            for event in self._environment.history()
        ]

    def _ending(self) -> ExecutionEnd:
        state = self._environment.program_state()
        if isinstance(state, ProgramTimedOut):
            return ExecutionEnd("TIMED_OUT")
        if isinstance(state, ProgramStopped):
            return ExecutionEnd("ABORTED")
        if isinstance(state, ProgramError):
            details: Any = state.error or {}
            return ExecutionEnd("FAILED", error=details.get("error"), cause=details.get("cause"))
        return ExecutionEnd("SUCCEEDED", _compact(self._environment.states.get_input()))


class _Environment(Environment):
    """An execution's state, in which a stop or a timeout is final.

    In moto's own, a function that returns later turns it into a failure, with an event.
    """

    _final: Sequence[Any] | None = None

    def set_timed_out(self) -> None:
        if self.is_running():
            self._final = self.history()
            super().set_timed_out()

    def set_stop(self, stop_date: datetime, cause: str | None, error: str | None) -> None:
        if self.is_running():
            self._final = self.history()
            super().set_stop(stop_date, cause, error)

    def set_error(self, error: Any) -> None:
        if self.is_running():
            super().set_error(error)

    def history(self) -> Sequence[Any]:
        """The events until the stop or timeout."""
        return self.event_manager.get_event_history() if self._final is None else self._final


class _Details(AWSExecutionDetails):
    """Details that every part of an execution can see; here also the way to invoke functions."""

    def __init__(self, role_arn: str, invoke: Invoke) -> None:
        super().__init__(account=ACCOUNT_ID, region=REGION, role_arn=role_arn)
        self.invoke = invoke


class _GivenUpError(Exception):
    """A function ended after its execution: its end is no event."""


def _invoke(env: Environment, parameters: dict[str, Any], **_where: Any) -> None:
    """Invoke a function without HTTP, and put its answer on the stack."""
    try:
        arn, payload = parameters["FunctionName"], parameters["Payload"]
        details: Any = env.aws_execution_details
        outcome: InvocationResult = details.invoke(arn, payload)
    except ServiceError as error:
        raise _refused(env, error) from error
    if not env.is_running():
        raise _GivenUpError
    if outcome.failed:
        error_payload = _compact(json.loads(outcome.payload))
        raise lambda_eval_utils.LambdaFunctionErrorException("Unhandled", error_payload)
    env.stack.append({"Payload": json.loads(outcome.payload)})


def _refused(env: Environment, error: ServiceError) -> FailureEventException:
    name = f"Lambda.{error.code}"
    cause = f"{error.message} (Service: AWSLambda; Error Code: {error.code})"
    details: Any = {"lambdaFunctionFailedEventDetails": {"error": name, "cause": cause}}
    kind = HistoryEventType.LambdaFunctionFailed
    return FailureEventException(FailureEvent(env, CustomErrorName(name), kind, details))


def _error_name(error_name: str | None) -> Any:
    """Return the name of a branch's error; moto's own class fails for names like States.*."""
    if error_name is not None and error_name.startswith("States."):
        return StatesErrorName.from_name(error_name)
    return CustomErrorName(error_name)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


lambda_eval_utils.execute_lambda_function_integration = _invoke  # type: ignore[assignment]
branches_decl.CustomErrorName = _error_name  # type: ignore[assignment,attr-defined]
