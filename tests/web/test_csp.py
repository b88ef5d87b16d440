"""What the page is allowed to do, and what browsers would stop."""

import re

import pytest
import requests
from playwright.sync_api import Page

from tests.web.api import TIMEOUT
from tests.web.guard import Guard

INLINE_SCRIPT = """() => {
    const script = document.createElement("script");
    script.textContent = "globalThis.ran = true";
    document.body.append(script);
}"""
INLINE_STYLE = "document.body.setAttribute('style', 'color: red')"
OTHER_ORIGIN = "fetch('http://127.0.0.1:9/').catch(() => {})"
OTHER_PICTURE = "new Image().src = 'http://127.0.0.1:9/a.png'"


@pytest.mark.parametrize("path", ["/", "/service-worker.js", "/manifest.webmanifest"])
def test_the_headers_of_the_page(web_url: str, path: str) -> None:
    headers = requests.get(web_url + path, timeout=TIMEOUT).headers
    policy = headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert not re.search(r"unsafe|\*|https?:", policy)
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert int(headers["Strict-Transport-Security"].removeprefix("max-age=").split(";")[0]) > 0
    assert "no-cache" in headers["Cache-Control"]


def test_the_files_of_a_version_are_kept_for_ever(web_url: str) -> None:
    page = requests.get(web_url, timeout=TIMEOUT).text
    (start,) = re.findall(r'<script type="module" src="(/v-\w+/app/main\.js)">', page)
    headers = requests.get(web_url + start, timeout=TIMEOUT).headers

    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Content-Type"].startswith("text/javascript")
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (INLINE_SCRIPT, "CSP: script-src"),
        (INLINE_STYLE, "CSP: style-src"),
        (OTHER_ORIGIN, "CSP: connect-src"),
        (OTHER_PICTURE, "CSP: img-src"),
    ],
    ids=["script", "style", "request", "picture"],
)
def test_what_the_page_must_not_do_is_stopped_and_noticed(
    joined_page: Page, guard: Guard, attempt: str, told: str
) -> None:
    joined_page.evaluate(attempt)
    joined_page.evaluate("new Promise(requestAnimationFrame)")

    assert any(told in each for each in guard.troubles()), guard.troubles()
    assert not joined_page.evaluate("'ran' in globalThis")
    assert joined_page.evaluate("getComputedStyle(document.body).color") != "rgb(255, 0, 0)"
    guard.expect("CSP:", "Content Security Policy", "127.0.0.1:9")


def test_the_address_of_the_page_is_told_to_nobody(joined_page: Page) -> None:
    with joined_page.expect_request("**/api/**") as asked:
        joined_page.reload()

    assert "referer" not in asked.value.all_headers()
