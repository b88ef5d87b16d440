"""Lambda's Invoke: runs the app's functions by their names.

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
from local.runner.lambda_function import LambdaContext, LambdaFunction
from local.services.service_error import ServiceError, not_implemented

_log = logging.getLogger(__name__)

_ARN: Final = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:"


@dataclass(frozen=True)
class InvocationResult:
    """How an invocation ended.

    Attributes:
        payload: JSON: the function's result, or ``{"errorMessage", "errorType", ...}``.
        failed: Whether it is the error.
    """

    payload: bytes
    failed: bool


class Functions:
    """Invokes functions in the caller's thread; there are none until they are declared."""

    def __init__(self) -> None:
        self._functions: dict[str, LambdaFunction] = {}

    def declare(self, functions: Iterable[LambdaFunction]) -> None:
        """Let these functions be invoked, as ``storytime-local-<name>``, from now on."""
        self._functions |= {f"{PREFIX}{function.name}": function for function in functions}

    @property
    def operations(self) -> Mapping[str, Callable[[dict[str, Any]], Mapping[str, Any]]]:
        return {"lambda.Invoke": self._answer}

    def invoke(self, name: str, payload: bytes) -> InvocationResult:
        """Run a function and wait for it.

        Args:
            name: The function's name or ARN.
            payload: The event as JSON; nothing is ``{}``.

        Raises:
            ServiceError: ResourceNotFoundException or InvalidRequestContentException.
        """
        function = self._functions.get(name.removeprefix(_ARN))
        if function is None:
            arn = f"{_ARN}{name.removeprefix(_ARN)}"
            raise ServiceError("ResourceNotFoundException", f"Function not found: {arn}")
        try:
            event = json.loads(payload or b"{}")
        except ValueError as error:
            message = f"Could not parse request body into json: {error}"
            raise ServiceError("InvalidRequestContentException", message) from error
        return _run(function, event)

    def _answer(self, request: dict[str, Any]) -> Mapping[str, Any]:
        if request.get("InvocationType", "RequestResponse") != "RequestResponse":
            raise not_implemented(f"Invoke with the InvocationType {request['InvocationType']}")
        result = self.invoke(request["FunctionName"], request.get("Payload", b""))
        answer = {"StatusCode": 200, "Payload": result.payload, "ExecutedVersion": "$LATEST"}
        return answer | ({"FunctionError": "Unhandled"} if result.failed else {})


def functions_of(app: Chalice, config: Config) -> list[LambdaFunction]:
    """Return every function that ``chalice deploy`` makes of an app, but the API's."""
    return [
        LambdaFunction.configured(name, handler, config)
        for name, handler in app.handler_map.items()
    ]


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
    """Convert DynamoDB's numbers, which Lambda's runtime takes beside JSON's own types."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
