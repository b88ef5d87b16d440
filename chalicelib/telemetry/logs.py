"""Logs: one JSON object a line, with the story, the step and the X-Ray trace that it is about."""

import contextlib
import contextvars
import logging
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_bound: contextvars.ContextVar[dict[str, str]] = contextvars.ContextVar("bound", default={})  # noqa: B039  # the dict is replaced, never changed


@contextlib.contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Add fields such as ``story_id`` to every line that is logged inside."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def bound_fields() -> Mapping[str, str]:
    return _bound.get()


def configure(level: str) -> None:
    """Make every logger of this process write JSON lines to standard error.

    Replaces Lambda's own handler on the root logger, which would write each line once more.
    """
    logging.basicConfig(level=level, handlers=[handler()], force=True)
    for noisy in ("botocore", "boto3", "urllib3", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def handler(stream: TextIO | None = None) -> logging.Handler:
    """A handler that writes JSON lines to a stream; None: to standard error.

    In Lambda, each line has the X-Ray trace of its invocation as ``xray_trace_id``.
    """
    writer = logging.StreamHandler(stream)
    writer.setFormatter(
        LambdaPowertoolsFormatter(
            log_record_order=["level", "logger", "message", "timestamp"],
            location=None,
            logger=None,
            use_rfc3339=True,
            utc=True,
            serialize_stacktrace=False,  # `exception` has the traceback as Python prints it
        )
    )
    writer.addFilter(_add_bound_fields)
    return writer


def _add_bound_fields(record: logging.LogRecord) -> bool:
    fields: dict[str, Any] = record.__dict__
    fields["logger"] = record.name  # the formatter drops a field called "name"
    for name, value in _bound.get().items():
        fields.setdefault(name, value)
    return True
