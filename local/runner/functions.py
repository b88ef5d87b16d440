"""Lambda's Invoke: the app's functions, by their names.

Sources: the AWS Lambda API Reference (Invoke), its quotas, and the answers of its Python runtime
(``awslambdaric``).
"""

import json
import logging
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from chalice.app import Chalice
from chalice.config import Config

from local.resources.names import ACCOUNT_ID, PREFIX, REGION
from local.runner.asynchronous import AsynchronousInvocations
from local.runner.lambda_function import LambdaContext, LambdaFunction
from local.services.service_error import ServiceError

_log = logging.getLogger(__name__)

_ARN: Final = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:"
_NEWEST: Final = ":$LATEST"
_MOST_TO_WAIT_FOR: Final = 6 * 1024 * 1024  # bytes of an event, and of a result
_MOST_TO_SEND: Final = 1024 * 1024  # bytes of an event that nobody waits for
_MOST_OF_A_RESULT: Final = _MOST_TO_WAIT_FOR + 100  # as Lambda's own message about it says
_ACCEPTED: Final = 202
_NO_CONTENT: Final = 204


@dataclass(frozen=True)
class InvocationResult:
    """How an invocation ended.

    Attributes:
        payload: JSON: what the function returned, or ``{"errorMessage", "errorType", ...}``.
        failed: Whether it is the error.
    """

    payload: bytes
    failed: bool


class Functions:
    """Invokes functions in the thread that asks for it; there are none until they are declared."""

    def __init__(self) -> None:
        self._functions: dict[str, AsynchronousInvocations] = {}

    def declare(self, functions: Iterable[LambdaFunction]) -> None:
        """Let these functions be invoked, as ``storytime-local-<name>``, from now on."""
        for function in functions:
            self._functions[f"{PREFIX}{function.name}"] = AsynchronousInvocations(function)

    @property
    def operations(self) -> Mapping[str, Callable[[dict[str, Any]], Mapping[str, Any]]]:
        return {"lambda.Invoke": self._answer}

    def invoke(self, name: str, payload: bytes) -> InvocationResult:
        """Run a function and wait for it.

        Args:
            name: The function's name, ARN or partial ARN, all with or without ``:$LATEST``.
            payload: The event as JSON; nothing is ``{}``.

        Raises:
            ServiceError: ResourceNotFoundException, RequestTooLargeException or
                InvalidRequestContentException, and nothing was invoked.
        """
        function = self._find(name).function
        return _run(function, _event(payload, _MOST_TO_WAIT_FOR))

    def _answer(self, request: dict[str, Any]) -> Mapping[str, Any]:
        invocations = self._find(request["FunctionName"])
        payload = request.get("Payload", b"")
        how = request.get("InvocationType", "RequestResponse")
        if how == "RequestResponse":
            outcome = self.invoke(request["FunctionName"], payload)
            answer = {"StatusCode": 200, "Payload": outcome.payload, "ExecutedVersion": "$LATEST"}
            return answer | ({"FunctionError": "Unhandled"} if outcome.failed else {})
        event = _event(payload, _MOST_TO_SEND)
        if how == "DryRun":
            return {"StatusCode": _NO_CONTENT}
        invocations.send(event)
        return {"StatusCode": _ACCEPTED}

    def _find(self, asked: str) -> AsynchronousInvocations:
        name = asked.removesuffix(_NEWEST)
        for prefix in (_ARN, f"{ACCOUNT_ID}:function:"):
            name = name.removeprefix(prefix)
        found = self._functions.get(name)
        if found is None:
            arn = asked if asked.startswith("arn:") else f"{_ARN}{name}"
            raise ServiceError("ResourceNotFoundException", f"Function not found: {arn}")
        return found


def functions_of(app: Chalice, config: Config) -> list[LambdaFunction]:
    """Every function of an app but the API's: what ``chalice deploy`` makes a Lambda of."""
    return [
        LambdaFunction.configured(name, handler, config)
        for name, handler in app.handler_map.items()
    ]


def _event(payload: bytes, most: int) -> Any:
    if len(payload) > most:
        raise ServiceError(
            "RequestTooLargeException",
            f"Request must be smaller than {most} bytes for the InvokeFunction operation",
        )
    try:
        return json.loads(payload or b"{}")
    except ValueError as error:
        raise ServiceError(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        ) from error


def _run(function: LambdaFunction, event: Any) -> InvocationResult:
    context = function.context()
    try:
        with function.running():
            result = function.handler(event, context)
    except Exception as error:
        _log.info("%s failed: %s: %s", function.name, type(error).__name__, error)
        frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
        return _failure(context, type(error).__name__, str(error), frames)
    try:
        payload = json.dumps(result, default=_number).encode()
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return _failure(context, "Runtime.MarshalError", message, [])
    if len(payload) > _MOST_OF_A_RESULT:
        message = (
            "Response payload size exceeded maximum allowed payload size "
            f"({_MOST_OF_A_RESULT} bytes)."
        )
        error_payload = {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}
        return InvocationResult(json.dumps(error_payload).encode(), failed=True)
    return InvocationResult(payload, failed=False)


def _failure(
    context: LambdaContext, error_type: str, message: str, stack_trace: list[str]
) -> InvocationResult:
    error = {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": context.aws_request_id,
        "stackTrace": stack_trace,
    }
    return InvocationResult(json.dumps(error).encode(), failed=True)


def _number(value: object) -> float:
    """What DynamoDB gives for a number, which the runtime takes beside JSON's own types."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
