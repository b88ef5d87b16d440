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


def put_once(pk: str, **options: str) -> dict[str, Any]:
    """A transaction's operation that puts a new item."""
    once = {"ConditionExpression": "attribute_not_exists(pk)"}
    return {"Put": {"TableName": TABLE, "Item": {"pk": {"S": pk}}, **once, **options}}


def counted(dynamodb: Any) -> int:
    item = dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "counter"}})["Item"]
    return int(item["n"]["N"])


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


def start(pk: str = "b", under: str = "2026-11", as_: Any = "2") -> dict[str, Any]:
    named_as = as_ if isinstance(as_, dict) else {"S": as_}
    return {"pk": {"S": pk}, "listed_under": {"S": under}, "listed_as": named_as}


def message_of(call: Callable[..., Any], **parameters: Any) -> str:
    """The sentence with which an invalid request is refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    return str(error["Message"])


def test_a_cancelled_transaction_says_why_of_each_operation_and_shows_what_was_there(
    dynamodb: Any,
) -> None:
    put(dynamodb, "taken", owner="me")

    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as cancelled:
        dynamodb.transact_write_items(
            TransactItems=[
                put_once("free"),
                put_once("taken", ReturnValuesOnConditionCheckFailure="ALL_OLD"),
                {
                    "ConditionCheck": {
                        "TableName": TABLE,
                        "Key": {"pk": {"S": "missing"}},
                        "ConditionExpression": "attribute_exists(pk)",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                },
            ]
        )

    free, taken, missing = cancelled.value.response["CancellationReasons"]
    assert free == {"Code": "None"}
    assert taken["Code"] == missing["Code"] == "ConditionalCheckFailed"
    assert taken["Item"] == {"pk": {"S": "taken"}, "owner": {"S": "me"}}
    assert "Item" not in missing
    assert "Item" not in dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "free"}})


def test_a_transaction_has_at_most_one_operation_of_an_item_and_100_in_all(dynamodb: Any) -> None:
    for operations in ([put_once("a"), put_once("a")], [put_once(str(n)) for n in range(101)]):
        assert refusal(dynamodb.transact_write_items, TransactItems=operations) == INVALID

    assert dynamodb.scan(TableName=TABLE)["Count"] == 0


def test_a_transaction_takes_effect_once_for_its_token_within_ten_minutes(
    aws: Aws, dynamodb: Any
) -> None:
    def count(token: str) -> None:
        dynamodb.transact_write_items(TransactItems=[COUNT_ONE], ClientRequestToken=token)

    with aws.clock.stopped():
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(count, ["mine"] * 8))
        assert counted(dynamodb) == 1
        count("another")
        assert counted(dynamodb) == 2

        aws.clock.pass_by(599.9)
        count("mine")
        assert counted(dynamodb) == 2
        aws.clock.pass_by(0.1)
        count("mine")
        assert counted(dynamodb) == 3


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


def test_an_index_is_read_newest_first_in_pages_whatever_is_deleted_meanwhile(
    dynamodb: Any,
) -> None:
    for number in range(5):
        put(dynamodb, f"s{number}", listed_under="2026-11", listed_as=str(number))
    put(dynamodb, "another month", listed_under="2026-12", listed_as="9")
    put(dynamodb, "not listed")

    first = listing(dynamodb, Limit=2)
    dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": "s3"}})
    second = listing(dynamodb, Limit=2, ExclusiveStartKey=first["LastEvaluatedKey"])
    third = listing(dynamodb, Limit=2, ExclusiveStartKey=second["LastEvaluatedKey"])

    assert [listed(page) for page in (first, second, third)] == [["s4", "s3"], ["s2", "s1"], ["s0"]]
    assert first["LastEvaluatedKey"] == start("s3", as_="3")
    assert "LastEvaluatedKey" not in third


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ({"pk": {"S": "b"}}, "The provided starting key is invalid"),
        (start() | {"more": {"S": "x"}}, "The provided starting key is invalid"),
        (start(as_={"N": "2"}), "The provided starting key is invalid"),
        (start(under="2026-10"), "outside query boundaries"),
    ],
    ids=["a part", "too much", "another type", "another partition"],
)
@pytest.mark.parametrize("name", ["listed_under", "#under"])
def test_a_page_cannot_start_where_none_can_have_ended(
    dynamodb: Any, key: dict[str, Any], message: str, name: str
) -> None:
    put(dynamodb, "a", listed_under="2026-11", listed_as="1")
    query: dict[str, Any] = {"KeyConditionExpression": f"{name} = :month"}
    if name.startswith("#"):
        query["ExpressionAttributeNames"] = {name: "listed_under"}

    refused = message_of(listing, dynamodb=dynamodb, ExclusiveStartKey=key, **query)

    assert message in refused
    assert listed(listing(dynamodb, ExclusiveStartKey=start(), **query)) == ["a"]


def test_a_scan_goes_on_from_a_key_of_its_own_table_or_index(dynamodb: Any) -> None:
    for pk in "abc":
        put(dynamodb, pk, listed_under="2026-11", listed_as=pk)

    for index in ({}, {"IndexName": "listing"}):
        first = dynamodb.scan(TableName=TABLE, Limit=2, **index)
        rest = dynamodb.scan(TableName=TABLE, ExclusiveStartKey=first["LastEvaluatedKey"], **index)
        assert listed(first) + listed(rest) == ["a", "b", "c"]
        nowhere = {"TableName": TABLE, "ExclusiveStartKey": {"x": {"S": "y"}}, **index}
        assert refusal(dynamodb.scan, **nowhere) == INVALID


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
