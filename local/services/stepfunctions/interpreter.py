"""moto's interpreter of the Amazon States Language, one execution at a time.

Of moto's Step Functions only this is used, and no other module looks inside it: it invokes the
functions that it is given, in its own threads and without moto's lock.
"""

import copy
import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

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

from local.runner.functions import InvocationResult
from local.services.moto_backend import ACCOUNT_ID, REGION
from local.services.service_error import ServiceError
from local.services.stepfunctions import states_language
from local.services.stepfunctions.execution_record import ExecutionEnd, Started
from local.services.stepfunctions.states_language import DefinitionError

Invoke = Callable[[str, bytes], InvocationResult]
"""Invokes a function by its ARN with an event as JSON, and waits for it."""
Program = Any
"""A definition as moto's parser reads it."""

logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)  # it logs what is caught, too


def read_definition(definition: str) -> Program:
    """Parse and check a definition.

    Raises:
        DefinitionError: Step Functions refuses it.
        UnsupportedError: Step Functions takes it, and the local AWS does not.
    """
    states_language.check(definition)
    try:
        return AmazonStateLanguageParser.parse(definition)[0]
    except ASLParserException as error:
        raise DefinitionError(f"SCHEMA_VALIDATION_FAILED: {'; '.join(error.errors)}") from error
    except Exception as error:  # whatever its checks of single fields raise
        raise DefinitionError(f"SCHEMA_VALIDATION_FAILED: {error}") from error


class Execution:
    """Runs a program once.

    Args:
        program: What `read_definition` returned; it is copied.
        started: What it begins with.
        invoke: Invokes functions.
    """

    def __init__(self, program: Program, started: Started, invoke: Invoke) -> None:
        # Its parts name what they count under when they first run, which threads must not share.
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
        """Run it to its end, or until it is stopped or has timed out."""
        try:
            self._program.eval(self._environment)
        except RuntimeError:
            if self._environment.is_running():
                raise
            # Stopped before it began.
        finally:
            utils.TMP_THREADS.clear()  # where moto keeps every thread that there ever was
        return self._ending()

    def stop(self, now: datetime) -> bool:
        """Enter no further state, unless it has ended, and tell which; functions may end."""
        self._environment.set_stop(stop_date=now, error=None, cause=None)
        return isinstance(self._environment.program_state(), ProgramStopped)

    def events(self) -> list[dict[str, Any]]:
        """What has happened so far, in GetExecutionHistory's shape, but for an end from outside."""
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
    """An execution's state, in which an end from outside is final.

    In moto's own, a function that returns after the end makes a failure of it, and tells so.
    """

    _told: Sequence[Any] | None = None

    def set_timed_out(self) -> None:
        if self.is_running():
            self._told = self.history()
            super().set_timed_out()

    def set_stop(self, stop_date: datetime, cause: str | None, error: str | None) -> None:
        if self.is_running():
            self._told = self.history()
            super().set_stop(stop_date, cause, error)

    def set_error(self, error: Any) -> None:
        if self.is_running():
            super().set_error(error)

    def history(self) -> Sequence[Any]:
        """The events until then."""
        return self.event_manager.get_event_history() if self._told is None else self._told


class _Details(AWSExecutionDetails):
    """What every part of an execution can see: here also what invokes its functions."""

    def __init__(self, role_arn: str, invoke: Invoke) -> None:
        super().__init__(account=ACCOUNT_ID, region=REGION, role_arn=role_arn)
        self.invoke = invoke


class _GivenUpError(Exception):
    """A function ended that nobody waits for any more, and whose end is no event."""


def _invoke(env: Environment, parameters: dict[str, Any], **_where: Any) -> None:
    """Invoke a function without a detour over HTTP, and put its answer on the stack."""
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
    """An error's name; moto fails inside when a branch's is one of Step Functions' own."""
    if error_name is not None and error_name.startswith("States."):
        return StatesErrorName.from_name(error_name)
    return CustomErrorName(error_name)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


lambda_eval_utils.execute_lambda_function_integration = _invoke  # type: ignore[assignment]
branches_decl.CustomErrorName = _error_name  # type: ignore[assignment,attr-defined]
