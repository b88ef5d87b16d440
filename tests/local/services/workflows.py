"""Small state machines, and how their executions go."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.runner.lambda_function import LambdaFunction
from tests.local.conftest import Aws
from tests.local.runner.handlers import SECONDS

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:storytime-local-"
ROLE = "arn:aws:iam::123456789012:role/any"


def task(function: str, **fields: Any) -> dict[str, Any]:
    """A task of that function; the last state unless it says `Next`."""
    end = {} if "Next" in fields else {"End": True}
    return {"Type": "Task", "Resource": FUNCTION + function, **end, **fields}


def definition(states: dict[str, Any], **fields: Any) -> str:
    """A machine that starts at the first of `states`."""
    return json.dumps({"StartAt": next(iter(states)), "States": states, **fields})


def states_entered(events: list[dict[str, Any]]) -> list[str]:
    """The names of the states of a history, as an execution went through them."""
    return [
        each["stateEnteredEventDetails"]["name"] for each in events if "Entered" in each["type"]
    ]


@dataclass(frozen=True)
class Workflows:
    """Step Functions, with functions of one's own."""

    aws: Aws

    @property
    def client(self) -> Any:
        return self.aws.client("stepfunctions")

    def functions(self, **handlers: Callable[[Any, Any], Any]) -> None:
        self.aws.declare(
            LambdaFunction(name, handler, timeout=30, memory=256)
            for name, handler in handlers.items()
        )

    def create(self, states: dict[str, Any], name: str = "tried-out", **fields: Any) -> str:
        arn: str = self.client.create_state_machine(
            name=name, definition=definition(states, **fields), roleArn=ROLE
        )["stateMachineArn"]
        return arn

    def start(self, machine: str, **request: Any) -> str:
        arn: str = self.client.start_execution(stateMachineArn=machine, **request)["executionArn"]
        return arn

    def ended(self, execution: str) -> dict[str, Any]:
        """What DescribeExecution says once it is closed."""
        client, pause = self.client, threading.Event()
        for _ in range(SECONDS * 100):
            answer: dict[str, Any] = client.describe_execution(executionArn=execution)
            if answer["status"] != "RUNNING":
                return answer
            pause.wait(0.01)
        raise AssertionError("it never ended")

    def run(self, states: dict[str, Any], given: Any = None, **fields: Any) -> dict[str, Any]:
        """Create a machine, execute it, and wait for its end."""
        machine = self.create(states, **fields)
        return self.ended(self.start(machine, input=json.dumps(given or {})))

    def events(self, execution: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.client.get_execution_history(executionArn=execution)[
            "events"
        ]
        return events

    def path(self, execution: str) -> list[str]:
        return states_entered(self.events(execution))
