"""A line of the log, as Logs Insights reads it."""

import io
import json
import logging
from typing import Any

import pytest

from chalicelib import telemetry

TRACE = "1-5759e988-bd862e3fe1be46a994272793"


class Log:
    """A logger whose lines can be read, without the process's own handlers."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.log = logging.Logger("chalicelib.reading")  # noqa: LOG001  # of no tree, with no other handler
        self.log.addHandler(telemetry.handler(self._stream))

    def only(self) -> dict[str, Any]:
        (line,) = self._stream.getvalue().splitlines()
        read: dict[str, Any] = json.loads(line)
        return read


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    return Log()


def test_a_line_is_one_object_with_what_was_said_and_what_is_bound(log: Log) -> None:
    with (
        telemetry.bound(story_id="5a1f9f52", function_request_id="9d3c"),
        telemetry.bound(step="reading"),
    ):
        log.log.info("page read", extra={"words": 12})

    line = log.only()
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "chalicelib.reading",
        "message": "page read",
        "words": 12,
        "story_id": "5a1f9f52",
        "function_request_id": "9d3c",
        "step": "reading",
    }


def test_whatever_is_said_of_a_story_names_its_trace(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda sets the variable anew for each invocation, whether or not it is sampled."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=0")

    with telemetry.bound(story_id="5a1f9f52"):
        log.log.info("page read")

    line = log.only()
    assert (line["story_id"], line["xray_trace_id"]) == ("5a1f9f52", TRACE)


def test_what_was_bound_is_gone_afterwards(log: Log) -> None:
    with telemetry.bound(story_id="5a1f9f52"):
        pass
    log.log.info("swept")

    assert "story_id" not in log.only()


def test_an_error_comes_in_one_line(log: Log) -> None:
    log.log.warning("attempt failed", exc_info=ZeroDivisionError("by\nnothing"))

    line = log.only()
    assert line["exception_name"] == "ZeroDivisionError"
    assert line["exception"] == "ZeroDivisionError: by\nnothing"
