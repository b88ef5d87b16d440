"""Joining."""

from playwright.sync_api import expect

from tests.web.conftest import TOKEN, SiteAt
from tests.web.guard import Guard


def test_a_join_link_joins_and_leaves_no_trace_in_the_address(
    site_at: SiteAt, guard: Guard
) -> None:
    page = site_at(f"#join={TOKEN}", joined=False)

    expect(page.get_by_role("heading", name="Stories")).to_be_visible()
    assert TOKEN not in page.url
    assert not [url for url in guard.requests if TOKEN in url]
