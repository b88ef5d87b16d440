"""How an execution of a state machine begins, and how it ends."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True)
class ExecutionEnd:
    """The status of an execution; with an `output`, or with `error` and `cause`, once it ended."""

    status: Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
    output: str | None = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True)
class Started:
    """The start of an execution."""

    arn: str
    name: str
    machine_arn: str
    machine_name: str
    role_arn: str
    input: str
    at: datetime

    def context(self) -> Any:
        return {
            "Execution": {
                "Id": self.arn,
                "Input": json.loads(self.input),
                "Name": self.name,
                "RoleArn": self.role_arn,
                "StartTime": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            },
            "StateMachine": {"Id": self.machine_arn, "Name": self.machine_name},
        }
