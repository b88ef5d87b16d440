"""The list of all stories, page by page."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.errors import InvalidRequestError
from chalicelib.steps.listing import Listing, ListPage
from tests.fakes.builders import story
from tests.fakes.stories import InMemoryStories

TODAY = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


class CountedStories(InMemoryStories):
    """Counts the queries."""

    queries = 0

    def listed(self, month, limit, before=None):  # type: ignore[no-untyped-def]
        self.queries += 1
        return super().listed(month, limit, before)


def listing(*moments: datetime, signing_key: str = "ours") -> tuple[Listing, CountedStories]:
    stories = CountedStories()
    for number, moment in enumerate(moments):
        stories.claim(story(id=f"story-{number}", created_at=moment))
    return Listing(stories=stories, signing_key=signing_key, clock=lambda: TODAY), stories


def ids(page: ListPage) -> list[str]:
    return [each.id for each in page.stories]


def pages(listing: Listing, limit: int) -> list[list[str]]:
    page = listing.page(limit)
    found = [ids(page)]
    while page.next_cursor is not None:
        page = listing.page(limit, page.next_cursor)
        found.append(ids(page))
    return found


def test_an_empty_list_ends_at_the_first_month_of_the_project() -> None:
    empty, stories = listing()

    assert [each for each in pages(empty, 10) if each] == []
    assert stories.queries == 15  # from March 2027 back to January 2026


def test_stories_come_newest_first_across_months_and_years() -> None:
    ages = (timedelta(days=400), timedelta(0), timedelta(days=40), timedelta(days=70))
    mixed, _ = listing(*(TODAY - age for age in ages))

    assert sum(map(len, pages(mixed, 2))) == 4
    assert [each for page in pages(mixed, 2) for each in page] == [
        "story-1",
        "story-2",
        "story-3",
        "story-0",
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_every_story_is_listed_once_at_any_limit(limit: int) -> None:
    many, _ = listing(*(TODAY - timedelta(days=9 * number) for number in range(20)))

    found = pages(many, limit)

    assert [each for page in found for each in page] == [f"story-{n}" for n in range(20)]
    assert all(len(page) <= limit for page in found)


def test_a_page_takes_one_query_of_its_month() -> None:
    busy, stories = listing(*(TODAY - timedelta(minutes=n) for n in range(50)))

    first = busy.page(20)
    busy.page(20, first.next_cursor)

    assert stories.queries == 2


def test_a_gap_of_years_is_crossed_a_year_a_page() -> None:
    old, stories = listing(datetime(2026, 1, 5, tzinfo=UTC))

    first = old.page(10)

    assert (ids(first), stories.queries) == ([], 12)
    assert ids(old.page(10, first.next_cursor)) == ["story-0"]


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_limit_outside_1_to_100_is_refused(limit: int) -> None:
    any_list, stories = listing()

    with pytest.raises(InvalidRequestError, match="from 1 to 100"):
        any_list.page(limit)
    assert stories.queries == 0


def test_only_our_own_cursors_are_followed() -> None:
    ours, _ = listing(*(TODAY - timedelta(minutes=n) for n in range(3)))
    theirs, stories = listing(signing_key="theirs")
    cursor = ours.page(1).next_cursor
    assert cursor is not None

    for forged in (cursor, cursor[:-1], "", "x", "é", cursor + "é"):
        with pytest.raises(InvalidRequestError, match="not one of ours"):
            theirs.page(1, forged)
    assert stories.queries == 0
