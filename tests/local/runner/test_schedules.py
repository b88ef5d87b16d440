"""Functions that EventBridge invokes periodically."""

import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chalice.app import Chalice, CloudWatchEvent, Cron, Rate, ScheduleExpression
from chalice.config import Config

from local.runner.lambda_function import TriggerError
from local.runner.schedules import ScheduleTrigger, schedule_triggers
from tests.local.runner.handlers import SECONDS, Handler

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
from local.runner.lambda_function import LambdaFunction
from local.runner.process import leave
from local.runner.schedules import ScheduleTrigger

swept = threading.Event()
sweep = LambdaFunction("sweep", lambda event, context: swept.set(), timeout=30, memory=256)
stack.schedule_triggers = lambda app, config: [ScheduleTrigger(sweep, 0.05)]
stack.LocalStorytime(0, 0).start()
leave(0 if swept.wait(60) else 1)
"""


class Time:
    """A time that passes only by waiting, and whose functions take three seconds each."""

    def __init__(self, rounds: int) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self.ended = threading.Event()
        self._rounds = rounds

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds + 3
        if len(self.waits) > self._rounds:
            self.ended.set()
        return self.ended.is_set()


def start(handler: Handler, time: Time) -> None:
    sweep = handler.function("sweep")
    ScheduleTrigger(sweep, 300, monotonic=lambda: time.now, wait=time.wait).start()


def test_an_event_has_eventbridges_shape() -> None:
    handler = Handler()

    start(handler, Time(rounds=1))
    event = handler.next_event()

    happened = datetime.strptime(event.pop("time"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - happened) < timedelta(minutes=10)
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


def test_the_first_period_passes_before_the_first_event_and_one_before_each_next() -> None:
    handler, time = Handler(), Time(rounds=3)

    start(handler, time)

    assert time.ended.wait(SECONDS)
    assert len({handler.next_event()["id"] for _ in range(3)}) == 3
    assert time.waits == [300, 297, 297, 297]
    assert handler.is_idle


def test_a_slow_function_does_not_hold_up_the_next_event() -> None:
    gate = threading.Event()
    handler, time = Handler(lambda _event: gate.wait(SECONDS)), Time(rounds=2)

    start(handler, time)

    assert handler.next_event()["id"] != handler.next_event()["id"]
    gate.set()


def test_a_trigger_with_a_long_period_stops_at_once() -> None:
    trigger = ScheduleTrigger(Handler().function("sweep"), period=3600)
    trigger.start()
    (waiting,) = (each for each in threading.enumerate() if each.name == "sweep-schedule")

    trigger.request_stop()
    waiting.join(SECONDS)

    assert not waiting.is_alive()


def test_every_schedule_of_an_app_gets_a_trigger_as_it_was_declared() -> None:
    app = Chalice("tried-out", configure_logs=False)

    @app.schedule(Rate(5, unit=Rate.MINUTES))
    def sweep(_event: CloudWatchEvent) -> None: ...

    @app.schedule("rate(1 hour)")
    def tidy(_event: CloudWatchEvent) -> None: ...

    @app.on_sqs_message(queue="work")
    def work(_event: object) -> None: ...

    triggers = schedule_triggers(app, CONFIG)

    assert [(each.function.name, each.period, each.function.timeout) for each in triggers] == [
        ("sweep", 300, 300),
        ("tidy", 3600, 29),
    ]


def test_a_stack_keeps_its_schedules() -> None:
    ended = subprocess.run(  # noqa: S603  # the lines above
        [sys.executable, "-c", STACK_WITH_A_SHORT_PERIOD],
        cwd=Path(__file__).parents[3],
        check=False,
    )

    assert ended.returncode == 0


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [("rate(1 minute)", 60), (Rate(2, unit=Rate.HOURS), 7200), ("rate(10 days)", 864_000)],
)
def test_a_rate_is_in_minutes_hours_or_days(expression: Rate | str, seconds: int) -> None:
    (trigger,) = schedule_triggers(_app_scheduled(expression), CONFIG)

    assert trigger.period == seconds


@pytest.mark.parametrize(
    "expression",
    [
        Cron(0, 12, "*", "*", "?", "*"),
        *("cron(0 12 * * ? *)", "rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)"),
        *("rate(5 seconds)", "rate(0x5 minutes)", ""),
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
