"""Each line that CloudWatch is to make a metric of, as its specification wants it.

Amazon CloudWatch, "Specification: Embedded metric format".
"""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib import telemetry
from chalicelib.aws.cloudwatch import EmfMeter
from chalicelib.stories.queues import Step
from chalicelib.telemetry import (
    METRICS,
    PAID_CALLS,
    STEP_DURATION,
    STORIES_FAILED,
    STORIES_READY,
    Metric,
)


class Lines:
    def __init__(self) -> None:
        self.written: list[str] = []
        self.meter = EmfMeter("dev", self.written.append)

    def only(self) -> dict[str, Any]:
        (line,) = self.written
        assert "\n" not in line
        read: dict[str, Any] = json.loads(line)
        return read


@pytest.fixture
def lines() -> Lines:
    return Lines()


def test_a_dimension_is_one_of_a_set_with_the_stage(lines: Lines) -> None:
    lines.meter.record(STEP_DURATION, 1234.5, dimension=Step.READING)

    line = lines.only()
    assert line.pop("_aws")["CloudWatchMetrics"] == [
        {
            "Namespace": "Storytime",
            "Dimensions": [["Stage", "Step"]],
            "Metrics": [{"Name": "StepDuration", "Unit": "Milliseconds"}],
        }
    ]
    assert line == {"Stage": "dev", "Step": "reading", "StepDuration": [1234.5]}


def test_a_summed_metric_is_also_written_without_its_dimension(lines: Lines) -> None:
    lines.meter.record(STORIES_FAILED, dimension="no_text")

    line = lines.only()
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["Stage"], ["Stage", "Reason"]]
    assert (line["Stage"], line["Reason"], line["StoriesFailed"]) == ("dev", "no_text", [1.0])


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_line_of_every_metric_follows_the_specification(lines: Lines, metric: Metric) -> None:
    before = time.time() * 1000

    with telemetry.bound(story_id="5a1f9f52", stage="reading"):
        lines.meter.record(metric, 7, dimension="x" if metric.dimension else None)

    check(lines.only(), before)


def check(line: Mapping[str, Any], before: float) -> None:
    """What the specification says of a document, in its order."""
    assert set(line["_aws"]) == {"Timestamp", "CloudWatchMetrics"}
    timestamp = line["_aws"]["Timestamp"]
    assert type(timestamp) is int
    assert before - 1 <= timestamp <= time.time() * 1000
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
    assert 1 <= len(directive["Namespace"]) <= 255
    assert directive["Dimensions"]
    for dimensions in directive["Dimensions"]:
        assert len(dimensions) <= 30
        for name in dimensions:
            assert isinstance(line[name], str)
            assert 1 <= len(line[name]) <= 1024
    (metric,) = directive["Metrics"]
    assert set(metric) == {"Name", "Unit"}
    assert metric["Unit"] in {"Count", "Milliseconds", "Seconds"}
    assert line[metric["Name"]] == [7.0]


def test_bound_fields_are_in_the_line_and_are_no_dimensions(lines: Lines) -> None:
    with telemetry.bound(story_id="5a1f9f52", function_request_id="9d3c"):
        lines.meter.record(PAID_CALLS, dimension="DetectText")

    line = lines.only()
    assert (line["story_id"], line["function_request_id"]) == ("5a1f9f52", "9d3c")
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["Stage", "Operation"]]


def test_each_measurement_is_a_line_of_its_own(lines: Lines) -> None:
    lines.meter.record(STORIES_READY)
    lines.meter.record(STORIES_READY)
    lines.meter.record(PAID_CALLS, dimension="DetectText")

    written = [json.loads(line) for line in lines.written]
    assert [line.get("StoriesReady") for line in written] == [[1.0], [1.0], None]
    assert "Operation" not in written[1]


def test_a_variable_of_the_library_adds_no_dimension(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "other")

    lines.meter.record(STORIES_READY)

    (directive,) = lines.only()["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["Stage"]]


def test_an_error_of_standard_output_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    def full(_line: str) -> None:
        raise OSError("no space left")

    EmfMeter("dev", full).record(STORIES_READY)

    (record,) = caplog.records
    assert (record.getMessage(), record.levelname) == ("not measured", "WARNING")


def test_a_value_that_is_no_number_is_only_logged(
    lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    lines.meter.record(STORIES_READY, "one")  # type: ignore[arg-type]

    assert lines.written == []
    assert len(caplog.records) == 1
