"""What Step Functions looks at before it does anything, and how it lists."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from local.services.request_constraints import RequestConstraints
from local.services.service_error import ServiceError, check_understood

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

Operation = Callable[[dict[str, Any]], Mapping[str, Any]]


def checked(name: str, operation: Operation) -> Operation:
    """The operation, behind the checks that AWS makes at its front door."""
    constraints = RequestConstraints("stepfunctions", name)
    understood = _UNDERSTOOD.get(name)

    def answer(request: dict[str, Any]) -> Mapping[str, Any]:
        if understood is not None:
            check_understood(name, request, understood)
        constraints.check(request)
        return operation(request)

    return answer


def check_name(name: str) -> None:
    if _FORBIDDEN_IN_A_NAME.search(name):
        raise ServiceError("InvalidName", f"Invalid Name: '{name}'")


def check_input(text: str) -> None:
    if len(text.encode("utf-8", "surrogatepass")) > _LARGEST_INPUT:
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


def page(
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
