"""Logs and metrics.

Logs are one JSON object a line, with the story, the step and the X-Ray trace that it is about.
A dimension's values are listed here, or are the names of steps, operations or refusals in the
code: CloudWatch bills each value as a metric of its own.
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


class Metric(msgspec.Struct, frozen=True):
    """One metric.

    Attributes:
        name: Its name in alarms and in the dashboard.
        dimension: The name of its dimension, beside ``Stage``, which all metrics have.
        has_total: It is recorded without that dimension, too: an alarm needs no list of values.
    """

    name: str
    unit: Literal["Count", "Milliseconds", "Seconds"] = "Count"
    dimension: str | None = None
    has_total: bool = False


STEP_DURATION: Final = Metric("StepDuration", "Milliseconds", dimension="Step")
"""Duration of successful work on a story. Lambda's own metrics count failed attempts."""
PAID_CALLS: Final = Metric("PaidCalls", dimension="Operation")
"""Answered requests to Rekognition, Textract and Polly: AWS bills each."""
DUPLICATES_FOUND: Final = Metric("DuplicatesFound")
"""Photos that already had a story."""
CHARACTERS_NARRATED: Final = Metric("CharactersNarrated")
"""Characters that Polly bills: of speech, and again of its speech marks."""
STORIES_READY: Final = Metric("StoriesReady")
STORIES_FAILED: Final = Metric("StoriesFailed", dimension="Reason", has_total=True)
PROFILE_PHOTOS_READY: Final = Metric("ProfilePhotosReady")
PROFILE_PHOTOS_REJECTED: Final = Metric("ProfilePhotosRejected", dimension="Reason", has_total=True)
PROFILE_PHOTOS_FAILED: Final = Metric("ProfilePhotosFailed")
OLDEST_WORK: Final = Metric("OldestWork", "Seconds", dimension="Work")
"""Age of the oldest unfinished work that a sweep found, by `Work`.

SQS's own ApproximateAgeOfOldestMessage leaves out messages that were received three times or more.
"""
MESSAGES_GIVEN_UP: Final = Metric("MessagesGivenUp", dimension="Queue")
"""Dead letters that wait or are parked, by their step, at each sweep that finds any.

SQS's own metrics of a parked queue stop six hours after the last request to it.
"""

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
    OLDEST_WORK,
    MESSAGES_GIVEN_UP,
)


class Work(StrEnum):
    """Work that the sweeper finds unfinished, as a value of the metric's dimension."""

    PHOTO = "photo"  # it lies in the intake bucket, and is not taken in
    STORY = "story"  # it is not ready, or its notice is not sent
    DELETION = "deletion"  # the story is hidden, and not everything is gone
    PROFILE = "profile"  # its photo is in process, or something is to be removed


class FailureReason(StrEnum):
    """Why a story failed, as a value of the metric's dimension."""

    NO_TEXT = "no_text"
    ILLEGIBLE = "illegible"  # only guesses
    UNREADABLE_PHOTO = "unreadable_photo"
    UNSPEAKABLE_TEXT = "unspeakable_text"
    PHOTO_MISSING = "photo_missing"
    KEPT_FAILING = "kept_failing"  # every attempt raised an error
    STOPPED = "stopped"  # no attempt raised an error: timeout or memory


class Meter(Protocol):
    """Records measurements. Never raises, and sends no request."""

    def record(self, metric: Metric, value: float = 1, dimension: str | None = None) -> None:
        """Record a measurement.

        Args:
            metric: What was measured.
            value: In the metric's unit.
            dimension: The value of the metric's dimension; None: it has none.
        """


@contextmanager
def timed(meter: Meter, step: str, clock: Callable[[], datetime]) -> Iterator[None]:
    """Record how long the block takes, unless it raises."""
    began_at = clock()
    yield
    record_duration(meter, step, clock() - began_at)


def record_duration(meter: Meter, step: str, duration: timedelta) -> None:
    meter.record(STEP_DURATION, duration / timedelta(milliseconds=1), dimension=step)


def reason_of_rejection(rejection: RejectedError) -> FailureReason:
    try:
        return FailureReason(rejection.code)
    except ValueError:  # the code of one of many errors about a photo
        return FailureReason.UNREADABLE_PHOTO
