"""What API Gateway answers by itself, in the shape of all other errors.

Sources: the API Gateway Developer Guide ("Gateway response types", "Set up gateway responses")
and API Reference (PutGatewayResponse). The messages are our own, never ``$context.error``'s: what
API Gateway says of an unknown path repeats the ``Authorization`` header, token and all.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_RETRY_SOON: Final = {"Retry-After": "5"}  # seconds, as the app's own 503 says
_HOW_TO_ASK: Final = {"WWW-Authenticate": "Bearer"}  # RFC 6750, section 3


@dataclass(frozen=True)
class GatewayResponse:
    """An answer.

    Attributes:
        status: The HTTP status; None is whatever API Gateway has for the case.
        code: What it is, for programs.
        message: What to do about it, for people.
        headers: Those that this answer has besides CORS.
    """

    status: int | None
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> str:
        return json.dumps({"code": self.code, "message": self.message})

    def all_headers(self, allowed_origin: str) -> dict[str, str]:
        """Its headers, with those that let the web pages of an origin (or any: ``*``) read it."""
        cors = {"Access-Control-Allow-Origin": allowed_origin}
        if self.headers:
            cors["Access-Control-Expose-Headers"] = ",".join(self.headers)
        return {**cors, **self.headers}


_NO_TOKEN: Final = GatewayResponse(
    401, "unauthorized", "Send your API token as 'Authorization: Bearer <token>'.", _HOW_TO_ASK
)
_WRONG_TOKEN: Final = GatewayResponse(
    401,
    "unauthorized",
    "This is no token of this API, or no longer; it goes as 'Authorization: Bearer <token>'.",
    _HOW_TO_ASK,
)
_NOTHING_THERE: Final = GatewayResponse(
    404, "not_found", "Nothing takes this method at this path; look for a typing error."
)
_TOO_LARGE: Final = GatewayResponse(
    413,
    "too_large",
    "A request may have at most 4.4 MB of photo; POST /uploads takes up to 25 MB.",
)
_NOT_A_TYPE: Final = GatewayResponse(
    415, "unsupported_media_type", "Say in Content-Type what the body is: JSON, or a photo's type."
)
_TOO_MANY: Final = GatewayResponse(
    429, "too_many_requests", "Too many requests at once; try again in a few seconds.", _RETRY_SOON
)
_QUOTA_USED: Final = GatewayResponse(
    429, "quota_exceeded", "No more requests are allowed for now; try again tomorrow."
)
_TOO_SLOW: Final = GatewayResponse(
    504, "timeout", "It took too long to answer; sending the same again is safe.", _RETRY_SOON
)
_UNAVAILABLE: Final = GatewayResponse(
    503,
    "unavailable",
    "Storytime cannot be reached right now; try again in a few seconds.",
    _RETRY_SOON,
)
_MALFORMED: Final = GatewayResponse(
    400, "bad_request", "This request cannot be read; look at its headers, parameters and body."
)
_FORBIDDEN: Final = GatewayResponse(403, "forbidden", "You may not use this part of the API.")
_FAILED: Final = GatewayResponse(
    None, "bad_gateway", "Storytime failed to answer; try again.", _RETRY_SOON
)

RESPONSES: Final[Mapping[str, GatewayResponse]] = {
    "UNAUTHORIZED": _NO_TOKEN,
    "ACCESS_DENIED": _WRONG_TOKEN,
    "MISSING_AUTHENTICATION_TOKEN": _NOTHING_THERE,
    # An unknown path with a token: API Gateway takes it for an AWS signature, which has no type
    # of its own when it is incomplete.
    "INVALID_SIGNATURE": _NOTHING_THERE,
    "EXPIRED_TOKEN": _NOTHING_THERE,
    "DEFAULT_4XX": _NOTHING_THERE,
    "RESOURCE_NOT_FOUND": _NOTHING_THERE,
    "BAD_REQUEST_BODY": _MALFORMED,
    "BAD_REQUEST_PARAMETERS": _MALFORMED,
    "INVALID_API_KEY": _FORBIDDEN,
    "WAF_FILTERED": _FORBIDDEN,
    "REQUEST_TOO_LARGE": _TOO_LARGE,
    "UNSUPPORTED_MEDIA_TYPE": _NOT_A_TYPE,
    "THROTTLED": _TOO_MANY,
    "QUOTA_EXCEEDED": _QUOTA_USED,
    "INTEGRATION_TIMEOUT": _TOO_SLOW,
    "INTEGRATION_FAILURE": _UNAVAILABLE,
    "AUTHORIZER_FAILURE": _UNAVAILABLE,
    "DEFAULT_5XX": _FAILED,
}
"""By API Gateway's type of response. Of status 4xx all are here; what else fails is DEFAULT_5XX."""


def put_requests(rest_api_id: str, allowed_origin: str) -> Iterator[dict[str, Any]]:
    """The parameters of a call of ``put_gateway_response`` for each of them.

    They count from the API's next deployment on, and only until its definition is put again.

    Args:
        rest_api_id: The API.
        allowed_origin: The stage's ALLOWED_ORIGIN.
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
