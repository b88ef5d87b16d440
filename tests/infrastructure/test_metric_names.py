"""Alarms and the dashboard use metrics and dimensions that the app records."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.aws.cloudwatch import NAMESPACE
from chalicelib.telemetry import METRICS
from tests.infrastructure.resolved import Stack

DASHBOARD = Path(__file__).parents[2] / "infrastructure" / "dashboard.json"
SEARCH = re.compile(rf"\{{{NAMESPACE},([\w,]+)\}} MetricName=\"(\w+)\"")

Asked = tuple[str, frozenset[str]]
"""A metric's name, and the names of its dimensions."""


def recorded() -> set[Asked]:
    known = set()
    for metric in METRICS:
        if metric.dimension is not None:
            known.add((metric.name, frozenset({"Stage", metric.dimension})))
        if metric.dimension is None or metric.has_total:
            known.add((metric.name, frozenset({"Stage"})))
    return known


def shown() -> set[Asked]:
    """Return the app's metrics on the dashboard."""
    widgets = json.loads(DASHBOARD.read_text())["widgets"]
    return {
        asked
        for widget in widgets
        for asked in asked_for(widget.get("properties", {}).get("metrics", []))
    }


def asked_for(lines: list[list[Any]]) -> Iterator[Asked]:
    before: list[Any] = []
    for line in lines:
        if isinstance(line[0], dict):
            for dimensions, name in SEARCH.findall(line[0].get("expression", "")):
                yield name, frozenset(dimensions.split(","))
            continue
        if line[0] == "...":
            continue  # it repeats the line before with another value
        before = [
            old if new == "." else new for new, old in zip(line, [*before, *line], strict=False)
        ]
        if before[0] == NAMESPACE:
            yield before[1], frozenset(before[2:-1:2])


def watched() -> set[Asked]:
    """Return the app's metrics in alarms."""
    return {
        (alarm["MetricName"], frozenset(each["Name"] for each in alarm["Dimensions"]))
        for alarm in Stack("dev").of_type("CloudWatch::Alarm")
        if alarm["Namespace"] == NAMESPACE
    }


@pytest.mark.parametrize("asked", [shown, watched])
def test_every_metric_in_use_is_recorded(asked: Any) -> None:
    assert asked()
    assert asked() - recorded() == set()


def test_every_recorded_metric_is_on_the_dashboard() -> None:
    assert {metric.name for metric in METRICS} == {name for name, _ in shown()}
