"""``python -m tests.web.readme_picture``: the picture of the reader that the READMEs show.

The page plays its demo, so that it needs no API: its files are answered from ``web/``.
"""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Route, ViewportSize, sync_playwright

from infrastructure.website import WEB, files_of
from tests.web.chromium import started

PICTURE: Final = Path(__file__).parents[2] / "docs" / "pictures" / "reader.jpg"
_SITE: Final = "https://storytime.example"
_SIZE: Final = ViewportSize(width=1120, height=620)
_WORD: Final = "lighthouse"


def main() -> None:
    files = {f"/{each.key}": each for each in files_of(WEB)}

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        found = files.get("/index.html" if path == "/" else path)
        if found is None:
            route.fulfill(status=404)
        else:
            route.fulfill(body=found.content, content_type=found.content_type)

    with sync_playwright() as playwright, started(playwright) as browser:
        context = browser.new_context(
            viewport=_SIZE, locale="en", color_scheme="light", service_workers="block"
        )
        context.route("**/*", answer)
        page = context.new_page()
        page.goto(f"{_SITE}/#/demo")
        word = page.locator(".text .word", has_text=_WORD).first
        word.click()
        page.locator(f".text [data-lit]:has-text('{_WORD}')").wait_for()
        page.keyboard.press("Space")
        page.mouse.move(0, 0)
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE, type="jpeg", quality=82, animations="disabled")


if __name__ == "__main__":
    main()
