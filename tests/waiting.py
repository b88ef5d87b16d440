"""Waiting for what comes by itself."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 60

_Found = TypeVar("_Found")


def until(look: Callable[[], _Found | None], patience: float = _PATIENCE_SECONDS) -> _Found:
    """What is found, as soon as it is something."""
    deadline = time.monotonic() + patience
    pause = threading.Event()
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        pause.wait(_POLL_SECONDS)
    raise AssertionError(f"nothing after {patience} seconds")
