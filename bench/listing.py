"""What a page of the list costs in a table of 100 stories, and in one of 100,000."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

from bench.report import Figure
from chalicelib.aws.dynamodb import items
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.steps.listing import DEFAULT_LIMIT, MAX_LIMIT, Listing
from chalicelib.stories.story import Status, Story
from local.resources.creation import create_stories_table
from local.resources.names import REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "stories"
FEW = 100
MANY, MANY_WHEN_QUICK = 100_000, 10_000
MONTH = datetime(2026, 10, 1, tzinfo=UTC)
END_OF_MONTH = MONTH + timedelta(days=31, seconds=-1)
MOST_IN_A_BATCH = 25  # items (Amazon DynamoDB API Reference, "BatchWriteItem")


@dataclass
class Cost:
    """The requests to DynamoDB.

    Attributes:
        requests: How many.
        items_read: Whether they were answered or filtered out: what is paid for.
        seconds: moto's own, which goes through the whole table; DynamoDB does not.
    """

    requests: int = 0
    items_read: int = 0
    seconds: float = 0.0

    def add(self, parsed: Mapping[str, Any], **_event: object) -> None:
        """Count the answer to a Query, or to a BatchGetItem."""
        self.requests += 1
        self.items_read += parsed.get("ScannedCount", 0)
        self.items_read += len(parsed.get("Responses", {}).get(TABLE, ()))


def measure(*, quick: bool) -> list[Figure]:
    """The first page, one from the middle by its cursor, and the longest there is.

    All stories are of one month, so that they share one partition of the index. Seconds
    are no figure: they are moto's, and would say nothing of DynamoDB.
    """
    many = MANY_WHEN_QUICK if quick else MANY
    at_few, at_many = costs_of_pages(FEW), costs_of_pages(many)
    seconds = {
        f"{page} (s of moto)": f"{at_few[page].seconds:.3f} and {cost.seconds:.3f}"
        for page, cost in at_many.items()
    }
    return [
        Figure(
            f"items read for a page, at {many:,} / at {FEW}",
            max(cost.items_read / at_few[page].items_read for page, cost in at_many.items()),
            1.0,
            "at most",
            "x",
            {page: cost.items_read for page, cost in at_many.items()},
        ),
        Figure(
            f"requests for a page, at {many:,} / at {FEW}",
            max(cost.requests / at_few[page].requests for page, cost in at_many.items()),
            1.0,
            "at most",
            "x",
            {**{page: cost.requests for page, cost in at_many.items()}, **seconds},
        ),
    ]


def costs_of_pages(count: int) -> dict[str, Cost]:
    """What each of the pages costs in a table of so many stories."""
    with mock_aws():
        client = dynamodb()
        create_stories_table(client, TABLE)
        listing = Listing(StoriesTable(client, TABLE), "cursors", lambda: END_OF_MONTH)
        middle = count // 2
        fill(client, range(middle + DEFAULT_LIMIT), count)
        # Only DEFAULT_LIMIT stories are newer than the middle so far: the next page begins there.
        cursor = listing.page().next_cursor
        fill(client, range(middle + DEFAULT_LIMIT, count), count)
        return {
            "first page": cost_of(client, listing, DEFAULT_LIMIT),
            "middle page": cost_of(client, listing, DEFAULT_LIMIT, cursor),
            f"page of {MAX_LIMIT}": cost_of(client, listing, MAX_LIMIT),
        }


def cost_of(
    client: "DynamoDBClient", listing: Listing, limit: int, cursor: str | None = None
) -> Cost:
    cost = Cost()
    client.meta.events.register("after-call.dynamodb", cost.add)
    started = time.perf_counter()
    page = listing.page(limit, cursor)
    cost.seconds = time.perf_counter() - started
    client.meta.events.unregister("after-call.dynamodb", cost.add)
    if len(page.stories) != limit:
        raise RuntimeError(f"a page of {limit} has {len(page.stories)} stories")
    return cost


def dynamodb() -> "DynamoDBClient":
    """A client of moto in this process, whatever endpoint the environment names."""
    session = boto3.session.Session("bench", "bench", region_name=REGION)
    return session.client("dynamodb", endpoint_url=f"https://dynamodb.{REGION}.amazonaws.com")


def fill(client: "DynamoDBClient", numbers: range, count: int) -> None:
    """Store stories, the oldest first: those of these numbers, of `count` in a month."""
    for first in numbers[::MOST_IN_A_BATCH]:
        batch = range(first, min(first + MOST_IN_A_BATCH, numbers.stop))
        puts: Any = [{"PutRequest": {"Item": items.story_item(story(n, count))}} for n in batch]
        client.batch_write_item(RequestItems={TABLE: puts})


def story(number: int, count: int) -> Story:
    return Story(
        id=f"00000000-0000-4000-8000-{number:012}",
        generation="a1b2c3d4",
        content_id="c0ffee",
        status=Status.READY,
        name="page.jpg",
        content_type="image/jpeg",
        language="en-US",
        voice="Joanna",
        notify=False,
        created_at=MONTH + number * (END_OF_MONTH - MONTH) / count,
        text="Once upon a time.",
    )
