"""DynamoDB as the table of upload requests, with the transaction that claims a story for one."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from boto3.dynamodb.conditions import Attr, ConditionBase

from chalicelib.aws.dynamodb import items, lookups
from chalicelib.aws.dynamodb.stories_table import claim_parameters
from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import StoryChangedError
from chalicelib.stories.ports import UploadRequestsPage
from chalicelib.stories.story import Status, Story
from chalicelib.stories.upload_request import OPEN, UploadRequest, UploadRequestChanges, fulfilment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CONDITION_FAILED: Final = "ConditionalCheckFailed"


class UploadRequestsTable(msgspec.Struct, frozen=True):
    client: "DynamoDBClient"
    table: str

    def add(self, upload: UploadRequest) -> None:
        request(self.client.put_item, TableName=self.table, Item=items.request_item(upload))

    def find(self, upload_id: str) -> UploadRequest | None:
        item = lookups.find(self.client, self.table, items.request_key(upload_id))
        return items.request_of(item) if item else None

    def claim_story(
        self,
        upload: UploadRequest,
        photo_arrived_at: datetime,
        story: Story,
        *,
        over: Story | None = None,
    ) -> Story | None:
        claim = {"Put": claim_parameters(self.table, story, over)}
        fulfilment = self._fulfilment(upload, story, photo_arrived_at)
        claimed, fulfilled = self._transact(claim, fulfilment)
        if _failed(claimed):
            existing = items.story_of(claimed["Item"])
            return None if existing.generation == story.generation else existing
        if _failed(fulfilled):
            raise StoryChangedError(f"upload {upload.id} is fulfilled already, or gone")
        return None

    def fulfil(self, upload: UploadRequest, story: Story, photo_arrived_at: datetime) -> None:
        alive = Attr("generation").eq(story.generation) & Attr("status").ne(Status.DELETED.value)
        check = {
            "ConditionCheck": {
                "TableName": self.table,
                "Key": items.story_key(story.id),
                **items.condition(alive),
            }
        }
        fulfilment = self._fulfilment(upload, story, photo_arrived_at)
        checked, fulfilled = self._transact(check, fulfilment)
        if _failed(checked) or (_failed(fulfilled) and not _is_by(fulfilled, story)):
            raise StoryChangedError(f"upload {upload.id} cannot be fulfilled by story {story.id}")

    def update(self, upload: UploadRequest, changes: UploadRequestChanges) -> UploadRequest:
        expected = _stored({name: getattr(upload, name) for name in {"status", *changes}})
        condition: ConditionBase = Attr("pk").exists()
        for still in items.unchanged(expected):
            condition &= still
        values = {name: items.stored(value) for name, value in _stored(changes).items()}
        try:
            response = request(
                self.client.update_item,
                TableName=self.table,
                Key=items.request_key(upload.id),
                ReturnValues="ALL_NEW",
                **items.update(condition, values),
            )
        except RequestFailedError as failure:
            if failure.aws_code != "ConditionalCheckFailedException":
                raise
            raise StoryChangedError(f"upload {upload.id} is not in that state") from failure
        return items.request_of(response["Attributes"])

    def fulfilled_by(self, story_id: str, generation: str, page: Any = None) -> UploadRequestsPage:
        start = {"ExclusiveStartKey": page} if page else {}
        response = request(
            self.client.query,
            TableName=self.table,
            IndexName=lookups.LISTING_INDEX,
            KeyConditionExpression="listed_under = :life",
            ExpressionAttributeValues={":life": items.attribute(_life(story_id, generation))},
            Limit=lookups.BATCH,
            **start,
        )
        found = lookups.behind(self.client, self.table, lookups.LISTING_INDEX, response["Items"])
        requests = [items.request_of(item) for item in found]
        return UploadRequestsPage(requests, response.get("LastEvaluatedKey"))

    def _fulfilment(
        self, upload: UploadRequest, story: Story, photo_arrived_at: datetime
    ) -> dict[str, Any]:
        listed = {"listed_under": _life(story.id, story.generation), "listed_as": upload.id}
        changes = fulfilment(story, photo_arrived_at)
        values = {name: items.stored(value) for name, value in _stored(changes).items()} | listed
        is_open: ConditionBase = Attr("status").is_in(sorted(OPEN))
        if upload.generation is not None:  # fulfilled by a story that was deleted
            is_open |= Attr("generation").eq(upload.generation)
        key = items.request_key(upload.id)
        return {"Update": {"TableName": self.table, "Key": key, **items.update(is_open, values)}}

    def _transact(self, *writes: Any) -> list[dict[str, Any]]:
        """Do all writes or none; returns the reason for each that was not done.

        Raises:
            RequestFailedError: The request failed for another reason than a condition.
        """
        try:
            request(self.client.transact_write_items, TransactItems=writes)
        except RequestFailedError as failure:
            reasons: list[dict[str, Any]] = failure.response.get("CancellationReasons", [])
            if not any(_failed(reason) for reason in reasons):
                raise  # throttled, or in conflict with another write
            return reasons
        return [{} for _ in writes]


def _stored(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes by the names of their attributes."""
    names = items.stored_names(UploadRequest)
    return {names[name]: value for name, value in changes.items()}


def _failed(reason: Mapping[str, Any]) -> bool:
    return reason.get("Code") == _CONDITION_FAILED


def _is_by(reason: Mapping[str, Any], story: Story) -> bool:
    """Does this story fulfil the request already?"""
    item = reason.get("Item")
    found = items.request_of(item) if item else None
    return found is not None and (found.story_id, found.generation) == (story.id, story.generation)


def _life(story_id: str, generation: str) -> str:
    return f"{story_id}#{generation}"
