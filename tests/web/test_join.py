"""Joining: by a link, with a token, with one that is not accepted, and not at all."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import TOKEN, SiteAt
from tests.web.guard import Guard

KEPT = "localStorage.getItem('storytime.token')"


def shows_stories(page: Page) -> None:
    expect(page.get_by_role("heading", name="Stories", exact=True)).to_be_visible()


def shows_join(page: Page) -> None:
    expect(page.get_by_role("heading", name="Join Storytime")).to_be_visible()


def test_a_join_link_joins_and_leaves_no_trace_of_its_token(site_at: SiteAt, guard: Guard) -> None:
    page = site_at(f"#join={TOKEN}", joined=False)

    shows_stories(page)
    assert page.url.endswith("/#/")
    assert page.evaluate(KEPT) == TOKEN
    assert not [url for url in guard.requests if TOKEN in url]
    page.go_back()
    assert TOKEN not in page.url


def test_the_link_opened_where_the_page_is_open_joins_too(page: Page) -> None:
    shows_join(page)

    page.evaluate("token => { location.hash = `#join=${token}`; }", TOKEN)

    shows_stories(page)
    assert TOKEN not in page.url


def test_a_browser_that_joined_stays_joined(site_at: SiteAt) -> None:
    page = site_at(f"#join={TOKEN}", joined=False)
    shows_stories(page)

    page.reload()

    shows_stories(page)


def test_a_token_can_be_typed(page: Page) -> None:
    page.get_by_label("Token").fill(f" {TOKEN} ")
    page.get_by_role("button", name="Join").click()

    shows_stories(page)
    assert page.evaluate(KEPT) == TOKEN


def test_a_wrong_token_is_not_kept_and_the_next_try_may_be_right(page: Page) -> None:
    page.get_by_label("Token").fill("st_wrong")
    page.get_by_role("button", name="Join").click()

    expect(page.get_by_role("alert").filter(has_text="not accepted")).to_be_visible()
    assert page.evaluate(KEPT) is None

    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Join").click()

    shows_stories(page)


@pytest.mark.parametrize("token", ["st_abc…", "“st_abc”", "토큰"])
def test_a_token_of_signs_that_no_header_takes_is_a_wrong_one(page: Page, token: str) -> None:
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Join").click()

    expect(page.get_by_text("This token is not accepted.")).to_be_visible()


def test_a_link_whose_token_was_revoked_says_so_and_asks_for_another(
    site_at: SiteAt, guard: Guard
) -> None:
    guard.expect("401")
    page = site_at("#join=st_revoked", joined=False)

    expect(page.get_by_text("Your token is no longer accepted.")).to_be_visible()
    assert "st_revoked" not in page.url

    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Join").click()
    shows_stories(page)


def test_a_token_that_is_revoked_while_the_page_is_open_leads_to_joining(
    joined_page: Page, guard: Guard
) -> None:
    shows_stories(joined_page)
    guard.expect("403")

    def refuse(route: Any) -> None:  # as API Gateway does, with its authorizer's answer
        route.fulfill(status=403, json={"code": "access_denied", "message": "Forbidden"})

    joined_page.route("**/api/**", refuse)
    joined_page.get_by_role("link", name="Settings").click()
    joined_page.get_by_role("link", name="Back").click()

    expect(joined_page.get_by_text("Your token is no longer accepted.")).to_be_visible()


def test_who_leaves_has_to_join_again(joined_page: Page, guard: Guard) -> None:
    guard.expect("401")
    joined_page.get_by_role("link", name="Settings").click()
    joined_page.get_by_role("button", name="Leave").click()

    shows_join(joined_page)
    assert joined_page.evaluate(KEPT) is None


def test_the_api_being_down_is_told_and_nothing_is_lost(page: Page, guard: Guard) -> None:
    guard.expect("ERR_FAILED")
    page.route("**/api/**", lambda route: route.abort())
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Join").click()

    expect(page.get_by_role("alert").filter(has_text="no connection")).to_be_visible()
    expect(page.get_by_label("Token")).to_have_value(TOKEN)

    page.unroute("**/api/**")
    page.get_by_role("button", name="Join").click()
    shows_stories(page)


def test_without_a_token_there_is_a_page_to_see_and_it_asks_nothing_of_the_api(
    page: Page, guard: Guard
) -> None:
    shows_join(page)
    asked = len(guard.requests)

    page.get_by_role("link", name="See a page being read").click()

    expect(page.get_by_role("heading", name="Join Storytime")).not_to_be_visible()
    expect(page.locator("main.reader")).to_be_visible()
    assert not [url for url in guard.requests[asked:] if "/api/" in url]
