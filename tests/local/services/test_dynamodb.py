"""What DynamoDB refuses of the app's requests, and how it answers the rest."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.resources.creation import create_stories_table
from tests.local.conftest import Aws, refusal

TABLE = "stories"
COUNT_ONE: dict[str, Any] = {
    "Update": {
        "TableName": TABLE,
        "Key": {"pk": {"S": "counter"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
}
INVALID = ("ValidationException", 400)
MISTYPED = {"pk": {"S": "x"}, "listed_under": {"N": "1"}}


@pytest.fixture
def dynamodb(aws: Aws) -> Any:
    client = aws.client("dynamodb")
    create_stories_table(client, TABLE)
    return client


def put(dynamodb: Any, pk: str, **attributes: str) -> None:
    item = {name: {"S": value} for name, value in attributes.items()}
    dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": pk}, **item})


def put_once(pk: str) -> dict[str, Any]:
    """A transaction's operation that puts a new item."""
    once = {"ConditionExpression": "attribute_not_exists(pk)"}
    return {"Put": {"TableName": TABLE, "Item": {"pk": {"S": pk}}, **once}}


def listing(dynamodb: Any, **more: Any) -> Any:
    query = {
        "TableName": TABLE,
        "IndexName": "listing",
        "KeyConditionExpression": "listed_under = :month",
        "ExpressionAttributeValues": {":month": {"S": "2026-11"}},
        "ScanIndexForward": False,
    }
    return dynamodb.query(**query | more)


def listed(page: Any) -> list[str]:
    return [item["pk"]["S"] for item in page["Items"]]


def start(under: str = "2026-11", **listed_as: str) -> dict[str, Any]:
    return {"pk": {"S": "b"}, "listed_under": {"S": under}, "listed_as": listed_as or {"S": "2"}}


def message_of(call: Callable[..., Any], **parameters: Any) -> str:
    """The sentence with which an invalid request is refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    return str(error["Message"])


def test_a_transaction_takes_effect_once_for_its_token_within_ten_minutes(
    aws: Aws, dynamodb: Any
) -> None:
    def count(token: str) -> int:
        dynamodb.transact_write_items(TransactItems=[COUNT_ONE], ClientRequestToken=token)
        item = dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "counter"}})["Item"]
        return int(item["n"]["N"])

    with aws.clock.stopped():
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(count, ["mine"] * 8)) == [1] * 8
        assert count("another") == 2

        aws.clock.pass_by(599.9)
        assert count("mine") == 2
        aws.clock.pass_by(0.1)
        assert count("mine") == 3


def test_a_batch_gets_at_least_one_key(dynamodb: Any) -> None:
    assert refusal(dynamodb.batch_get_item, RequestItems={}) == INVALID


def test_a_token_is_for_one_transaction_which_may_be_tried_again_after_it_was_cancelled(
    dynamodb: Any,
) -> None:
    put(dynamodb, "taken")
    request: dict[str, Any] = {"TransactItems": [put_once("taken")], "ClientRequestToken": "mine"}
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(**request)
    dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": "taken"}})

    dynamodb.transact_write_items(**request)

    with pytest.raises(dynamodb.exceptions.IdempotentParameterMismatchException):
        dynamodb.transact_write_items(**request | {"TransactItems": [put_once("a")]})
    assert dynamodb.scan(TableName=TABLE)["Count"] == 1


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ({"pk": {"S": "b"}}, "The provided starting key is invalid"),
        (start() | {"more": {"S": "x"}}, "The provided starting key is invalid"),
        (start(N="2"), "The provided starting key is invalid"),
        (start(under="2026-10"), "outside query boundaries"),
    ],
    ids=["a part", "too much", "another type", "another partition"],
)
def test_a_page_cannot_start_where_none_can_have_ended(
    dynamodb: Any, key: dict[str, Any], message: str
) -> None:
    put(dynamodb, "a", listed_under="2026-11", listed_as="1")

    assert message in message_of(listing, dynamodb=dynamodb, ExclusiveStartKey=key)
    assert listed(listing(dynamodb, ExclusiveStartKey=start())) == ["a"]


def test_a_scan_goes_on_from_a_key_of_its_own_index(dynamodb: Any) -> None:
    for pk in "abc":
        put(dynamodb, pk, listed_under="2026-11", listed_as=pk)
    index = {"TableName": TABLE, "IndexName": "listing"}

    first = dynamodb.scan(**index, Limit=2)
    rest = dynamodb.scan(**index, ExclusiveStartKey=first["LastEvaluatedKey"])

    assert listed(first) + listed(rest) == ["a", "b", "c"]
    assert refusal(dynamodb.scan, **index, ExclusiveStartKey={"x": {"S": "y"}}) == INVALID


def test_an_item_whose_index_key_is_of_another_type_is_refused(dynamodb: Any) -> None:
    put: dict[str, Any] = {"TableName": TABLE, "Item": MISTYPED}
    refused = [
        message_of(dynamodb.put_item, **put),
        message_of(dynamodb.transact_write_items, TransactItems=[{"Put": put}]),
    ]

    for message in refused:
        assert "listed_under Expected: S Actual: N IndexName: listing" in message
    assert dynamodb.scan(TableName=TABLE)["Count"] == 0


@pytest.mark.parametrize(
    ("parameter", "placeholder", "value"),
    [
        ("ExpressionAttributeValues", ":unused", {"S": "x"}),
        ("ExpressionAttributeNames", "#unused", "x"),
    ],
)
def test_a_name_or_value_that_no_expression_uses_is_refused(
    dynamodb: Any, parameter: str, placeholder: str, value: Any
) -> None:
    used: dict[str, Any] = {
        "ExpressionAttributeValues": {":month": {"S": "2026-11"}},
        "ExpressionAttributeNames": {"#under": "listed_under"},
        "KeyConditionExpression": "#under = :month",
    }
    update = COUNT_ONE["Update"]
    listing(dynamodb, **used)

    used[parameter][placeholder] = value
    update = update | {parameter: update.get(parameter, {}) | {placeholder: value}}
    refused = [
        message_of(listing, dynamodb=dynamodb, **used),
        message_of(dynamodb.transact_write_items, TransactItems=[{"Update": update}]),
    ]

    sentence = f"Value provided in {parameter} unused in expressions: keys: {{{placeholder}}}"
    assert refused == [sentence, sentence]


def test_a_batch_gets_from_one_to_100_keys_each_once(dynamodb: Any) -> None:
    keys = [{"pk": {"S": str(number)}} for number in range(101)]

    for batch in ({}, {TABLE: {"Keys": keys}}, {TABLE: {"Keys": keys[:1] * 2}}):
        assert refusal(dynamodb.batch_get_item, RequestItems=batch) == INVALID


def test_a_batch_of_over_16_mb_leaves_keys_to_be_asked_for_again(dynamodb: Any) -> None:
    for number in range(43):
        put(dynamodb, str(number), text="x" * 395_000)
    keys = [{"pk": {"S": str(number)}} for number in range(43)]

    first = dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": keys}})
    rest = dynamodb.batch_get_item(RequestItems=first["UnprocessedKeys"])

    assert 0 < len(rest["Responses"][TABLE]) < 5
    assert rest["UnprocessedKeys"] == {}
    got = first["Responses"][TABLE] + rest["Responses"][TABLE]
    assert {item["pk"]["S"] for item in got} == {str(number) for number in range(43)}
