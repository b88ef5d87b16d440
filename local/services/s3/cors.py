"""S3's CORS: a bucket's rules for pages of other origins.

Source: the Amazon S3 User Guide, "Using cross-origin resource sharing (CORS)"; the errors are those
that S3 is known to answer.
"""

import re
from collections.abc import Iterable
from typing import Final

from werkzeug.wrappers import Response

from local.services.moto_backend import MotoBackend
from local.services.received import Received
from local.services.s3.stored_objects import CorsRule

_VARY: Final = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
_NOT_ALLOWED: Final = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
    "Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are "
    "not whitelisted by the resource's CORS spec."
)


class Cors:
    """Answers preflights, and adds CORS headers to answers, by each bucket's configuration."""

    def __init__(self, moto: MotoBackend) -> None:
        self._moto = moto

    def preflight(self, received: Received, bucket: str | None = None) -> Response:
        """Answer an OPTIONS request: 200, 403 if the bucket does not allow it, or 400.

        `bucket` is the bucket's name; None: the path has it.
        """
        method = received.header("Access-Control-Request-Method")
        if not received.header("Origin"):
            return _refusal(
                400, "BadRequest", "Insufficient information. Origin request header needed."
            )
        if not method:
            return _refusal(400, "BadRequest", "Invalid Access-Control-Request-Method: null")
        try:
            rules = self._moto.objects.cors_rules(bucket or _bucket(received))
        except KeyError:
            return _forbidden("CORSResponse: Bucket not found", method)
        if not rules:
            return _forbidden("CORSResponse: CORS is not enabled for this bucket.", method)
        response = Response(status=200)
        if not _allow(received, method, rules, response):
            return _forbidden(_NOT_ALLOWED, method)
        return response

    def mark(self, received: Received, response: Response) -> None:
        """Add the headers by which a browser lets the page read S3's answer to a request.

        S3 performs a request that the bucket's rules do not allow, and adds no header.
        """
        for name in [name for name, _ in response.headers if name.startswith("Access-Control-")]:
            del response.headers[name]  # moto allows everything to everybody
        if not received.header("Origin"):
            return
        try:
            rules = self._moto.objects.cors_rules(_bucket(received))
        except KeyError:
            return
        _allow(received, received.method, rules, response)


def _allow(received: Received, method: str, rules: Iterable[CorsRule], response: Response) -> bool:
    """Add the headers of the first rule that allows a request; return whether there is one."""
    origin = received.header("Origin")
    asked = received.header("Access-Control-Request-Headers").lower()
    headers = [name.strip() for name in asked.split(",") if name.strip()]
    for rule in rules:
        if (
            method in rule.methods
            and _matches(origin, rule.origins)
            and all(_matches(name, map(str.lower, rule.headers)) for name in headers)
        ):
            break
    else:
        return False
    anybody = "*" in rule.origins
    response.headers["Access-Control-Allow-Origin"] = "*" if anybody else origin
    if not anybody:
        response.headers["Access-Control-Allow-Credentials"] = "true"
    response.headers["Access-Control-Allow-Methods"] = ", ".join(rule.methods)
    if headers:
        response.headers["Access-Control-Allow-Headers"] = ", ".join(headers)
    if rule.exposed:
        response.headers["Access-Control-Expose-Headers"] = ", ".join(rule.exposed)
    if rule.max_age is not None:
        response.headers["Access-Control-Max-Age"] = str(rule.max_age)
    response.headers["Vary"] = _VARY
    return True


def _matches(value: str, patterns: Iterable[str]) -> bool:
    return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), value) for pattern in patterns)


def _bucket(received: Received) -> str:
    return received.path.removeprefix("/").partition("/")[0]


def _forbidden(message: str, method: str) -> Response:
    return _refusal(
        403,
        "AccessForbidden",
        message,
        f"<Method>{method}</Method><ResourceType>BUCKET</ResourceType>",
    )


def _refusal(status: int, code: str, message: str, more: str = "") -> Response:
    return Response(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>",
        status,
        mimetype="application/xml",
    )
