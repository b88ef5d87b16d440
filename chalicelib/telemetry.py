"""Logs and metrics.

Logs are one JSON object a line, with the story, the step and the X-Ray trace that it is about.
A metric's dimension has only values that stand here, or that name a step, an operation or a
refusal in the code: CloudWatch bills each value as a metric of its own.
"""

import contextlib
import contextvars
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal, Protocol, TextIO

import msgspec
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from chalicelib.errors import RejectedError

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


class Metric(msgspec.Struct, frozen=True):
    """One metric.

    Attributes:
        name: As alarms and the dashboard know it.
        dimension: What it is told apart by, beside the deployment's stage.
        summed: It is there without that dimension, too: an alarm needs no list of its values.
    """

    name: str
    unit: Literal["Count", "Milliseconds"] = "Count"
    dimension: str | None = None
    has_total: bool = False


STEP_DURATION: Final = Metric("StepDuration", "Milliseconds", dimension="Step")
"""How long work took that brought a story on; failed attempts are Lambda's to tell of."""
PAID_CALLS: Final = Metric("PaidCalls", dimension="Operation")
"""Requests of Rekognition and Polly that were answered, and so are billed."""
DUPLICATES_FOUND: Final = Metric("DuplicatesFound")
"""Photos of pages that had a story already."""
CHARACTERS_NARRATED: Final = Metric("CharactersNarrated")
"""As Polly counts them for its bill."""
STORIES_READY: Final = Metric("StoriesReady")
STORIES_FAILED: Final = Metric("StoriesFailed", dimension="Reason", has_total=True)
PROFILE_PHOTOS_READY: Final = Metric("ProfilePhotosReady")
PROFILE_PHOTOS_REJECTED: Final = Metric("ProfilePhotosRejected", dimension="Reason", has_total=True)
PROFILE_PHOTOS_FAILED: Final = Metric("ProfilePhotosFailed")

METRICS: Final = (
    STEP_DURATION,
    PAID_CALLS,
    DUPLICATES_FOUND,
    CHARACTERS_NARRATED,
    STORIES_READY,
    STORIES_FAILED,
    PROFILE_PHOTOS_READY,
    PROFILE_PHOTOS_REJECTED,
    PROFILE_PHOTOS_FAILED,
)


class FailureReason(StrEnum):
    """Why a story failed, for who looks after them all."""

    NO_TEXT = "no_text"
    UNREADABLE_PHOTO = "unreadable_photo"
    UNSPEAKABLE_TEXT = "unspeakable_text"
    PHOTO_MISSING = "photo_missing"
    KEPT_FAILING = "kept_failing"  # each attempt with an error, the last of which is logged
    STOPPED = "stopped"  # without an error: timeout or memory


class Meter(Protocol):
    """Takes measurements. Never raises, and sends no request."""

    def record(self, metric: Metric, value: float = 1, dimension: str | None = None) -> None:
        """Record a measurement.

        Args:
            metric: What was measured.
            value: In the metric's unit.
            dimension: The value of its dimension; None: it has none.
        """


@contextmanager
def timed(meter: Meter, step: str, clock: Callable[[], datetime]) -> Iterator[None]:
    """Record how long a step took, unless it fails."""
    began_at = clock()
    yield
    record_duration(meter, step, clock() - began_at)


def record_duration(meter: Meter, step: str, duration: timedelta) -> None:
    meter.record(STEP_DURATION, duration / timedelta(milliseconds=1), dimension=step)


def reason_of_rejection(rejection: RejectedError) -> FailureReason:
    """What is wrong with a page that can never become a story."""
    try:
        return FailureReason(rejection.code)
    except ValueError:  # one of many ways in which a file can be broken
        return FailureReason.UNREADABLE_PHOTO
