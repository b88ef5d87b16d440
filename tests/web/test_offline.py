"""The page without a network: its service worker keeps it, and the demo."""

import pytest
from playwright.sync_api import Page, expect

from tests.waiting import until
from tests.web.conftest import SiteAt
from tests.web.guard import Guard

KEPT = """async () => {
    await navigator.serviceWorker.ready;
    const [name] = await caches.keys();
    return name ? (await (await caches.open(name)).keys()).length : 0;
}"""


@pytest.fixture
def offline_page(site_at: SiteAt, guard: Guard) -> Page:
    """A page that was opened once, and then lost the network."""
    page = site_at(service_workers="allow")
    until(lambda: page.evaluate(KEPT) > 30 or None, 30)
    guard.expect("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    return page


def test_the_page_opens_and_says_what_is_the_matter(offline_page: Page) -> None:
    offline_page.reload()

    expect(offline_page.get_by_role("heading", name="Stories", exact=True)).to_be_visible()
    expect(offline_page.get_by_role("alert")).to_contain_text("no connection")
    expect(offline_page.get_by_role("link", name="Photograph pages")).to_be_visible()


def test_the_demo_is_read(offline_page: Page) -> None:
    offline_page.goto("/#/demo")
    offline_page.reload()

    offline_page.locator(".play").click()

    expect(offline_page.locator(".text [data-lit]").first).to_be_visible()


def test_another_language_is_there_too(offline_page: Page) -> None:
    offline_page.goto("/#/settings")

    offline_page.get_by_label("Language").select_option("ko")

    expect(offline_page.locator("html[lang=ko]")).to_be_attached()
    expect(offline_page.get_by_role("heading", name="설정")).to_be_visible()


def test_it_goes_on_when_the_network_is_back(offline_page: Page) -> None:
    offline_page.reload()
    expect(offline_page.get_by_role("alert")).to_contain_text("no connection")
    offline_page.context.set_offline(False)

    offline_page.get_by_role("button", name="Try again").click()

    expect(offline_page.get_by_role("alert")).to_have_count(0)
