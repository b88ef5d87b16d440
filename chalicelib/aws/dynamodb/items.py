"""Converts records to DynamoDB items and back, and builds conditional writes.

All kinds of records are in one table. Times become numbers of seconds, so that conditions can
compare them.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from chalicelib.profiles.profile import Profile, ProfileStatus
from chalicelib.stories.story import Story, month_of, place_in_list
from chalicelib.stories.upload_request import UploadRequest

STORIES: Final = "story#"
PROFILES: Final = "profile#"
"""What the keys of stories and profiles begin with; those of upload requests: ``upload#``."""

_Record = TypeVar("_Record", Story, UploadRequest, Profile)

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def story_key(story_id: str) -> dict[str, Any]:
    return {"pk": attribute(f"{STORIES}{story_id}")}


def request_key(upload_id: str) -> dict[str, Any]:
    return {"pk": attribute(f"upload#{upload_id}")}


def profile_key(profile_id: str) -> dict[str, Any]:
    return {"pk": attribute(f"{PROFILES}{profile_id}")}


def story_item(story: Story) -> dict[str, Any]:
    listed = {
        "listed_under": attribute(month_of(story)),
        "listed_as": attribute(place_in_list(story)),
    }
    return {**story_key(story.id), **_fields(story), **listed}


def request_item(request: UploadRequest) -> dict[str, Any]:
    return {**request_key(request.id), **_fields(request)}


def profile_item(profile: Profile) -> dict[str, Any]:
    return {**profile_key(profile.id), **_fields(profile)}


def story_of(item: Mapping[str, Any]) -> Story:
    story = _record_of(item, Story)
    if story.complete is None and "truncated" in item:  # written before stories had `complete`
        is_complete = not _deserialize(item["truncated"]) if story.text else None
        story = msgspec.structs.replace(story, complete=is_complete)
    return story


def request_of(item: Mapping[str, Any]) -> UploadRequest:
    return _record_of(item, UploadRequest)


def profile_of(item: Mapping[str, Any]) -> Profile:
    profile = _record_of(item, Profile)
    if profile.attempt is not None:
        old = _deserialize(item["attempt"])
        if old.get("email"):  # written before attempts had `notices`
            is_over = profile.status is not ProfileStatus.PROCESSING
            notices = {old["email"]: is_over and not old.get("notice_owed")}
            attempt = msgspec.structs.replace(profile.attempt, notices=notices)
            profile = msgspec.structs.replace(profile, attempt=attempt)
    return profile


@cache
def stored_names(kind: type[msgspec.Struct]) -> Mapping[str, str]:
    """The attribute name of each field: the field's name, unless the struct gives another."""
    return {field.name: field.encode_name for field in msgspec.structs.fields(kind)}


def attribute(value: Any) -> Any:
    """A `stored` value with its DynamoDB type, as boto3's client needs it."""
    return _serialize(value)


def stored(value: Any) -> Any:
    """A value converted to types that DynamoDB has."""
    builtin = msgspec.to_builtins(value, builtin_types=(datetime,))
    return _with_decimals(builtin)


def _fields(record: Story | UploadRequest | Profile) -> dict[str, Any]:
    """The attributes of a record; a field without a value has none."""
    return {
        stored_as: attribute(stored(value))
        for name, stored_as in stored_names(type(record)).items()
        if (value := getattr(record, name)) is not None
    }


def _record_of(item: Mapping[str, Any], kind: type[_Record]) -> _Record:
    plain = {name: _without_decimals(_deserialize(value)) for name, value in item.items()}
    return msgspec.convert(plain, type=kind, strict=False)


def _with_decimals(value: Any) -> Any:
    match value:
        case datetime():
            return Decimal(round(value.timestamp() * 1000)) / 1000
        case float():
            return Decimal(repr(value))
        case dict():
            return {name: _with_decimals(entry) for name, entry in value.items()}
        case list() | tuple():
            return [_with_decimals(entry) for entry in value]
        case _:
            return value


def _without_decimals(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value)
        case dict():
            return {name: _without_decimals(entry) for name, entry in value.items()}
        case list():
            return [_without_decimals(entry) for entry in value]
        case _:
            return value


def unchanged(expected: Mapping[str, Any]) -> Iterable[ConditionBase]:
    """Conditions that attributes still have these values; None: the attribute is absent."""
    for name, value in expected.items():
        field = Attr(name)
        yield field.not_exists() if value is None else field.eq(stored(value))


def condition(wanted: ConditionBase) -> dict[str, Any]:
    """Parameters of a request that writes only if the condition holds."""
    built = ConditionExpressionBuilder().build_expression(wanted)
    parameters: dict[str, Any] = {
        "ConditionExpression": built.condition_expression,
        "ExpressionAttributeNames": dict(built.attribute_name_placeholders),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    values = built.attribute_value_placeholders
    if values:
        parameters["ExpressionAttributeValues"] = _typed(values)
    return parameters


def update(wanted: ConditionBase, writes: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a conditional update.

    Args:
        wanted: The condition.
        writes: `stored` values by path, such as ``leases.reading``; None removes one.
    """
    parameters = condition(wanted)
    names: dict[str, str] = parameters["ExpressionAttributeNames"]
    values: dict[str, Any] = {}
    sets, removes = [], []
    for number, (path, value) in enumerate(writes.items()):
        steps = {f"#w{number}_{depth}": step for depth, step in enumerate(path.split("."))}
        names |= steps
        if value is None:
            removes.append(".".join(steps))
        else:
            sets.append(f"{'.'.join(steps)} = :w{number}")
            values[f":w{number}"] = value
    clauses = [("SET ", sets), ("REMOVE ", removes)]
    parameters["UpdateExpression"] = " ".join(
        word + ", ".join(parts) for word, parts in clauses if parts
    )
    typed = parameters.get("ExpressionAttributeValues", {}) | _typed(values)
    return parameters | {"ExpressionAttributeValues": typed}


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: attribute(value) for name, value in values.items()}
