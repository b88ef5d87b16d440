"""API Gateway in front of the app.

Routing, CORS preflights and authorizers are those of ``chalice local``. This module corrects it:
path parameters arrive decoded, text is UTF-8 and only the app's binary types stay bytes, sizes are
limited, a method that a path lacks never reaches the app, and refusals are those of a deployed
stage (`infrastructure.gateway.responses`).
"""

import base64
import json
import logging
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from chalice.app import Chalice, CORSConfig
from chalice.config import Config
from chalice.local import LambdaEventConverter, LocalGateway, LocalGatewayException, RouteMatcher
from werkzeug.wrappers import Request, Response

from infrastructure.gateway.responses import RESPONSES
from local.runner.lambda_function import LambdaContext, LambdaFunction

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)

_MAX_BODY: Final = 10 * 1024 * 1024
"""Bytes; "Amazon API Gateway quotas", payload size."""
_MAX_EVENT: Final = 6 * 1024 * 1024
"""Bytes as JSON; "Lambda quotas", invocation payload. In Base64 a photo may have 3/4 of it."""

_BAD_GATEWAY: Final = 502
_REFUSALS: Final = {401: "UNAUTHORIZED", 403: "ACCESS_DENIED"}
"""API Gateway's names for an authorizer's refusals."""


class ApiGateway:
    """The WSGI application of the API port."""

    def __init__(self, app: Chalice, config: Config) -> None:
        self._routes = RouteMatcher(list(app.routes))
        self._methods = {path: {*views, "OPTIONS"} for path, views in app.routes.items()}
        cors = app.api.cors
        self._allowed_origin = cors.allow_origin if isinstance(cors, CORSConfig) else "*"
        self._gateway = _Gateway(_with_a_request_per_thread(app), config)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        response = self._answer(Request(environ), environ["REQUEST_URI"])
        application: WSGIApplication = response
        return application(environ, start_response)

    def _answer(self, request: Request, uri: str) -> Response:
        if (request.content_length or 0) > _MAX_BODY:
            return self._own("REQUEST_TOO_LARGE")
        target = _origin_form(uri)
        if not self._is_routed(request.method, target):
            return self._own("MISSING_AUTHENTICATION_TOKEN")
        try:
            answer = self._gateway.handle_request(
                request.method, target, _present(dict(request.headers)), request.get_data() or None
            )
        except _EventTooLargeError:
            return self._own("REQUEST_TOO_LARGE")
        except LocalGatewayException as refusal:
            return self._own(_REFUSALS.get(refusal.CODE, "DEFAULT_5XX"))
        except Exception:
            _log.exception("%s %s failed outside the app's own handling", request.method, uri)
            return self._own("DEFAULT_5XX")
        return _response(answer)

    def _is_routed(self, method: str, target: str) -> bool:
        if target.startswith("//"):  # chalice would take the rest for a host
            return False
        try:
            route = self._routes.match_route(target).route
        except ValueError:
            return False
        return method in self._methods[route]

    def _own(self, response_type: str) -> Response:
        """Return API Gateway's own answer of this type."""
        own = RESPONSES[response_type]
        headers = own.all_headers(self._allowed_origin)
        return Response(own.body, own.status or _BAD_GATEWAY, headers, mimetype="application/json")


class _EventTooLargeError(Exception):
    """Lambda would refuse this event."""


class _EventConverter(LambdaEventConverter):
    """Makes the event of a request, with the body as text or as base64."""

    def create_lambda_event(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> dict[str, Any]:
        event = super().create_lambda_event(method, path, headers)
        if body is not None:
            media_type = headers.get("Content-Type", "application/json").partition(";")[0].strip()
            binary = media_type.lower() in self._binary_types
            event["body"] = (
                base64.b64encode(body).decode() if binary else body.decode("utf-8", "replace")
            )
            event["isBase64Encoded"] = binary
            if len(json.dumps(event | {"body": ""})) + len(event["body"]) > _MAX_EVENT:
                raise _EventTooLargeError
        return event


class _Gateway(LocalGateway):
    """chalice's gateway, with this module's events and contexts."""

    def __init__(self, app: Chalice, config: Config) -> None:
        super().__init__(app, config)
        self.event_converter = _EventConverter(
            RouteMatcher(list(app.routes)), [each.lower() for each in app.api.binary_types]
        )
        self._function = LambdaFunction.configured("api_handler", app, config)

    def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> Any:
        with self._function.running():
            return super().handle_request(method, path, headers, body)

    def _generate_lambda_context(self) -> LambdaContext:  # type: ignore[override]
        return self._function.context()


class _RequestPerThread:
    """Keeps a Chalice app's current request and context once for each thread.

    On Lambda a process answers one request at a time; here it answers many.
    """

    _own = threading.local()

    @property
    def current_request(self) -> Any:
        return self._own.request

    @current_request.setter
    def current_request(self, request: Any) -> None:
        self._own.request = request

    @property
    def lambda_context(self) -> Any:
        return self._own.context

    @lambda_context.setter
    def lambda_context(self, context: Any) -> None:
        self._own.context = context


def _with_a_request_per_thread(app: Chalice) -> Chalice:
    """Change the app's class, not the app: decorators and handlers refer to it."""
    if not isinstance(app, _RequestPerThread):
        app.__class__ = type("ThreadedApp", (_RequestPerThread, type(app)), {})
    return app


def _origin_form(uri: str) -> str:
    """Return the target without the host, which clients send to proxies."""
    return uri if uri.startswith("/") else "/" + uri.partition("://")[2].partition("/")[2]


def _present(headers: Mapping[str, str]) -> dict[str, str]:
    """Drop an empty ``Authorization``, which API Gateway takes for none."""
    return {
        name: value for name, value in headers.items() if value or name.lower() != "authorization"
    }


def _response(answer: Mapping[str, Any]) -> Response:
    body = answer["body"] or ""
    if answer.get("isBase64Encoded"):
        body = base64.b64decode(body)
    response = Response(body, answer["statusCode"], mimetype="application/json")
    for name, value in answer["headers"].items():
        response.headers[name] = value
    for name, values in answer["multiValueHeaders"].items():
        response.headers.setlist(name, values)
    return response
