"""DynamoDB as the table of profiles: a write succeeds only over the version that was read."""

from typing import TYPE_CHECKING, Any

import msgspec
from boto3.dynamodb.conditions import Attr, ConditionBase

from chalicelib.aws.dynamodb import items, lookups
from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import ProfileChangedError
from chalicelib.profiles.ports import ProfilesPage
from chalicelib.profiles.profile import Profile

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ProfilesTable(msgspec.Struct, frozen=True):
    client: "DynamoDBClient"
    table: str

    def find(self, profile_id: str) -> Profile | None:
        item = lookups.find(self.client, self.table, items.profile_key(profile_id))
        return items.profile_of(item) if item else None

    def save(self, profile: Profile, *, over: Profile | None) -> None:
        try:
            request(
                self.client.put_item,
                TableName=self.table,
                Item=items.profile_item(profile),
                **items.condition(_still(over)),
            )
        except RequestFailedError as failure:
            # An equal item: an earlier attempt of boto3 wrote it, and its answer was lost.
            if _in_the_way(failure) != profile:
                raise _changed(profile) from failure

    def remove(self, profile: Profile) -> None:
        try:
            request(
                self.client.delete_item,
                TableName=self.table,
                Key=items.profile_key(profile.id),
                **items.condition(_still(profile) | _still(None)),
            )
        except RequestFailedError as failure:
            _in_the_way(failure)
            raise _changed(profile) from failure

    def unfinished(self, page: Any = None) -> ProfilesPage:
        found, following = lookups.unfinished_page(self.client, self.table, items.PROFILES, page)
        return ProfilesPage([items.profile_of(item) for item in found], following)


def _still(version: Profile | None) -> ConditionBase:
    return Attr("version").eq(version.version) if version else Attr("pk").not_exists()


def _in_the_way(failure: RequestFailedError) -> Profile | None:
    """The stored profile that made a condition fail; raises any other failure."""
    if failure.aws_code != "ConditionalCheckFailedException":
        raise failure
    item = failure.response.get("Item")
    return items.profile_of(item) if item else None


def _changed(profile: Profile) -> ProfileChangedError:
    return ProfileChangedError(f"profile {profile.id} has another version by now")
