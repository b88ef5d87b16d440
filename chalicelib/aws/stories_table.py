"""DynamoDB as the table of stories: one item a story, every write conditional."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder

from chalicelib.aws import items
from chalicelib.aws.requests import RequestFailed, request
from chalicelib.errors import LeaseHeld, StoryChanged
from chalicelib.ports import StoriesPage
from chalicelib.story import Lease, Story, sources

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

UNFINISHED_INDEX: Final = "unfinished"
"""Sparse, on `unfinished_since`: in no other story that attribute exists."""

_CONDITION_FAILED: Final = "ConditionalCheckFailedException"


class StoriesTable:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def claim(self, story: Story) -> Story | None:
        try:
            request(
                self._client.put_item,
                TableName=self._table,
                Item=items.item_of(story),
                # Claims or finds in one request. A look-up first would let two simultaneous
                # uploads of one photo both find nothing, and both be paid for.
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except RequestFailed as failure:
            existing = _existing_story(failure)
            # Our own claim, stored by an attempt whose answer the client never saw.
            if existing is None or existing.generation != story.generation:
                return _or_raise(existing, failure)
        return None

    def find(self, story_id: str) -> Story | None:
        response = request(
            self._client.get_item,
            TableName=self._table,
            Key=items.key_of(story_id),
            ConsistentRead=True,  # a client may ask the moment its upload is answered
        )
        return items.story_of(response["Item"]) if "Item" in response else None

    def lease(self, story_id: str, generation: str, lease: Lease, now: datetime) -> Story:
        held = f"leases.{lease.stage}"
        free = Attr(held).not_exists() | Attr(f"{held}.until").lte(items.stored(now))
        try:
            return self._write(
                story_id, Attr("generation").eq(generation) & free, {held: items.stored(lease)}
            )
        except RequestFailed as failure:
            existing = _or_raise(_existing_story(failure), failure)
            if existing is None or existing.generation != generation:
                raise _gone(story_id, generation) from failure
            current = existing.leases[lease.stage]
            if current == lease:  # taken by an attempt whose answer the client never saw
                return existing
            raise LeaseHeld(
                current.message_id, current.until, gives_up=current.gives_up
            ) from failure

    def update(
        self,
        story: Story,
        changes: Mapping[str, Any],
        *,
        expect: Mapping[str, Any] | None = None,
        lease: Lease | None = None,
        release: bool = False,
    ) -> Story:
        condition: ConditionBase = Attr("generation").eq(story.generation)
        if "status" in changes:
            condition &= Attr("status").is_in(sorted(sources(changes["status"])))
        for name, value in (expect or {}).items():
            unchanged = (
                Attr(name).not_exists() if value is None else Attr(name).eq(items.stored(value))
            )
            condition &= unchanged
        writes = {name: items.stored(value) for name, value in changes.items()}
        if lease:
            condition &= Attr(f"leases.{lease.stage}").eq(items.stored(lease))
            if release:
                writes[f"leases.{lease.stage}"] = None
        try:
            return self._write(story.id, condition, writes)
        except RequestFailed as failure:
            existing = _or_raise(_existing_story(failure), failure)
            if existing is not None and _written_before(failure, existing, changes):
                return existing
            raise _gone(story.id, story.generation) from failure

    def unfinished(self, page: Any = None) -> StoriesPage:
        # A scan of an index that holds unfinished stories only: it reads nothing else.
        start = {"ExclusiveStartKey": page} if page else {}
        response = request(
            self._client.scan, TableName=self._table, IndexName=UNFINISHED_INDEX, **start
        )
        stories = [items.story_of(item) for item in response["Items"]]
        return StoriesPage(stories, response.get("LastEvaluatedKey"))

    def _write(self, story_id: str, condition: ConditionBase, writes: Mapping[str, Any]) -> Story:
        """Set paths to values (None removes one) if the condition holds."""
        built = ConditionExpressionBuilder().build_expression(condition)
        names = dict(built.attribute_name_placeholders)
        values = dict(built.attribute_value_placeholders)
        sets, removes = [], []
        for number, (path, value) in enumerate(writes.items()):
            placeholders = {
                f"#w{number}_{depth}": step for depth, step in enumerate(path.split("."))
            }
            names |= placeholders
            if value is None:
                removes.append(".".join(placeholders))
            else:
                sets.append(f"{'.'.join(placeholders)} = :w{number}")
                values[f":w{number}"] = value
        clauses = [("SET ", sets), ("REMOVE ", removes)]
        update = " ".join(word + ", ".join(parts) for word, parts in clauses if parts)
        response = request(
            self._client.update_item,
            TableName=self._table,
            Key=items.key_of(story_id),
            ConditionExpression=built.condition_expression,
            UpdateExpression=update,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={name: items.attribute(v) for name, v in values.items()},
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        return items.story_of(response["Attributes"])


def _existing_story(failure: RequestFailed) -> Story | None:
    """The story that made a condition fail; None when there is none with that id."""
    item = failure.response.get("Item")
    return items.story_of(item) if item else None


def _or_raise(existing: Story | None, failure: RequestFailed) -> Story | None:
    """What was found, when it was the condition that failed and not the request."""
    if failure.aws_code != _CONDITION_FAILED:
        raise failure
    return existing


def _written_before(failure: RequestFailed, existing: Story, changes: Mapping[str, Any]) -> bool:
    """Did an earlier attempt of this very request write already, and only its answer get lost?

    The client retries on its own after a timeout; its second attempt then meets the state
    that its first one left.
    """
    retried = failure.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
    return retried and all(getattr(existing, name) == value for name, value in changes.items())


def _gone(story_id: str, generation: str) -> StoryChanged:
    return StoryChanged(f"story {story_id} of generation {generation} is not in that state")
