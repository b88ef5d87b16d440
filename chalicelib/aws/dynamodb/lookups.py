"""Looks up items: by their keys, and through the indexes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws.dynamodb import items
from chalicelib.aws.requests import request
from chalicelib.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LISTING_INDEX: Final = "listing"
"""Sparse, on `listed_under` and `listed_as`: stories by month and creation time, and upload
requests by the story's generation that fulfils them."""

UNFINISHED_INDEX: Final = "unfinished"
"""Sparse index, on `unfinished_since`: holds unfinished records only."""

_KEYS: Final = {
    LISTING_INDEX: ("listed_under", "listed_as"),
    UNFINISHED_INDEX: ("unfinished_since",),
}

BATCH: Final = 100
"""The most records that one request looks up (DynamoDB, BatchGetItem)."""


def find(client: "DynamoDBClient", table: str, key: dict[str, Any]) -> dict[str, Any] | None:
    """The item with this key as it is now: a client may ask right after its upload."""
    response = request(client.get_item, TableName=table, Key=key, ConsistentRead=True)
    found: dict[str, Any] | None = response.get("Item")
    return found


def find_all(
    client: "DynamoDBClient", table: str, keys: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], Sequence[Mapping[str, Any]]]:
    """Items with these keys as they are now, and the keys that were not looked up this time."""
    wanted: Any = {table: {"Keys": keys, "ConsistentRead": True}}
    response = request(client.batch_get_item, RequestItems=wanted)
    found: Any = response["Responses"].get(table, [])
    rest: Any = response.get("UnprocessedKeys", {})
    return found, rest.get(table, {}).get("Keys", [])


def behind(
    client: "DynamoDBClient", table: str, index: str, entries: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The items of at most `BATCH` entries of an index, without those that left their places.

    An index has the keys only, so that a write that changes no key costs nothing there.
    """
    places = {entry["pk"]["S"]: [entry[name] for name in _KEYS[index]] for entry in entries}
    keys: Sequence[Mapping[str, Any]] = [{"pk": items.attribute(pk)} for pk in places]
    found: dict[str, dict[str, Any]] = {}
    while keys:
        some, rest = find_all(client, table, keys)
        if len(rest) == len(keys):
            raise TransientError("BatchGetItem answered none of the keys")
        found |= {item["pk"]["S"]: item for item in some}
        keys = rest
    return [
        found[pk]
        for pk, place in places.items()
        if pk in found and [found[pk].get(name) for name in _KEYS[index]] == place
    ]


def unfinished_page(
    client: "DynamoDBClient", table: str, kind: str, page: Any
) -> tuple[list[dict[str, Any]], Any]:
    """A page of the unfinished items whose keys begin with `kind`, and the next page's start."""
    # Scans the index, which holds unfinished records only.
    start = {"ExclusiveStartKey": page} if page else {}
    response = request(
        client.scan,
        TableName=table,
        IndexName=UNFINISHED_INDEX,
        FilterExpression="begins_with(pk, :kind)",
        ExpressionAttributeValues={":kind": items.attribute(kind)},
        Limit=BATCH,
        **start,
    )
    found = behind(client, table, UNFINISHED_INDEX, response["Items"])
    return found, response.get("LastEvaluatedKey")
