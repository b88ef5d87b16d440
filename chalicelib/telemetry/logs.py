"""Logs: one JSON object a line, with what it is about: the story, the step, the X-Ray trace."""

import contextlib
import contextvars
import logging
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_bound: contextvars.ContextVar[dict[str, str]] = contextvars.ContextVar("bound", default={})  # noqa: B039  # replaced, never changed


@contextlib.contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Add fields such as ``story_id`` to every line that is logged inside."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def bound_fields() -> Mapping[str, str]:
    """What is bound at the moment."""
    return _bound.get()


def configure(level: str) -> None:
    """Make every logger of this process write JSON lines to standard error.

    Lambda has put a handler of its own on the root logger; it is replaced, or each line
    would be written twice.
    """
    logging.basicConfig(level=level, handlers=[handler()], force=True)
    for noisy in ("botocore", "boto3", "urllib3", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def handler(stream: TextIO | None = None) -> logging.Handler:
    """Writes JSON lines to a stream, or to standard error.

    In Lambda, ``xray_trace_id`` says which trace the invocation belongs to.
    """
    writer = logging.StreamHandler(stream)
    writer.setFormatter(
        LambdaPowertoolsFormatter(
            log_record_order=["level", "logger", "message", "timestamp"],
            location=None,
            logger=None,
            use_rfc3339=True,
            utc=True,
            serialize_stacktrace=False,  # `exception` has it as Python prints it
        )
    )
    writer.addFilter(_add_bound_fields)
    return writer


def _add_bound_fields(record: logging.LogRecord) -> bool:
    fields: dict[str, Any] = record.__dict__
    fields["logger"] = record.name  # under a name that the formatter does not keep for itself
    for name, value in _bound.get().items():
        fields.setdefault(name, value)
    return True
