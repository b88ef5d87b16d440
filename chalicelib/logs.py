"""Logs: one JSON object a line, with the story and the stage that it is about."""

import contextlib
import contextvars
import logging
from collections.abc import Iterator
from typing import Any

from pythonjsonlogger.json import JsonFormatter

_bound: contextvars.ContextVar[dict[str, str]] = contextvars.ContextVar("bound", default={})  # noqa: B039  # replaced, never changed


@contextlib.contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Add fields such as ``story_id`` to every line that is logged inside."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def configure(level: str) -> None:
    """Make every logger of this process write JSON lines to standard error.

    Lambda has put a handler of its own on the root logger; it is replaced, or each line
    would be written twice.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter(
            "{levelname}{name}{message}",
            style="{",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp=True,
        )
    )
    handler.addFilter(_add_bound_fields)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("botocore", "boto3", "urllib3", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _add_bound_fields(record: logging.LogRecord) -> bool:
    fields: dict[str, Any] = record.__dict__
    for name, value in _bound.get().items():
        fields.setdefault(name, value)
    return True
