"""One AWS request, with AWS's failures in the pipeline's words."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import TransientError

_Parameters = ParamSpec("_Parameters")
_Response = TypeVar("_Response")


class RequestFailedError(TransientError):
    """AWS answered with an error, or not at all, after the client's own retries.

    Attributes:
        aws_code: The error's code as the service names it, or the failure's kind.
        response: The error response; empty when there was none.
    """

    def __init__(self, operation: str, aws_code: str, response: Any) -> None:
        super().__init__(f"{operation} failed with {aws_code}")
        self.aws_code = aws_code
        self.response = response


def request(
    operation: Callable[_Parameters, _Response],
    /,
    *args: _Parameters.args,
    **parameters: _Parameters.kwargs,
) -> _Response:
    """Call a client's operation.

    Raises:
        RequestFailedError: It failed, in whatever way.
    """
    try:
        return operation(*args, **parameters)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        raise RequestFailedError(error.operation_name, code, error.response) from error
    except BotoCoreError as error:  # no connection, no answer in time, an unreadable answer
        name = getattr(operation, "__name__", "request")
        raise RequestFailedError(name, type(error).__name__, {}) from error
