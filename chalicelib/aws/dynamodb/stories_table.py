"""DynamoDB as the table of stories: one item for each story, only conditional writes."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from boto3.dynamodb.conditions import Attr, ConditionBase

from chalicelib.aws.dynamodb import items, lookups
from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import LeaseHeldError, StoryChangedError
from chalicelib.stories.changes import Move
from chalicelib.stories.ports import StoriesFound, StoriesPage
from chalicelib.stories.story import Lease, Status, Story, sources

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ALIVE: Final = Attr("status").ne(Status.DELETED.value)
_CONDITION_FAILED: Final = "ConditionalCheckFailedException"


class StoriesTable(msgspec.Struct, frozen=True):
    client: "DynamoDBClient"
    table: str

    def claim(self, story: Story, *, over: Story | None = None) -> Story | None:
        try:
            # One request claims or finds. With a look-up first, two simultaneous uploads of one
            # photo could both find nothing, and both pay for reading.
            request(self.client.put_item, **claim_parameters(self.table, story, over))
        except RequestFailedError as failure:
            existing = _existing_story(failure)
            # The same generation: an earlier attempt of boto3 stored it, and its answer was lost.
            if existing is None or existing.generation != story.generation:
                return _or_raise(existing, failure)
        return None

    def find(self, story_id: str) -> Story | None:
        item = lookups.find(self.client, self.table, items.story_key(story_id))
        return items.story_of(item) if item else None

    def find_all(self, story_ids: Collection[str]) -> StoriesFound:
        keys = [items.story_key(story_id) for story_id in story_ids]
        found, rest = lookups.find_all(self.client, self.table, keys)
        stories = [items.story_of(item) for item in found]
        unanswered = [str(key["pk"]["S"]).removeprefix(items.STORIES) for key in rest]
        return StoriesFound({story.id: story for story in stories}, unanswered)

    def listed(self, month: str, limit: int, before: str | None = None) -> StoriesPage:
        start: dict[str, Any] = {}
        if before is not None:
            _, _, story_id = before.partition("#")
            place = {"listed_under": month, "listed_as": before}
            typed = {name: items.attribute(value) for name, value in place.items()}
            start["ExclusiveStartKey"] = items.story_key(story_id) | typed
        response = request(
            self.client.query,
            TableName=self.table,
            IndexName=lookups.LISTING_INDEX,
            KeyConditionExpression="listed_under = :month",
            ExpressionAttributeValues={":month": items.attribute(month)},
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        last = response.get("LastEvaluatedKey")
        found = lookups.behind(self.client, self.table, lookups.LISTING_INDEX, response["Items"])
        return StoriesPage(
            [items.story_of(item) for item in found], last["listed_as"]["S"] if last else None
        )

    def lease(self, story_id: str, generation: str, lease: Lease, now: datetime) -> Story:
        held = f"leases.{lease.step}"
        free = Attr(held).not_exists() | Attr(f"{held}.until").lte(items.stored(now))
        try:
            condition = Attr("generation").eq(generation) & _ALIVE & free
            return self._write(story_id, condition, {held: items.stored(lease)})
        except RequestFailedError as failure:
            existing = _or_raise(_existing_story(failure), failure)
            if (
                existing is None
                or existing.generation != generation
                or existing.status is Status.DELETED
            ):
                raise _gone(story_id, generation) from failure
            current = existing.leases[lease.step]
            if current == lease:  # an earlier attempt took it, and its answer was lost
                return existing
            raise LeaseHeldError(
                current.message_id, current.until, gives_up=current.gives_up
            ) from failure

    def apply(
        self, story: Story, move: Move, *, lease: Lease | None = None, release: bool = False
    ) -> Story:
        changes = move.changes
        condition: ConditionBase = Attr("generation").eq(story.generation)
        only_releases = release and not changes
        if story.status is not Status.DELETED and not only_releases:
            condition &= _ALIVE
        if "status" in changes:
            condition &= Attr("status").is_in(sorted(sources(changes["status"])))
        for still in items.unchanged(move.expect):
            condition &= still
        values = {name: items.stored(value) for name, value in changes.items()}
        if changes.get("status") is Status.DELETED:
            values["listed_under"] = None
        if lease:
            condition &= Attr(f"leases.{lease.step}").eq(items.stored(lease))
            if release:
                values[f"leases.{lease.step}"] = None
        try:
            return self._write(story.id, condition, values)
        except RequestFailedError as failure:
            existing = _or_raise(_existing_story(failure), failure)
            if existing is not None and _written_before(failure, existing, move):
                return existing
            raise _gone(story.id, story.generation) from failure

    def unfinished(self, page: Any = None) -> StoriesPage:
        found, following = lookups.unfinished_page(self.client, self.table, items.STORIES, page)
        return StoriesPage([items.story_of(item) for item in found], following)

    def _write(self, story_id: str, condition: ConditionBase, values: Mapping[str, Any]) -> Story:
        response = request(
            self.client.update_item,
            TableName=self.table,
            Key=items.story_key(story_id),
            ReturnValues="ALL_NEW",
            **items.update(condition, values),
        )
        return items.story_of(response["Attributes"])


def claim_parameters(table: str, story: Story, over: Story | None) -> dict[str, Any]:
    """Parameters of a put that stores a story if its id is free, or is that of a deleted `over`."""
    free: ConditionBase = Attr("pk").not_exists()
    if over is not None:
        deleted = Attr("generation").eq(over.generation) & Attr("status").eq(Status.DELETED.value)
        free |= deleted
    return {"TableName": table, "Item": items.story_item(story), **items.condition(free)}


def _existing_story(failure: RequestFailedError) -> Story | None:
    """The stored story that made a condition fail; None: no story has the id."""
    item = failure.response.get("Item")
    return items.story_of(item) if item else None


def _or_raise(existing: Story | None, failure: RequestFailedError) -> Story | None:
    """Return `existing` if a condition failed; raise any other failure."""
    if failure.aws_code != _CONDITION_FAILED:
        raise failure
    return existing


def _written_before(failure: RequestFailedError, existing: Story, move: Move) -> bool:
    """Did an earlier attempt of this request write the move?

    boto3 retries after a timeout. Then the condition fails because of the first attempt's write.
    """
    retried = failure.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
    changes = move.changes.items()
    return retried and all(getattr(existing, name) == value for name, value in changes)


def _gone(story_id: str, generation: str) -> StoryChangedError:
    return StoryChangedError(f"story {story_id} of generation {generation} is not in that state")
