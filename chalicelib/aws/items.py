"""Stories as DynamoDB items, and back.

Moments become numbers of seconds, so that conditions can compare them.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from chalicelib.story import Story

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def key_of(story_id: str) -> dict[str, Any]:
    return {"pk": attribute(f"story#{story_id}")}


def item_of(story: Story) -> dict[str, Any]:
    """Every field that has a value, typed as DynamoDB wants it."""
    fields = {
        name: attribute(stored(value))
        for name in story.__struct_fields__
        if (value := getattr(story, name)) is not None
    }
    return {**key_of(story.id), **fields}


def story_of(item: Mapping[str, Any]) -> Story:
    plain = {name: _without_decimals(_deserialize(value)) for name, value in item.items()}
    return msgspec.convert(plain, type=Story, strict=False)


def attribute(value: Any) -> Any:
    """A `stored` value with its type, as requests carry it."""
    return _serialize(value)


def stored(value: Any) -> Any:
    """A value of ours in the types that DynamoDB has."""
    builtin = msgspec.to_builtins(value, builtin_types=(datetime,))
    return _with_decimals(builtin)


def _with_decimals(value: Any) -> Any:
    match value:
        case datetime():
            return Decimal(round(value.timestamp() * 1000)) / 1000
        case dict():
            return {name: _with_decimals(entry) for name, entry in value.items()}
        case _:
            return value


def _without_decimals(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value)
        case dict():
            return {name: _without_decimals(entry) for name, entry in value.items()}
        case _:
            return value
