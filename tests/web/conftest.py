"""A running stack, a Chromium, and pages that are watched.

Each process of a run has one stack and one browser. `site_at` opens pages; `page` and
`joined_page` are the usual ones. A test fails when its page logs an error, breaches its CSP or
asks another origin, unless the test told its `guard` to expect that.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final, Protocol

import pytest
from playwright.sync_api import (
    Browser,
    Page,
    Playwright,
    sync_playwright,
)

from chalicelib.http.tokens import digest_of
from local.runner.launcher import RunningStack, launched
from tests.web.api import Api
from tests.web.chromium import camera_showing, started
from tests.web.guard import Guard

TOKEN: Final = "st_of-the-tests-of-the-page"  # noqa: S105  # a local stack's
PHONE: Final = (390, 844)
DESKTOP: Final = (1280, 800)


class SiteAt(Protocol):
    """Opens the page in a new context, and returns it once its heading is there.

    Args:
        hash: What follows the page's address, such as ``#/take``.
        size: Of the window, in CSS pixels.
        joined: Whether the browser has the token.
        language: Of the browser, and so of the interface.
        theme: What the device prefers, ``light`` or ``dark``.
        camera: JPEGs of one size that the camera shows for two seconds each; none: no camera.
        permissions: What the person grants.
        settings: What the browser keeps for the page, such as ``{"shortcuts": "off"}``.
        context: More of Playwright's options of a context; service workers are blocked unless
            ``service_workers="allow"``.
    """

    def __call__(
        self,
        hash: str = "",  # noqa: A002
        *,
        size: tuple[int, int] = ...,
        joined: bool = True,
        language: str = "en",
        theme: str = "light",
        camera: Sequence[bytes] = (),
        permissions: Sequence[str] = ("camera",),
        settings: dict[str, str] | None = None,
        **context: Any,
    ) -> Page: ...


@pytest.fixture(scope="session")
def _shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with launched_stack(tmp_path_factory) as stack:
        yield stack


@pytest.fixture
def stack(_shared_stack: RunningStack) -> RunningStack:
    """The stack of this process; a module whose tests need one of their own overrides this."""
    return _shared_stack


@contextmanager
def launched_stack(
    tmp_path_factory: pytest.TempPathFactory, api_tokens: str = digest_of(TOKEN)
) -> Iterator[RunningStack]:
    """Run a stack that takes `TOKEN` only, or what else is said."""
    log = tmp_path_factory.mktemp("stack") / "log.jsonl"
    with launched(log, API_TOKENS=api_tokens) as stack:
        yield stack


@pytest.fixture
def web_url(stack: RunningStack) -> str:
    """The page's origin."""
    return stack.web_url


@pytest.fixture
def api(stack: RunningStack) -> Api:
    return Api(stack.api_url, TOKEN)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium without a camera."""
    with started(playwright) as browser:
        yield browser


@pytest.fixture
def guard(web_url: str) -> Iterator[Guard]:
    """What this test's pages did; fails the test if that includes what it did not expect."""
    guard = Guard(web_url)
    yield guard
    assert not guard.troubles(), "\n".join(guard.troubles())


@pytest.fixture
def site_at(
    browser: Browser,
    playwright: Playwright,
    guard: Guard,
    web_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SiteAt]:
    with ExitStack() as closing:

        def with_camera(photos: Sequence[bytes]) -> Browser:
            film = tmp_path_factory.mktemp("camera") / "film.mjpeg"
            arguments = camera_showing(photos, film)
            return closing.enter_context(started(playwright, *arguments))

        def site_at(
            hash: str = "",  # noqa: A002
            *,
            size: tuple[int, int] = DESKTOP,
            joined: bool = True,
            language: str = "en",
            theme: str = "light",
            camera: Sequence[bytes] = (),
            permissions: Sequence[str] = ("camera",),
            settings: dict[str, str] | None = None,
            **more: Any,
        ) -> Page:
            context = (with_camera(camera) if camera else browser).new_context(
                **{
                    "viewport": {"width": size[0], "height": size[1]},
                    "locale": language,
                    "color_scheme": theme,
                    "base_url": web_url,
                    "permissions": list(permissions),
                    "service_workers": "block",
                    "storage_state": kept_by_browser(
                        web_url, joined=joined, settings=settings or {}
                    ),
                    **more,
                }
            )
            closing.callback(context.close)
            guard.watch(context)
            if not joined:
                guard.expect(r"401 .*/api/stories")  # it asks whether the API is open
            page = context.new_page()
            page.goto(f"/{hash}")
            page.locator("h1").wait_for()
            return page

        yield site_at


@pytest.fixture
def page(site_at: SiteAt) -> Page:
    """The page as somebody sees it who has only its address."""
    return site_at(joined=False)


@pytest.fixture
def joined_page(site_at: SiteAt) -> Page:
    """The library of somebody who joined."""
    return site_at()


def kept_by_browser(origin: str, *, joined: bool, settings: dict[str, str]) -> dict[str, Any]:
    """Return what `web/app/keeping.js` would have kept."""
    kept = ({"token": TOKEN} if joined else {}) | settings
    entries = [{"name": f"storytime.{name}", "value": value} for name, value in kept.items()]
    return {"cookies": [], "origins": [{"origin": origin, "localStorage": entries}]}
