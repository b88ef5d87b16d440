"""What both demos need: requests to the running stack, waiting, and text for a terminal."""

import textwrap
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import urllib3

from local.runner.launcher import RunningStack

_Found = TypeVar("_Found")

Launch = Callable[..., AbstractContextManager[RunningStack]]
"""Starts a stack, as `launched` does."""

CONTENT_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".gif": "image/gif",
}
INTERRUPTED: Final = 130  # the exit status of shells

_WIDTH: Final = 76
_POLL_SECONDS: Final = 0.1
_MAX_SECONDS: Final = 120


class DemoError(Exception):
    """The demo failed; the message is one line for its user."""


@dataclass(frozen=True)
class Answer:
    status: int
    content: dict[str, Any]


def once(look: Callable[[], _Found], done: Callable[[_Found], bool]) -> _Found:
    """Look until the result is `done`, and return it.

    Raises:
        DemoError: It never was.
    """
    found = last(look, done, _MAX_SECONDS)
    if not done(found):
        raise DemoError(f"nothing happened for {_MAX_SECONDS} seconds")
    return found


def last(look: Callable[[], _Found], done: Callable[[_Found], bool], seconds: float) -> _Found:
    """Look until the result is `done` or the time is over, and return the last result."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not done(found := look()) and time.monotonic() < deadline:
        pause.wait(_POLL_SECONDS)
    return found


def request(method: str, url: str, **parts: Any) -> Answer:
    response = fetch(method, url, **parts)
    return Answer(response.status, response.json())


def get_json(url: str) -> Any:
    return fetch("GET", url).json()


def fetch(method: str, url: str, **parts: Any) -> urllib3.BaseHTTPResponse:
    try:
        return urllib3.request(method, url, retries=False, timeout=_MAX_SECONDS, **parts)
    except urllib3.exceptions.HTTPError as error:
        raise DemoError(f"the local AWS stopped answering: {error}") from error


def indented(text: str, by: int = 2) -> str:
    wrapper = textwrap.TextWrapper(_WIDTH, break_long_words=False, break_on_hyphens=False)
    lines = (wrapper.wrap(line) for line in text.splitlines())
    return "\n".join(f"{' ' * by}{part}".rstrip() for line in lines for part in line or [""])
