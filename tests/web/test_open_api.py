"""An API on one's own machine may be open: nobody has to join."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from chalicelib.http.tokens import OPEN
from tests.web.conftest import Site, SiteAt, launched_site


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with launched_site(tmp_path_factory, api_tokens=OPEN) as site:
        yield site


def test_an_open_api_needs_no_token(site_at: SiteAt) -> None:
    page = site_at(joined=False)

    expect(page.get_by_role("heading", name="Stories", exact=True)).to_be_visible()
    assert page.evaluate("localStorage.getItem('storytime.token')") == ""

    page.reload()

    expect(page.get_by_role("heading", name="Stories", exact=True)).to_be_visible()
