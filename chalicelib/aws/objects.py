"""What the buckets have in common: objects that may not be there, and reading them."""

from collections.abc import Callable
from contextlib import closing
from typing import Any, Final, ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError

from chalicelib.aws.requests import RequestFailedError, request

_Parameters = ParamSpec("_Parameters")
_Response = TypeVar("_Response")

_ABSENT: Final = frozenset({"NoSuchKey", "404"})  # a HEAD has no body to carry a code


def if_there(
    operation: Callable[_Parameters, _Response],
    /,
    *args: _Parameters.args,
    **parameters: _Parameters.kwargs,
) -> _Response | None:
    """Ask about an object; None when there is none."""
    try:
        return request(operation, *args, **parameters)
    except RequestFailedError as failure:
        if failure.aws_code in _ABSENT:
            return None
        raise


def content_of(body: Any) -> bytes:
    """The bytes of an object that is being received."""
    with closing(body):
        try:
            content: bytes = body.read()
        except BotoCoreError as error:  # the connection broke while the object came
            raise RequestFailedError("GetObject", type(error).__name__, {}) from error
        return content
