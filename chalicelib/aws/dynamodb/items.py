"""Converts records to DynamoDB items and back; all kinds of records are in one table.

Times become numbers of seconds, so that conditions can compare them.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from chalicelib.profiles.profile import Profile
from chalicelib.stories.story import Story, month_of, place_in_list
from chalicelib.stories.upload_request import UploadRequest

LISTING_INDEX: Final = "listing"
"""Sparse, on `listed_under` and `listed_as`: stories by month and creation time, and upload
requests by the story's generation that fulfils them."""

UNFINISHED_INDEX: Final = "unfinished"
"""Sparse index, on `unfinished_since`: holds unfinished records only."""

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
    return _record_of(item, Story)


def request_of(item: Mapping[str, Any]) -> UploadRequest:
    return _record_of(item, UploadRequest)


def profile_of(item: Mapping[str, Any]) -> Profile:
    return _record_of(item, Profile)


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
