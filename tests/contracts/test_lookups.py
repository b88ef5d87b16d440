"""What the indexes lead to, whatever they hold of a record themselves."""

from typing import Any

import boto3
import pytest

from chalicelib.aws.dynamodb import items, lookups
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.errors import TransientError
from local.resources.creation import create_stories_table
from tests.fakes.builders import story
from tests.fakes.clock import NOW

TABLE = "stories"
FIRST = items.story_item(story(id="story-1"))
SECOND = items.story_item(story(id="story-2"))


class BusyTable:
    """A table that looks one key up at a time, or none."""

    def __init__(self, *kept: dict[str, Any], at_once: int = 1) -> None:
        self.kept = {item["pk"]["S"]: item for item in kept}
        self.at_once = at_once

    def batch_get_item(self, RequestItems: Any) -> dict[str, Any]:  # noqa: N803
        keys = RequestItems[TABLE]["Keys"]
        now, rest = keys[: self.at_once], keys[self.at_once :]
        found = [self.kept[key["pk"]["S"]] for key in now if key["pk"]["S"] in self.kept]
        return {"Responses": {TABLE: found}, "UnprocessedKeys": {TABLE: {"Keys": rest}}}


def behind(table: BusyTable, *entries: dict[str, Any]) -> list[dict[str, Any]]:
    client: Any = table
    return lookups.behind(client, TABLE, lookups.LISTING_INDEX, entries)


def test_all_records_are_looked_up_in_the_order_of_the_index() -> None:
    assert behind(BusyTable(SECOND, FIRST), FIRST, SECOND) == [FIRST, SECOND]


def test_a_table_that_answers_nothing_is_trouble() -> None:
    with pytest.raises(TransientError):
        behind(BusyTable(FIRST, at_once=0), FIRST)


def test_a_record_that_left_the_index_meanwhile_is_left_out() -> None:
    deleted = {name: value for name, value in FIRST.items() if name != "listed_under"}

    assert behind(BusyTable(deleted), FIRST, SECOND) == []


@pytest.mark.parametrize("projection", ["ALL", "KEYS_ONLY"])
def test_the_indexes_of_older_stages_do_as_well(
    aws: boto3.session.Session, projection: str
) -> None:
    client = aws.client("dynamodb")
    create_stories_table(client, TABLE, projection=projection)
    stories = StoriesTable(client, TABLE)
    kept = story(unfinished_since=NOW, text="Once.")
    stories.claim(kept)

    assert stories.listed(f"{NOW:%Y-%m}", 9).stories == [kept]
    assert stories.unfinished().stories == [kept]
