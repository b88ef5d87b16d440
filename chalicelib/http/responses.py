"""How answers and errors become responses."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from chalice.app import AuthResponse, Response
from msgspec import Struct, to_builtins

from chalicelib import errors
from chalicelib.http.bodies import Problem

log = logging.getLogger(__name__)

CACHEABLE: Final = {"Cache-Control": "private, max-age=3600"}
"""For what changes only with the next deployment."""

_STATUS_OF: Final[Mapping[type[errors.StorytimeError], int]] = {
    errors.InvalidRequestError: 400,
    errors.UnknownStoryError: 404,
    errors.UnknownProfileError: 404,
    errors.NotYetError: 409,
    errors.ExpiredError: 410,
    errors.EditConflictError: 412,
    errors.TooLargeError: 413,
    errors.UnsupportedTypeError: 415,
    errors.EditConditionError: 428,
}
_UNAVAILABLE: Final = Problem(
    code="unavailable",
    message="Storytime cannot reach its storage right now; try again in a few seconds. Sending "
    "the same again is safe.",
)
_RETRY_SOON: Final = {"Retry-After": "5"}  # seconds


def response(
    answer: Struct | Sequence[Struct],
    status_code: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A response with a struct, or a list of them, as JSON."""
    body = to_builtins(answer)
    return Response(body=body, status_code=int(status_code), headers=dict(headers or {}))


def answering_errors(view: Callable[..., Response]) -> Callable[..., Response]:
    """Answer the app's errors with their status, code and sentence, and with nothing else.

    The view gets the parameters of its path decoded: API Gateway hands them to Lambda as they
    stand in the path, and Chalice leaves them so (aws/chalice #511).
    """

    @wraps(view)
    def answer(**parameters: str) -> Response:
        try:
            return view(**{name: unquote(value) for name, value in parameters.items()})
        except errors.RejectedError as error:
            log.info("request rejected", extra={"code": error.code, "reason": error.message})
            status_code, problem = problem_of(error)
            return response(problem, status_code)
        except (errors.TransientError, errors.StoryChangedError) as error:
            log.warning("request failed", extra={"reason": error.message}, exc_info=True)
            return response(_UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE, _RETRY_SOON)

    return answer


def problem_of(error: errors.RejectedError) -> tuple[int, Problem]:
    """The status and body that answer a rejection."""
    return _STATUS_OF[type(error)], Problem(code=error.code, message=error.message)


def finished(given: Response) -> Response:
    """Give every response what all have.

    Chalice's own errors (`Code`, `Message`) get the shape of all other errors. Nothing is cached
    unless the view says so.
    """
    body = given.body
    if isinstance(body, dict) and body.keys() == {"Code", "Message"}:
        code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", body["Code"].removesuffix("Error")).lower()
        given.body = to_builtins(Problem(code=code, message=body["Message"]))
    given.headers.setdefault("Cache-Control", "no-store")
    return given


def permission_of(holder: str | None) -> AuthResponse:
    """Allow every route to the holder of a token, and none to other callers.

    Every route, because API Gateway caches this answer and uses it for other routes, too.
    """
    return AuthResponse(routes=["*"] if holder else [], principal_id=holder or "nobody")
