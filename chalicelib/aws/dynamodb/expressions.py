"""Parameters of conditional writes, and pages of the index of unfinished records."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder

from chalicelib.aws.dynamodb import items
from chalicelib.aws.requests import request

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def unchanged(expected: Mapping[str, Any]) -> Iterable[ConditionBase]:
    """Conditions that attributes still have these values; None: the attribute is absent."""
    for name, value in expected.items():
        field = Attr(name)
        yield field.not_exists() if value is None else field.eq(items.stored(value))


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
        writes: `items.stored` values by path, such as ``leases.reading``; None removes one.
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
    return {name: items.attribute(value) for name, value in values.items()}


def unfinished_page(
    client: "DynamoDBClient", table: str, kind: str, page: Any
) -> tuple[list[dict[str, Any]], Any]:
    """A page of the unfinished items whose keys begin with `kind`, and the next page's start."""
    # Scans the index, which holds unfinished records only.
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
