"""Time that invokes functions, told as stories: given a period, when it is over, then."""

import logging
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from chalice.app import Chalice, CloudWatchEvent, Cron, Rate, ScheduleExpression
from chalice.config import Config

from local.runner.lambda_function import LambdaFunction, TriggerError
from local.runner.schedules import ScheduleTrigger, schedule_triggers

SECONDS = 10  # patience, not a measure
CONFIG = Config(
    chalice_stage="local",
    config_from_disk={
        "lambda_timeout": 29,
        "stages": {"local": {"lambda_functions": {"sweep": {"lambda_timeout": 300}}}},
    },
)


STACK_WITH_A_SHORT_PERIOD = """
import threading
from local.runner import stack
from local.runner.lambda_function import LambdaFunction, TriggerError
from local.runner.process import leave
from local.runner.schedules import ScheduleTrigger

swept = threading.Event()
sweep = LambdaFunction("sweep", lambda event, context: swept.set(), timeout=30, memory=256)
stack.schedule_triggers = lambda app, config: [ScheduleTrigger(sweep, 0.05)]
stack.LocalStorytime(0, 0).start()
leave(0 if swept.wait(10) else 1)
"""


@dataclass
class Handler:
    """Hands each event to the test, and then does what it was told to."""

    behave: Callable[[], None] = lambda: None
    invocations: Queue[tuple[dict[str, Any], Any]] = field(default_factory=Queue)

    def __call__(self, event: dict[str, Any], context: Any) -> None:
        self.invocations.put((event, context))
        self.behave()

    def next_event(self) -> dict[str, Any]:
        return self.invocations.get(timeout=SECONDS)[0]


@contextmanager
def running(handler: Handler, period: float) -> Iterator[ScheduleTrigger]:
    function = LambdaFunction("sweep", handler, timeout=30, memory=256)
    trigger = ScheduleTrigger(function, period)
    trigger.start()
    try:
        yield trigger
    finally:
        trigger.request_stop()


def threads_of(function: str) -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith(f"{function}-")]


def test_an_event_says_what_eventbridges_says() -> None:
    handler = Handler()

    with running(handler, period=0.01):
        event, context = handler.invocations.get(timeout=SECONDS)

    happened = datetime.strptime(event.pop("time"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - happened) < timedelta(seconds=SECONDS)
    assert uuid.UUID(event.pop("id"))
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/storytime-local-sweep-event"],
        "detail": {},
    }
    assert context.function_name == "storytime-local-sweep"
    assert 0 < context.get_remaining_time_in_millis() <= 30_000


def test_the_first_period_passes_before_the_first_event_and_one_before_each_next() -> None:
    handler = Handler()
    started = time.monotonic()

    with running(handler, period=0.5):
        ids, times = set(), []
        for _ in range(3):
            ids.add(handler.next_event()["id"])
            times.append(time.monotonic() - started)

    assert len(ids) == 3
    for number, happened in enumerate(times, start=1):
        assert 0.5 * number <= happened < 0.5 * number + 0.45


def test_a_slow_function_does_not_hold_up_the_next_event() -> None:
    let_go = threading.Event()
    handler = Handler(lambda: _wait_for(let_go))

    with running(handler, period=0.05):
        first, second = handler.next_event(), handler.next_event()
        let_go.set()

    assert first["id"] != second["id"]


