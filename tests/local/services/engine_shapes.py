"""Holds the local engines to AWS's own service models, as botocore has them."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

from local.services.service_error import ServiceError

# Refusals at the front door, which every operation has and no model lists.
_COMMON_CODES = {"ValidationException", "SerializationException", "NotImplemented"}

_TYPES: dict[str, type | tuple[type, ...]] = {
    "blob": bytes,
    "boolean": bool,
    "float": (float, int),
    "integer": int,
    "list": list,
    "long": int,
    "string": str,
    "structure": dict,
    "timestamp": datetime,
}


@cache
def operation_model(service: str, operation: str) -> OperationModel:
    model = ServiceModel(Loader().load_service_model(service, "service-2"))
    return model.operation_model(operation)


def assert_fits(response: dict[str, Any], service: str, operation: str) -> None:
    """The response has only the model's members, all required ones, in their types and ranges."""
    shape = operation_model(service, operation).output_shape
    assert shape is not None
    _assert_value_fits(response, shape, operation)


def refusal(answer: Callable[[dict[str, Any]], Any], request: dict[str, Any]) -> str:
    """The code with which an operation refuses a request; it must be one of its own."""
    operation = answer.__name__.title().replace("_", "")
    service = type(getattr(answer, "__self__", None)).__name__.lower()
    return str(service_error(answer, request, service, operation).code)


def service_error(
    answer: Callable[[dict[str, Any]], Any], request: dict[str, Any], service: str, operation: str
) -> ServiceError:
    """The error with which an operation refuses a request; its code must be one of its own."""
    with pytest.raises(ServiceError) as caught:
        answer(request)
    own_codes = {shape.name for shape in operation_model(service, operation).error_shapes}
    assert caught.value.code in own_codes | _COMMON_CODES
    assert caught.value.message
    return caught.value


def _assert_value_fits(value: Any, shape: Shape, path: str) -> None:
    is_of_type = isinstance(value, _TYPES[shape.type_name])
    assert is_of_type, path
    assert value in (shape.metadata.get("enum") or [value]), path
    if isinstance(shape, StructureShape):
        assert set(value) <= set(shape.members), path
        assert set(shape.required_members) <= set(value), path
        for name, member in value.items():
            _assert_value_fits(member, shape.members[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for element in value:
            _assert_value_fits(element, shape.member, f"{path}[]")
    elif isinstance(value, int | float):
        assert shape.metadata.get("min", value) <= value <= shape.metadata.get("max", value), path
