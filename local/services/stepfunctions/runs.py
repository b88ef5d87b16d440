"""An execution of a state machine as Step Functions describes it."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from local.services.stepfunctions.execution_record import ExecutionEnd, Started
from local.services.stepfunctions.interpreter import Execution

_RUNNING: Final = ExecutionEnd("RUNNING")
_EVENTS_OF_AN_END: Final = {
    "ABORTED": ("ExecutionAborted", "executionAbortedEventDetails"),
    "TIMED_OUT": ("ExecutionTimedOut", "executionTimedOutEventDetails"),
}
"""Ends from outside, which come at once: moto's interpreter tells them when functions return."""
_DATA: Final = ("input", "inputDetails", "output", "outputDetails")


@dataclass
class Run:
    """An execution as clients see it; what changes does so under the lock of `StateMachines`.

    Attributes:
        execution: What runs, or None once it is closed.
        events: The history, once it is closed.
        closed: Set then.
    """

    started: Started
    execution: Execution | None
    ending: ExecutionEnd = _RUNNING
    stopped_at: datetime | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    @property
    def status(self) -> str:
        return self.ending.status

    def entry(self) -> dict[str, Any]:
        """What ListExecutions tells of it."""
        return _without_none(
            {
                "executionArn": self.started.arn,
                "stateMachineArn": self.started.machine_arn,
                "name": self.started.name,
                "status": self.status,
                "startDate": self.started.at,
                "stopDate": self.stopped_at,
                "redriveCount": 0,
            }
        )

    def description(self) -> dict[str, Any]:
        """What DescribeExecution tells of it."""
        output = {} if self.ending.output is None else {"outputDetails": {"included": True}}
        return self.entry() | _without_none(
            {
                "input": self.started.input,
                "inputDetails": {"included": True},
                "output": self.ending.output,
                "error": self.ending.error,
                "cause": self.ending.cause,
                **output,
            }
        )

    def close(self, ending: ExecutionEnd, now: datetime) -> None:
        """End it, unless it has ended; what still runs of it has no effect any more."""
        if self.execution is None:
            return
        self.events = self.execution.events()
        if ending.status in _EVENTS_OF_AN_END:
            self.events.append(_end_event(ending, self.events[-1]["id"], now))
        self.ending, self.stopped_at, self.execution = ending, now, None
        self.closed.set()

    def history(self) -> list[dict[str, Any]]:
        return self.events if self.execution is None else self.execution.events()


def without_data(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {key: each for key, each in value.items() if key not in _DATA}
        if isinstance(value, Mapping)
        else value
        for name, value in event.items()
    }


def _end_event(ending: ExecutionEnd, last_id: int, now: datetime) -> dict[str, Any]:
    kind, details = _EVENTS_OF_AN_END[ending.status]
    return {
        "timestamp": now,
        "type": kind,
        "id": last_id + 1,
        "previousEventId": last_id,
        details: _without_none({"error": ending.error, "cause": ending.cause}),
    }


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
