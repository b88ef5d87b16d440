"""Waits until something is there."""

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 0.5
_PATIENCE_SECONDS: Final = 600

_Found = TypeVar("_Found")


def until(look: Callable[[], _Found | None], patience: float = _PATIENCE_SECONDS) -> _Found:
    """Look again and again, more and more seldom, until something is found."""
    deadline = time.monotonic() + patience
    wait, pause = threading.Event().wait, _FIRST_PAUSE
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        wait(pause)
        pause = min(1.2 * pause, _LONGEST_PAUSE)
    raise AssertionError(f"nothing after {patience} seconds")
