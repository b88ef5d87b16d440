"""An API on one's own machine may be open: nobody has to join."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from chalicelib.http.tokens import OPEN
from local.runner.launcher import RunningStack
from tests.web.conftest import SiteAt, launched_stack


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with launched_stack(tmp_path_factory, api_tokens=OPEN) as stack:
        yield stack


def test_an_open_api_needs_no_token(site_at: SiteAt) -> None:
    page = site_at(joined=False)

    expect(page.get_by_role("heading", name="Stories", exact=True)).to_be_visible()
    assert page.evaluate("localStorage.getItem('storytime.token')") == ""

    page.reload()

    expect(page.get_by_role("heading", name="Stories", exact=True)).to_be_visible()
