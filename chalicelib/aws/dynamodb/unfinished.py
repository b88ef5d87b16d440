"""Records for which something is still to be done, of one kind of several in one index."""

from typing import TYPE_CHECKING, Any

from chalicelib.aws.dynamodb import items
from chalicelib.aws.requests import request

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def page_of(
    client: "DynamoDBClient", table: str, kind: str, page: Any
) -> tuple[list[dict[str, Any]], Any]:
    """A page of the unfinished items whose keys begin so, and where the next one begins."""
    # A scan of an index that holds unfinished records only: it reads nothing else.
    start = {"ExclusiveStartKey": page} if page else {}
    response = request(
        client.scan,
        TableName=table,
        IndexName=items.UNFINISHED_INDEX,
        FilterExpression="begins_with(pk, :kind)",
        ExpressionAttributeValues={":kind": items.attribute(kind)},
        **start,
    )
    found: Any = response["Items"]
    return found, response.get("LastEvaluatedKey")
