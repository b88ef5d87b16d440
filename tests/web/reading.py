"""How tests look at the reader: its clock, the word that is lit, and its modules."""

from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import Locator, Page, expect

from tests.waiting import until

TEXT: Final = (
    "The small bear looked for honey in the old tree. It found a sleeping owl.\n"
    "Good night, said the owl. The bear went home and slept."
)
"""Of the page that most tests read."""

_CALL = """async ([file, name, given]) => {
    const main = document.querySelector("script[type=module]").src;
    const module = await import(new URL(file, main));
    return module[name](...given);
}"""


def call(page: Page, file: str, name: str, *given: Any) -> Any:
    """Return what a function of one of the page's modules returns."""
    return page.evaluate(_CALL, [file, name, given])


def milliseconds(page: Page) -> float:
    """Return what the sound's clock shows."""
    return float(page.evaluate("document.querySelector('audio').currentTime * 1000"))


def is_paused(page: Page) -> bool:
    return bool(page.evaluate("document.querySelector('audio').paused"))


def eventually(look: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is so."""
    until(lambda: look() or None, patience=seconds)


def lit_on_photo(page: Page) -> int | None:
    """Return the index of the word that is lit on the photo."""
    index = page.locator(".photo .lit").get_attribute("data-lit")
    return None if index is None else int(index)


def lit_word(page: Page) -> Locator:
    """The word that is lit in the text."""
    return page.locator(".text [data-lit]")


def play(page: Page) -> None:
    page.get_by_role("button", name="Play", exact=True).click()


def pause(page: Page) -> None:
    page.get_by_role("button", name="Pause", exact=True).click()


def open_for_reading(page: Page) -> None:
    """Wait until the page's sound has come in."""
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_enabled()
    eventually(lambda: page.evaluate("document.querySelector('audio')?.readyState > 0"))
