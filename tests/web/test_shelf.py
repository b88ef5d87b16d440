"""The shelf: covers, the endless list, search, "continue", and deletion."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from chalicelib.aws.dynamodb import items
from chalicelib.stories.story import Status, Story
from local.runner.launcher import RunningStack
from tests.waiting import until
from tests.web.api import Api
from tests.web.conftest import PHONE, SiteAt, launched_stack
from tests.web.guard import Guard

LONGER_THAN_UNDO = 8_000
"""Milliseconds; the page waits seven seconds before it deletes."""
LONGEST_ERASURE = 180_000
"""Milliseconds on a busy machine."""
Store = Callable[[int], list[str]]

MONTH = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def _own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with launched_stack(tmp_path_factory) as stack:
        yield stack


@pytest.fixture
def stack(_own_stack: RunningStack) -> RunningStack:
    """A stack for these tests alone, which count what is on the shelf."""
    return _own_stack


@pytest.fixture
def shelf(api: Api) -> Api:
    """The API of an empty library."""
    api.delete_all()
    return api


def covers(page: Page) -> Locator:
    return page.locator(".cover")


def titles(page: Page) -> list[str]:
    return page.locator(".cover .name").all_text_contents()


@pytest.fixture
def store(stack: RunningStack, shelf: Api) -> Store:
    """Puts finished stories into the table, one a minute; returns their ids, newest first.

    The newest of three is called "Page 2".
    """
    table = stack.environment["STORIES_TABLE"]

    def store(count: int) -> list[str]:
        stories = [finished_story(number) for number in range(count)]
        for story in stories:
            stack.clients.dynamodb.put_item(TableName=table, Item=items.story_item(story))
        assert len(shelf.stories()) == min(count, 100)
        return [story.id for story in reversed(stories)]

    return store


def finished_story(number: int) -> Story:
    return Story(
        id=str(uuid.uuid4()),  # an earlier test's stories may still be in deletion
        generation="a1b2c3d4",
        content_id="c0ffee",
        status=Status.READY,
        name=f"Page {number}.jpg",
        content_type="image/jpeg",
        language="en-US",
        voice="Joanna",
        notify=False,
        created_at=MONTH + timedelta(minutes=number),
        text=f"Once upon a time there were {number} cats.",
    )


def pages(count: int) -> list[str]:
    """Return the titles of so many stored stories, newest first."""
    return [f"Page {number}" for number in reversed(range(count))]


def delete(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Delete {title}").click()


@pytest.mark.usefixtures("shelf")
def test_an_empty_shelf_says_what_to_do(site_at: SiteAt) -> None:
    page = site_at()

    expect(page.get_by_text("There are no stories yet.")).to_be_visible()
    expect(page.get_by_role("link", name="Photograph pages")).to_have_attribute("href", "#/take")
    expect(page.get_by_role("searchbox")).to_have_count(0)


def test_covers_show_the_pages_newest_first(shelf: Api, site_at: SiteAt) -> None:
    shelf.make_story("One small cat.", name="first.jpg", seed=1)
    shelf.make_story("Two big dogs.", name="무지개.jpg", seed=2)
    page = site_at()

    expect(covers(page)).to_have_count(2)
    assert titles(page) == ["무지개", "first"]
    for image in page.locator(".cover img").all():
        image.scroll_into_view_if_needed()
        image.evaluate("image => image.decode()")
        assert image.evaluate("image => image.naturalWidth") > 100
    page.get_by_role("link", name="first").click()
    expect(page.locator("main.reader")).to_be_visible()


def test_the_list_goes_on_as_one_scrolls(store: Store, site_at: SiteAt) -> None:
    store(75)
    page = site_at(size=PHONE)
    expect(covers(page)).to_have_count(30)

    def scroll_to_the_end() -> bool | None:
        page.mouse.wheel(0, 5_000)
        return covers(page).count() == 75 or None

    until(scroll_to_the_end, 60)

    assert titles(page) == pages(75)
    expect(page.get_by_role("button", name="More stories")).to_have_count(0)


def test_the_list_goes_on_by_a_button_that_the_keyboard_reaches(
    store: Store, site_at: SiteAt
) -> None:
    store(40)
    page = site_at(size=(1280, 300))
    expect(covers(page)).to_have_count(30)

    page.get_by_role("button", name="More stories").press("Enter")

    expect(covers(page)).to_have_count(40)
    assert titles(page) == pages(40)


def test_search_looks_in_names_and_texts(store: Store, site_at: SiteAt) -> None:
    store(12)
    page = site_at()
    expect(covers(page)).to_have_count(12)
    field = page.get_by_role("searchbox", name="Search in names and texts")

    field.fill("PÁGE  11")
    expect(page.get_by_role("status").filter(has_text="1 story")).to_be_visible()
    assert titles(page) == ["Page 11"]

    field.fill("were 7 cats")
    expect(covers(page)).to_have_count(1)
    assert titles(page) == ["Page 7"]

    field.fill("dinosaur")
    expect(page.get_by_role("status").filter(has_text="0 stories")).to_be_visible()

    field.fill("")
    expect(covers(page)).to_have_count(12)


def test_the_story_that_was_heard_last_goes_on_by_one_touch(store: Store, site_at: SiteAt) -> None:
    _, heard_last, _ = store(3)
    page = site_at(settings={"last-story": heard_last})

    page.get_by_role("link", name="Continue Page 1").click()

    expect(page.locator("main.reader")).to_be_visible()


def test_a_deletion_can_be_taken_back(store: Store, shelf: Api, site_at: SiteAt) -> None:
    store(3)
    page = site_at()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    page.clock.install()

    delete(page, "Page 1")
    expect(covers(page)).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(covers(page)).to_have_count(3)
    page.clock.fast_forward(LONGER_THAN_UNDO)

    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert titles(page) == ["Page 2", "Page 1", "Page 0"]
    assert "DELETE" not in asked
    assert len(shelf.stories()) == 3


def test_a_deletion_tells_when_everything_is_erased(shelf: Api, site_at: SiteAt) -> None:
    story = shelf.make_story("A fox ran home.", name="fox.jpg", seed=3)
    page = site_at()
    delete(page, "fox")

    expect(covers(page)).to_have_count(0)
    assert shelf.story(story["id"])["status"] == "ready"
    expect(page.get_by_text("Its files are being erased.")).to_be_visible(timeout=30_000)
    receipt = page.get_by_text("Everything of fox is erased.")
    expect(receipt).to_be_visible(timeout=LONGEST_ERASURE)
    assert shelf.story(story["id"])["erased_at"]


def test_who_leaves_the_page_has_not_taken_the_deletion_back(
    store: Store, shelf: Api, site_at: SiteAt
) -> None:
    store(2)
    page = site_at()
    delete(page, "Page 1")
    expect(covers(page)).to_have_count(1)

    page.goto("about:blank")

    until(lambda: len(shelf.stories()) == 1 or None, 20)


def test_a_reload_does_not_take_a_deletion_back(
    store: Store, shelf: Api, site_at: SiteAt, guard: Guard
) -> None:
    """A browser may drop the last request of a page that it loads again."""
    guard.expect("ERR_FAILED")
    store(2)
    page = site_at()
    lost: list[Any] = []

    def lose_the_first(route: Any) -> None:
        if route.request.method == "DELETE" and not lost:
            lost.append(route)
            route.abort()
        else:
            route.continue_()

    page.route("**/api/stories/*", lose_the_first)
    delete(page, "Page 1")
    expect(covers(page)).to_have_count(1)

    page.reload()

    until(lambda: len(shelf.stories()) == 1 or None, 20)
    expect(covers(page)).to_have_count(1)


def test_a_story_that_somebody_else_deleted_goes_without_a_complaint(
    store: Store, shelf: Api, site_at: SiteAt, guard: Guard
) -> None:
    guard.expect("410|404")
    deleted, _ = store(2)
    page = site_at()
    expect(covers(page)).to_have_count(2)
    shelf.delete(deleted)
    page.clock.install()

    delete(page, "Page 1")
    page.clock.fast_forward(LONGER_THAN_UNDO)

    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(covers(page)).to_have_count(1)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_deletion_that_fails_is_told_and_the_story_stays(
    store: Store, site_at: SiteAt, guard: Guard
) -> None:
    guard.expect("503")
    store(1)
    page = site_at()
    down = {"code": "service_unavailable", "message": "Storytime is busy. Try again."}

    def refuse_to_delete(route: Any) -> None:
        if route.request.method == "DELETE":
            route.fulfill(status=503, json=down)
        else:
            route.continue_()

    page.route("**/api/stories/*", refuse_to_delete)
    page.clock.install()
    delete(page, "Page 0")
    page.clock.fast_forward(LONGER_THAN_UNDO)

    expect(page.get_by_role("alert")).to_contain_text("Page 0 was not deleted. Storytime is busy")
    expect(covers(page)).to_have_count(1)


def test_a_list_that_does_not_load_can_be_tried_again(
    store: Store, site_at: SiteAt, guard: Guard
) -> None:
    guard.expect("ERR_FAILED|503")
    store(1)
    page = site_at("#/settings")
    page.route("**/api/**", lambda route: route.abort())
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_role("alert")).to_contain_text("no connection")
    page.unroute("**/api/**")

    page.get_by_role("button", name="Try again").click()

    expect(covers(page)).to_have_count(1)
    expect(page.get_by_role("alert")).to_have_count(0)
