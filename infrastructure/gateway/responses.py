"""The error responses that API Gateway sends by itself, in the form of the app's errors.

Sources: API Gateway Developer Guide ("Gateway response types", "Set up gateway responses") and API
Reference (PutGatewayResponse). The messages are our own. ``$context.error`` would repeat the
``Authorization`` header, with the token, when the path does not exist.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_RETRY_SOON: Final = {"Retry-After": "5"}  # seconds, like the app's own 503
_HOW_TO_ASK: Final = {"WWW-Authenticate": "Bearer"}  # RFC 6750, section 3


@dataclass(frozen=True)
class GatewayResponse:
    """An error response.

    Attributes:
        status: The HTTP status; None keeps API Gateway's own.
        code: The error, for programs.
        message: What to do about it, for people.
        headers: Headers in addition to CORS.
    """

    status: int | None
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> str:
        return json.dumps({"code": self.code, "message": self.message})

    def all_headers(self, allowed_origin: str) -> dict[str, str]:
        """Return all headers; web pages of the allowed origin (``*``: any) can read them."""
        headers = {"Access-Control-Allow-Origin": allowed_origin, "Cache-Control": "no-store"}
        if self.headers:
            headers["Access-Control-Expose-Headers"] = ",".join(self.headers)
        return {**headers, **self.headers}


_NOTHING_THERE: Final = GatewayResponse(
    404, "not_found", "Nothing takes this method at this path; look for a typing error."
)
_MALFORMED: Final = GatewayResponse(
    400, "bad_request", "This request cannot be read; look at its headers, parameters and body."
)
_FORBIDDEN: Final = GatewayResponse(403, "forbidden", "You may not use this part of the API.")
_UNAVAILABLE: Final = GatewayResponse(
    503,
    "unavailable",
    "Storytime cannot be reached right now; try again in a few seconds.",
    _RETRY_SOON,
)

RESPONSES: Final[Mapping[str, GatewayResponse]] = {
    "UNAUTHORIZED": GatewayResponse(
        401, "unauthorized", "Send your API token as 'Authorization: Bearer <token>'.", _HOW_TO_ASK
    ),
    "ACCESS_DENIED": GatewayResponse(
        401,
        "unauthorized",
        "This is no token of this API, or no longer; it goes as 'Authorization: Bearer <token>'.",
        _HOW_TO_ASK,
    ),
    "MISSING_AUTHENTICATION_TOKEN": _NOTHING_THERE,
    # API Gateway reads a token on an unknown path as an AWS signature. An incomplete signature
    # has no response type of its own.
    "INVALID_SIGNATURE": _NOTHING_THERE,
    "EXPIRED_TOKEN": _NOTHING_THERE,
    "DEFAULT_4XX": _NOTHING_THERE,
    "RESOURCE_NOT_FOUND": _NOTHING_THERE,
    "BAD_REQUEST_BODY": _MALFORMED,
    "BAD_REQUEST_PARAMETERS": _MALFORMED,
    "INVALID_API_KEY": _FORBIDDEN,
    "WAF_FILTERED": _FORBIDDEN,
    "REQUEST_TOO_LARGE": GatewayResponse(
        413,
        "too_large",
        "A request may have at most 4.4 MB of photo; POST /uploads takes up to 25 MB.",
    ),
    "UNSUPPORTED_MEDIA_TYPE": GatewayResponse(
        415,
        "unsupported_media_type",
        "Say in Content-Type what the body is: JSON, or a photo's type.",
    ),
    "THROTTLED": GatewayResponse(
        429,
        "too_many_requests",
        "Too many requests at once; try again in a few seconds.",
        _RETRY_SOON,
    ),
    "QUOTA_EXCEEDED": GatewayResponse(
        429, "quota_exceeded", "No more requests are allowed for now; try again tomorrow."
    ),
    "INTEGRATION_TIMEOUT": GatewayResponse(
        504, "timeout", "It took too long to answer; sending the same again is safe.", _RETRY_SOON
    ),
    "INTEGRATION_FAILURE": _UNAVAILABLE,
    "AUTHORIZER_FAILURE": _UNAVAILABLE,
    "DEFAULT_5XX": GatewayResponse(
        None, "bad_gateway", "Storytime failed to answer; try again.", _RETRY_SOON
    ),
}
"""By API Gateway's response type. All types with a 4xx status are here; DEFAULT_5XX is the rest."""


def put_requests(rest_api_id: str, allowed_origin: str) -> Iterator[dict[str, Any]]:
    """Yield the parameters of ``put_gateway_response`` for each response.

    API Gateway uses a response from the API's next deployment on. Each PutRestApi deletes them.
    """
    for response_type, response in RESPONSES.items():
        request = {
            "restApiId": rest_api_id,
            "responseType": response_type,
            "responseParameters": {
                f"gatewayresponse.header.{name}": f"'{value}'"
                for name, value in response.all_headers(allowed_origin).items()
            },
            "responseTemplates": {"application/json": response.body},
        }
        yield request if response.status is None else request | {"statusCode": str(response.status)}
