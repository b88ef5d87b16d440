"""EventBridge's scheduled rules: functions that are invoked periodically."""

import re
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from chalice.app import Chalice, ScheduledEventConfig, ScheduleExpression
from chalice.config import Config

from local.resources.names import ACCOUNT_ID, PREFIX, REGION
from local.runner.asynchronous import AsynchronousInvocations
from local.runner.lambda_function import LambdaFunction, TriggerError

_RATE: Final = re.compile(r"rate\(([1-9][0-9]*) (minute|hour|day)(s?)\)")
_SECONDS: Final = {"minute": 60, "hour": 3600, "day": 86_400}


class ScheduleTrigger:
    """Invokes a function once every period, at its end.

    Each invocation is asynchronous, as EventBridge's are: a slow one may overlap with the next.

    Args:
        function: The function to invoke.
        period: Seconds.
        monotonic: The time in seconds.
        wait: Waits for some seconds, and returns whether to stop.
    """

    def __init__(
        self,
        function: LambdaFunction,
        period: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self.function = function
        self.period = period
        self._monotonic = monotonic
        self._wait = wait
        self._invocations = AsynchronousInvocations(function)
        self._stopping = threading.Event()

    def start(self) -> None:
        name = f"{self.function.name}-schedule"
        threading.Thread(target=self._keep_time, name=name, daemon=True).start()

    def request_stop(self) -> None:
        """Start no more invocations and no more retries."""
        self._stopping.set()
        self._invocations.request_stop()

    def _keep_time(self) -> None:
        wait = self._wait or self._stopping.wait
        due = self._monotonic() + self.period
        while not wait(max(0.0, due - self._monotonic())):
            due += self.period
            self._invocations.send(_scheduled_event(self.function.name, datetime.now(UTC)))


def schedule_triggers(app: Chalice, config: Config) -> list[ScheduleTrigger]:
    """Return a trigger for every ``schedule`` handler of an app.

    Raises:
        TriggerError: A handler's schedule is not a rate.
    """
    return [
        ScheduleTrigger(
            LambdaFunction.configured(source.name, app.handler_map[source.name], config),
            _period(source),
        )
        for source in app.event_sources
        if isinstance(source, ScheduledEventConfig)
    ]


def _period(source: ScheduledEventConfig) -> int:
    """Return the seconds of ``rate(5 minutes)`` (Amazon EventBridge, "Rate expressions")."""
    expression = source.schedule_expression
    if isinstance(expression, ScheduleExpression):
        expression = expression.to_string()
    rate = _RATE.fullmatch(expression)
    if rate is None or (rate[1] == "1") == (rate[3] == "s"):  # EventBridge checks the plural
        raise TriggerError(
            f"{source.name} is scheduled by {expression!r}, "
            "but the local stack keeps only rates, such as 'rate(1 minute)' or 'rate(5 minutes)'"
        )
    return int(rate[1]) * _SECONDS[rate[2]]


def _scheduled_event(function: str, now: datetime) -> dict[str, Any]:
    """Return a rule's event (Amazon EventBridge, "Scheduled Event"); Chalice names the rule."""
    rule = f"{PREFIX}{function}-event"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT_ID,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{rule}"],
        "detail": {},
    }
