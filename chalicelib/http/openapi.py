"""Describes the API in OpenAPI 3.1, from what its routes say of themselves. Pure."""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

from chalicelib.http.bodies import Found, Problem
from chalicelib.http.forms import FORM
from chalicelib.http.parameters import Parameter
from chalicelib.http.routes import JSON, Kinds, ListOf, Operation, RequestBody
from chalicelib.steps.posted_photo import MAX_BYTES

VERSION: Final = "0.1.0"

_DESCRIPTION: Final = (
    "Send a photo of a page; get its text, and an MP3 in which it is read aloud. Each error has a "
    "code for programs and a message for people. Every GET answers HEAD, too."
)
_OF_THE_GATEWAY: Final = (429, 503, 504)
"""What API Gateway may answer to any request (`infrastructure.gateway.responses`)."""
_MEANINGS: Final[Mapping[int, str]] = {
    400: "A parameter, the body or the photo is invalid.",
    401: "There is no valid token.",
    404: "There is nothing with this id.",
    409: "The story cannot be changed yet.",
    410: "It was deleted or cancelled, or no photo came in time.",
    412: "The story has another revision.",
    413: "There are too many bytes or pixels.",
    415: "The body is of another type.",
    422: "No story can be made of this photo.",
    428: "If-Match is missing.",
    429: "There are too many requests at once.",
    503: "It is not ready yet, or AWS does not answer: try again.",
    504: "It took too long: sending the same again is safe.",
}
_TEXT: Final = {"schema": {"type": "string"}}
_WAIT: Final = {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}
_HEADERS: Final[Mapping[int, Mapping[str, Any]]] = {
    401: {"WWW-Authenticate": _TEXT},
    429: _WAIT,
    503: _WAIT,
    504: _WAIT,
}
_PHOTO: Final = {"type": "string", "format": "binary", "maxLength": MAX_BYTES}
_FORM: Final = {
    "type": "object",
    "properties": {"photo": {"type": "string", "format": "binary"}},
    "required": ["photo"],
}
_OF_FOUND: Final = {
    "ETag": {"description": "The id, quoted.", **_TEXT},
    "Timestamp": {"description": "When it was created.", **_TEXT},
}


class OpenApi(msgspec.Struct, frozen=True, kw_only=True):
    """This document."""

    openapi: str = "3.1.0"
    info: dict[str, Any]
    servers: list[dict[str, str]]
    paths: dict[str, Any]
    components: dict[str, Any]
    security: list[dict[str, list[str]]] | msgspec.UnsetType = msgspec.UNSET


class _Schemas:
    """Finds the schema of a type by its identity: not all types have a hash."""

    def __init__(self, kinds: Sequence[Any]) -> None:
        schemas, self.components = msgspec.json.schema_components(
            kinds, ref_template="#/components/schemas/{name}"
        )
        self._schemas = [*zip(kinds, schemas, strict=True)]
        for component in self.components.values():
            if "description" in component:
                component["description"] = _first_paragraph(component["description"])

    def of(self, kind: Any) -> dict[str, Any]:
        if isinstance(kind, ListOf):
            return {"type": "array", "items": self.of_one(kind.kinds)}
        return next(schema for known, schema in self._schemas if known is kind)

    def of_one(self, kinds: Kinds) -> dict[str, Any]:
        schemas = [self.of(kind) for kind in kinds]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def document(operations: Sequence[Operation], server: str) -> OpenApi:
    """Describe the API.

    Args:
        operations: The routes. If one of them is not open, clients need a token.
        server: What stands before each path, such as ``/api``.
    """
    schemas = _Schemas([Problem, *_kinds_of(operations)])
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, schemas)
    components: dict[str, Any] = {
        "schemas": schemas.components,
        "responses": {
            _name_of(status): _response(status, (Problem,), schemas) for status in _MEANINGS
        },
    }
    needs_token = any(not operation.is_open for operation in operations)
    if needs_token:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return OpenApi(
        info={
            "title": "Storytime",
            "version": VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        servers=[{"url": server or "/"}],
        paths=paths,
        components=components,
        security=[{"token": []}] if needs_token else msgspec.UNSET,
    )


def _kinds_of(operations: Iterable[Operation]) -> Iterator[Any]:
    for operation in operations:
        for parameter in operation.parameters:
            yield parameter.kind
        if operation.body and operation.body.kind:
            yield operation.body.kind
        for kinds in operation.answers.values():
            for kind in kinds:
                yield from kind.kinds if isinstance(kind, ListOf) else (kind,)


def _operation(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    answers = dict(operation.answers)
    if operation.body:
        answers[413] = (Problem,)
    if not operation.is_open:
        answers[401] = (Problem,)
    for status in _OF_THE_GATEWAY:
        answers[status] = (*answers.get(status, ()), Problem)
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": ["profiles" if operation.path.startswith("/profiles/") else "stories"],
    }
    if operation.parameters:
        described["parameters"] = [_parameter(each, schemas) for each in operation.parameters]
    if operation.body:
        described["requestBody"] = _request_body(operation.body, schemas)
    described["responses"] = {
        str(status): {"$ref": f"#/components/responses/{_name_of(status)}"}
        if answers[status] == (Problem,)
        else _response(status, answers[status], schemas)
        for status in sorted(answers)
    }
    if operation.is_open:
        described["security"] = []
    return described


def _parameter(parameter: Parameter, schemas: _Schemas) -> dict[str, Any]:
    schema = dict(schemas.of(parameter.kind))
    if parameter.default is not None:
        schema["default"] = parameter.default
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": schema.pop("description"),
        "required": parameter.required,
        "schema": schema,
    }


def _request_body(body: RequestBody, schemas: _Schemas) -> dict[str, Any]:
    photo = {FORM: _FORM}
    content = {
        media_type: {
            "schema": schemas.of(body.kind) if body.kind else photo.get(media_type, _PHOTO)
        }
        for media_type in body.media_types
    }
    return {"required": True, "content": content}


def _response(status: int, kinds: Kinds, schemas: _Schemas) -> dict[str, Any]:
    headers = dict(_HEADERS.get(status, {}))
    if any(isinstance(kind, type) and issubclass(kind, Found) for kind in kinds):
        headers |= _OF_FOUND
    return {
        "description": _MEANINGS.get(status) or " ".join(_summary(kind) for kind in kinds),
        **({"headers": headers} if headers else {}),
        "content": {JSON: {"schema": schemas.of_one(kinds)}},
    }


def _name_of(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "")


def _summary(kind: Any) -> str:
    return kind.summary if isinstance(kind, ListOf) else _first_paragraph(kind.__doc__)


def _first_paragraph(docstring: str) -> str:
    return " ".join(inspect.cleandoc(docstring).split("\n\n")[0].split())
