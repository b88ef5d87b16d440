"""Checks requests against a service's API model, before the operation sees them.

AWS does so and names all faults at once, in a ``ValidationException``. botocore's own validation
covers only types and minimum lengths.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

from local.services.service_error import ServiceError, check_understood

Operation = Callable[[dict[str, Any]], Mapping[str, Any]]
"""Takes a parsed request, and returns what boto3 returns."""


class RequestConstraints:
    """The enums, lengths, ranges and patterns that one operation's API model sets."""

    def __init__(self, service: str, operation: str, code: str = "ValidationException") -> None:
        self._service = service
        self._operation = operation
        self._code = code

    def check(self, request: dict[str, Any]) -> None:
        """Refuse a parsed request that breaks the model.

        Raises:
            ServiceError: Under `code`, with a sentence for each fault.
        """
        if self._input_shape is None:
            return
        faults = list(_faults(self._input_shape, request, ""))
        if faults:
            errors = "errors" if len(faults) > 1 else "error"
            message = f"{len(faults)} validation {errors} detected: {'; '.join(faults)}"
            raise ServiceError(self._code, message, 400)

    @cached_property
    def _input_shape(self) -> StructureShape | None:
        operation: OperationModel = _model(self._service).operation_model(self._operation)
        return operation.input_shape


def checked(
    service: str,
    operations: Mapping[str, Operation],
    understood: Mapping[str, Iterable[str]],
    code: str = "ValidationException",
) -> dict[str, Operation]:
    """Return operations by boto3's names, such as ``polly.SynthesizeSpeech``, with their checks.

    Args:
        service: By boto3's name.
        operations: By the service's names.
        understood: Parameters by operation; the operation would ignore others, and refuses them.
        code: Of the error for a request that breaks the API model.
    """

    def with_checks(name: str, operation: Operation) -> Operation:
        constraints = RequestConstraints(service, name, code)

        def answer(request: dict[str, Any]) -> Mapping[str, Any]:
            check_understood(name, request, understood.get(name, request))
            constraints.check(request)
            return operation(request)

        return answer

    return {f"{service}.{name}": with_checks(name, each) for name, each in operations.items()}


@cache
def _model(service: str) -> ServiceModel:
    """Return a service's API model, which is large: a process reads it once."""
    return ServiceModel(Loader().load_service_model(service, "service-2"))


def _faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    yield from _own_faults(shape, value, path)
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            inner = f"{path}.{_lower_first(name)}" if path else _lower_first(name)
            if name in value:
                yield from _faults(member, value[name], inner)
            elif name in shape.required_members:
                yield _fault("null ", inner, "Member must not be null")
    elif isinstance(shape, ListShape):
        for index, element in enumerate(value, start=1):
            yield from _faults(shape.member, element, f"{path}.{index}.member")


def _own_faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Yield the faults of a value itself, not of its members."""
    shown = f"'{value}' " if isinstance(value, str | int | float) else ""
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        constraint = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        yield _fault(shown, path, constraint)
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        yield _fault(shown, path, f"Member must satisfy regular expression pattern: {pattern}")
    numeric = isinstance(value, int | float)
    size, noun = (value, "value") if numeric else (len(value), "length")
    if size < shape.metadata.get("min", size):
        limit = f"Member must have {noun} greater than or equal to {shape.metadata['min']}"
        yield _fault(shown, path, limit)
    if size > shape.metadata.get("max", size):
        limit = f"Member must have {noun} less than or equal to {shape.metadata['max']}"
        yield _fault(shown, path, limit)


def _fault(shown: str, path: str, constraint: str) -> str:
    return f"Value {shown}at '{path}' failed to satisfy constraint: {constraint}"


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
