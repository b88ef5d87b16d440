"""The dashboard shows every queue and metric, and is free; alarms watch metrics that exist."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from chalicelib.aws.cloudwatch import NAMESPACE
from chalicelib.aws.requests import PAID_OPERATIONS
from chalicelib.stories.queues import Step
from chalicelib.telemetry import METRICS, FailureReason, Work
from infrastructure.stack.template import WATCH
from tests.infrastructure.resolved import Stack

WATCH_STACK: Final = Stack("dev", WATCH)
PREFIX: Final = "storytime-dev"
DASHBOARD: Final = json.loads(WATCH_STACK.of_type("CloudWatch::Dashboard")[0]["DashboardBody"])
METRIC_LISTS: Final = [widget["properties"]["metrics"] for widget in DASHBOARD["widgets"]]
SEARCHES: Final = re.findall(
    rf"SEARCH\('{{{NAMESPACE},Stage,(\w+)}} MetricName=\"(\w+)\" Stage=\"dev\"', '(\w+)', 300\)",
    "\n".join(line[0]["expression"] for (line, *_) in METRIC_LISTS if isinstance(line[0], dict)),
)
"""The dimension, the metric and the statistic of each search."""
RECORDED: Final = {
    *((metric.name, metric.dimension) for metric in METRICS if metric.dimension),
    *((metric.name, "Stage") for metric in METRICS if metric.has_total or not metric.dimension),
}
"""The metrics that the app records, with their last dimension."""

VALUES: Final[dict[str, Collection[str]]] = {
    "Step": list(Step),
    "Queue": list(Step),
    "Work": list(Work),
    "Reason": list(FailureReason),
    "Operation": [each for operations in PAID_OPERATIONS.values() for each in operations],
}
"""The values that a dimension may have."""


def lines() -> Iterator[list[str]]:
    """Yield each line of the dashboard with the words that it takes over from the line before."""
    for metrics in METRIC_LISTS:
        before: list[Any] = []
        for line in metrics:
            written = before[: 1 - len(line)] + line[1:] if line[0] == "..." else line
            before = [before[at] if word == "." else word for at, word in enumerate(written)]
            yield before


def shown(*beginning: str) -> set[str]:
    """The last words of the lines that begin like this."""
    return {line[-1] for line in lines() if line[:-1] == [*beginning]}


def test_the_dashboard_shows_every_queue_and_the_accounts_functions() -> None:
    names = {f"{PREFIX}-{step}" for step in Step}
    assert shown("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName") == names
    of_the_account = {"Errors", "Throttles", "ConcurrentExecutions"}
    assert {line[1] for line in lines() if line[0] == "AWS/Lambda"} == of_the_account


def test_the_dashboard_shows_every_metric_of_the_app_by_its_dimension() -> None:
    of_the_stage = {(line[1], line[2]) for line in lines() if line[::3] == [NAMESPACE, "dev"]}
    by_dimension = {(metric, dimension) for dimension, metric, _ in SEARCHES}

    left_out = {("ProfilePhotosRejected", "Reason")}  # too many reasons for the free tier
    assert of_the_stage | by_dimension == RECORDED - left_out
    percentiles = [statistic for _, metric, statistic in SEARCHES if metric == "StepDuration"]
    assert percentiles == ["p50", "p99"]


def test_the_dashboard_costs_nothing() -> None:
    """Three dashboards of an account are free, "up to 50 metrics" each (CloudWatch, pricing)."""
    found_by_search = [len(VALUES[dimension]) for dimension, _, _ in SEARCHES]
    literal = [line for line in lines() if isinstance(line[0], str)]

    assert len(WATCH_STACK.of_type("CloudWatch::Dashboard")) == 1
    assert len(found_by_search) + len(literal) == sum(map(len, METRIC_LISTS))
    assert sum(found_by_search) + len(literal) <= 50


def test_alarms_watch_metrics_that_the_app_records() -> None:
    alarms = [
        each for each in WATCH_STACK.of_type("CloudWatch::Alarm") if each["Namespace"] == NAMESPACE
    ]

    assert alarms
    for alarm in alarms:
        stage, *more = alarm["Dimensions"]
        assert stage == {"Name": "Stage", "Value": "dev"}
        assert len(more) <= 1
        assert (alarm["MetricName"], alarm["Dimensions"][-1]["Name"]) in RECORDED
