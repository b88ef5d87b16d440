"""Finds a Chromium, starts it, and feeds its fake camera."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Playwright

_NAMES: Final = ("chromium", "chromium-browser")
_ARGUMENTS: Final = (
    "--no-sandbox",  # root in a container has none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_FRAMES_PER_SECOND: Final = 30
"""Of Chromium's fake camera when a file of JPEGs feeds it (`MjpegFileParser` in its sources)."""


def path_of_chromium() -> str | None:
    """Return the machine's Chromium; None: Playwright uses the one that it installed."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def started(playwright: Playwright, *arguments: str) -> Iterator[Browser]:
    """Run a Chromium with more arguments than the usual ones."""
    browser = playwright.chromium.launch(
        executable_path=path_of_chromium(), args=[*_ARGUMENTS, *arguments]
    )
    try:
        yield browser
    finally:
        browser.close()


def camera_showing(photos: Sequence[bytes], file: Path, seconds: int = 2) -> tuple[str, ...]:
    """Return the arguments of a Chromium whose camera shows these JPEGs in turn, for ever.

    Args:
        photos: All of one size.
        file: Where to write the film, ``.mjpeg``.
        seconds: How long each is shown.
    """
    with file.open("wb") as film:
        for photo in photos:
            film.write(photo * (seconds * _FRAMES_PER_SECOND))
    return ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={file}")
