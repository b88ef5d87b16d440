"""How the demo asks the running stack, and waits for what it asked for."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import urllib3

_Found = TypeVar("_Found")

_POLL_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 120


class DemoError(Exception):  # it says what happened
    """The page did not become a story; the message is one line for whoever sent it."""


@dataclass(frozen=True)
class Answer:
    status: int
    content: dict[str, Any]


def once(look: Callable[[], _Found], done: Callable[[_Found], bool]) -> _Found:
    """What is found, as soon as it is what was waited for.

    Raises:
        DemoError: It never was.
    """
    found = last(look, done, _PATIENCE_SECONDS)
    if not done(found):
        raise DemoError(f"nothing happened for {_PATIENCE_SECONDS} seconds")
    return found


def last(look: Callable[[], _Found], done: Callable[[_Found], bool], seconds: float) -> _Found:
    """What is found, as soon as it is what was waited for or the time is over."""
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


def get(url: str) -> bytes:
    return fetch("GET", url).data


def fetch(method: str, url: str, **parts: Any) -> urllib3.BaseHTTPResponse:
    try:
        return urllib3.request(method, url, retries=False, timeout=_PATIENCE_SECONDS, **parts)
    except urllib3.exceptions.HTTPError as error:
        raise DemoError(f"the local AWS stopped answering: {error}") from error