def test_a_function_that_raises_is_tried_twice_again_with_the_same_event(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handler = Handler(_fail)

    with caplog.at_level(logging.ERROR, "local.runner.asynchronous"), running(handler, period=0.05):
        attempts = Counter(handler.next_event()["id"] for _ in range(12))

    assert [times for _, times in attempts.most_common(2)] == [3, 3]
    assert "sweep failed, attempt 3 of 3" in caplog.text
    assert "ValueError: it always fails" in caplog.text


def test_a_function_that_succeeds_the_second_time_is_not_tried_a_third() -> None:
    failures = iter([ValueError("only once")])
    handler = Handler(lambda: _raise_next(failures))

    with running(handler, period=0.05):
        attempts = Counter(handler.next_event()["id"] for _ in range(5))

    assert sorted(attempts.values()) == [1, 1, 1, 2]


def test_nothing_is_invoked_or_waits_once_it_is_stopped() -> None:
    handler = Handler()

    with running(handler, period=0.05) as trigger:
        handler.next_event()
        trigger.request_stop()
        for thread in threads_of("sweep"):
            thread.join(SECONDS)
        invoked = handler.invocations.qsize()
        threading.Event().wait(0.2)

    assert handler.invocations.qsize() == invoked
    assert threads_of("sweep") == []


def test_a_long_period_is_no_reason_to_stop_late() -> None:
    with running(Handler(), period=3600) as trigger:
        (waiting,) = threads_of("sweep")
        trigger.request_stop()
        waiting.join(SECONDS)

    assert not waiting.is_alive()


def test_nothing_is_tried_again_once_it_is_stopped() -> None:
    told: list[ScheduleTrigger] = []

    def stop_and_fail() -> None:
        told[0].request_stop()
        _fail()

    handler = Handler(stop_and_fail)
    with running(handler, period=0.05) as trigger:
        told.append(trigger)
        handler.next_event()
        for thread in threads_of("sweep"):
            thread.join(SECONDS)

    assert handler.invocations.empty()


def test_every_schedule_of_an_app_gets_a_trigger_as_it_was_declared() -> None:
    app = Chalice("tried-out", configure_logs=False)
    seen: Queue[tuple[CloudWatchEvent, Any]] = Queue()

    @app.schedule(Rate(5, unit=Rate.MINUTES))
    def sweep(event: CloudWatchEvent) -> None:
        seen.put((event, event.context))

    @app.schedule("rate(1 hour)")
    def tidy(_event: CloudWatchEvent) -> None: ...

    @app.on_sqs_message(queue="work")
    def work(_event: object) -> None: ...

    sweeping, tidying = schedule_triggers(app, CONFIG)

    assert (sweeping.function.name, sweeping.period, sweeping.function.timeout) == (
        "sweep",
        300,
        300,
    )
    assert (tidying.function.name, tidying.period, tidying.function.timeout) == ("tidy", 3600, 29)

    soon = ScheduleTrigger(sweeping.function, period=0.01)
    soon.start()
    event, context = seen.get(timeout=SECONDS)
    soon.request_stop()
    assert event.detail_type == "Scheduled Event"
    assert context.get_remaining_time_in_millis() > 290_000


def test_a_stack_keeps_its_schedules() -> None:
    ended = subprocess.run(  # noqa: S603  # the lines above
        [sys.executable, "-c", STACK_WITH_A_SHORT_PERIOD],
        cwd=Path(__file__).parents[3],
        timeout=60,
        check=False,
    )

    assert ended.returncode == 0


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        (Rate(1, unit=Rate.MINUTES), 60),
        (Rate(2, unit=Rate.HOURS), 7200),
        (Rate(1, unit=Rate.DAYS), 86_400),
        ("rate(10 days)", 864_000),
    ],
)
def test_a_rate_is_in_minutes_hours_or_days(
    expression: ScheduleExpression | str, seconds: int
) -> None:
    (trigger,) = schedule_triggers(_app_scheduled(expression), CONFIG)

    assert trigger.period == seconds


@pytest.mark.parametrize(
    "expression",
    [
        Cron(0, 12, "*", "*", "?", "*"),
        "cron(0 12 * * ? *)",
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(5 seconds)",
        "rate(0x5 minutes)",
        "",
    ],
)
def test_any_other_schedule_is_refused_by_name(expression: ScheduleExpression | str) -> None:
    with pytest.raises(TriggerError, match=r"^sweep is scheduled by .*rate\(5 minutes\)"):
        schedule_triggers(_app_scheduled(expression), CONFIG)


def _app_scheduled(expression: ScheduleExpression | str) -> Chalice:
    app = Chalice("tried-out", configure_logs=False)

    @app.schedule(expression)
    def sweep(_event: CloudWatchEvent) -> None: ...

    return app


def _fail() -> None:
    raise ValueError("it always fails")


def _raise_next(errors: Iterator[Exception]) -> None:
    if (error := next(errors, None)) is not None:
        raise error


def _wait_for(permission: threading.Event) -> None:
    assert permission.wait(SECONDS)
