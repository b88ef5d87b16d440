"""Reads AWS requests, and writes answers in each service's own format.

moto does all of this by botocore's service models. Its routing, parsing and serialising are not its
public interface, so moto is pinned to the exact version, and few other modules look inside it.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import UnknownServiceError
from moto.core.errors import ErrorLookupFactory, ErrorShape
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import ResponseSerializer, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from local.services.received import Received
from local.services.service_error import ServiceError

_CREDENTIAL_SCOPE_PARTS: Final = 5  # access key id / date / region / service / aws4_request
_SIGNED_AS: Final = {"states": "stepfunctions"}
"""Services whose signatures have another name than boto3's."""
_SES_V2_PATH: Final = "/v2/email/"  # both versions of SES sign as "ses"


@dataclass(frozen=True)
class Call:
    """A client's request for one operation of one service.

    Attributes:
        service: By boto3's name.
        operation: From the service's model.
        access_key_id: Of the Authorization header, or None.
        request: As moto reads it.
        uri_params: The decoded parts of the path: ``{"Bucket": "media", ...}``.
    """

    service: str
    operation: OperationModel
    access_key_id: str | None
    request: Request
    uri_params: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Service and operation as in boto3: ``polly.SynthesizeSpeech``."""
        return f"{self.service}.{self.operation.name}"


def identify(received: Received) -> Call | None:
    """Return the operation that a request asks for, or None when no service model knows it.

    The signature names the service; requests without an Authorization header are S3's.
    """
    access_key_id, signed = _credential_scope(received.authorization) or (None, "s3")
    service = _SIGNED_AS.get(signed, signed)
    if service == "ses" and received.path.startswith(_SES_V2_PATH):
        service = "sesv2"
    request = Request(received.environ())
    try:
        operation, uri_params = get_service_router(service).match(request)
    except (NotFound, NotImplementedError, UnknownServiceError):
        return None
    return Call(service, operation, access_key_id, request, uri_params)


def put_object(bucket: str, key: str, received: Received, access_key_id: str | None = None) -> Call:
    """Return the PutObject for a form that was posted to `bucket`."""
    operation = get_service_model("s3").operation_model("PutObject")
    request = Request(received.environ())
    return Call("s3", operation, access_key_id, request, {"Bucket": bucket, "Key": key})


def knows(service: str, operation: str) -> bool:
    """Return whether there is such an operation, by boto3's names."""
    try:
        return operation in get_service_model(service).operation_names
    except UnknownServiceError:
        return False


def parse(call: Call) -> dict[str, Any]:
    """Return the request's parameters as the client passed them to boto3; blobs are bytes."""
    request = call.request
    parser = PROTOCOL_PARSERS[_protocol(call)](call.operation)
    parsed: dict[str, Any] = parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": dict(call.uri_params),
        }
    )
    return parsed


def success(call: Call, result: Mapping[str, Any]) -> Response:
    """Return the answer that boto3 returns as `result`."""
    serialized = _serializer(call).serialize(dict(result))
    response = _response(serialized)
    if "ContentType" in result:  # of a streamed payload: the serializer sets its protocol's
        response.content_type = result["ContentType"]
    output = call.operation.output_shape
    for name, member in output.members.items() if output is not None else ():
        if member.serialization.get("location") == "statusCode" and name in result:
            response.status_code = result[name]  # moto's serializers do not know it
    return response


def failure(call: Call, error: ServiceError) -> Response:
    """Return the answer that makes boto3 raise `error` under its code.

    The HTTP status is that of the service's model, or the error's own for other codes. An answer to
    a HEAD request has no body: the client sees the status instead of the code, as on AWS.
    """
    serializer = _serializer(call)
    shape = _error_shape(call.operation.service_model, error)
    body: dict[str, Any] = {}
    serializer._serialize_error_metadata(body, error, shape)
    default = serializer._create_default_response()
    return _response(serializer._serialized_error_to_response(default, error, shape, body))


def _credential_scope(authorization: str) -> tuple[str, str] | None:
    """Return access key id and service of ``AWS4-HMAC-SHA256 Credential=<scope>, ...``."""
    _, found, rest = authorization.partition("Credential=")
    scope = rest.split(",")[0].strip().rsplit("/", _CREDENTIAL_SCOPE_PARTS - 1)
    if not found or len(scope) != _CREDENTIAL_SCOPE_PARTS:
        return None
    return scope[0], scope[3]


def _protocol(call: Call) -> str:
    model = call.operation.service_model
    return str(determine_request_protocol(model, call.request.content_type))


def _serializer(call: Call) -> ResponseSerializer:
    serializer_class = get_serializer_class(call.service, _protocol(call))
    return serializer_class(operation_model=call.operation)


def _error_shape(model: ServiceModel, error: ServiceError) -> ErrorShape:
    known = ErrorLookupFactory().for_service(model).from_code(error.code)
    if known is not None:
        return _with_status(known)
    return ErrorShape(
        error.code,
        {
            "type": "structure",
            "members": {},
            "exception": True,
            "fault": error.status >= 500,  # noqa: PLR2004  # HTTP's line between the sides
            "error": {"code": error.code, "httpStatusCode": error.status},
        },
    )


def _with_status(known: ErrorShape) -> ErrorShape:
    """Return the error with AWS's status: 500 if the model says only that it is AWS's fault.

    Clients retry by status, too: DynamoDB's InternalServerError is a 500.
    """
    details = known._shape_model.get("error", {})
    if "httpStatusCode" in details or known.is_sender_fault:
        return known
    model = {**known._shape_model, "error": {**details, "httpStatusCode": 500}}
    return ErrorShape(known.name, model, known._shape_resolver)  # type: ignore[attr-defined]


def _response(serialized: Mapping[str, Any]) -> Response:
    response = Response(serialized["body"], serialized["status_code"])
    response.headers.update(serialized["headers"])
    response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return response
