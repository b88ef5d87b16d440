"""One execution, without Step Functions around it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from queue import Queue

from local.runner.functions import InvocationResult
from local.services.stepfunctions.execution_record import ExecutionEnd, Started
from local.services.stepfunctions.interpreter import Execution, Invoke, read_definition
from tests.local.services.workflows import ROLE, SECONDS, Gate, definition, states_entered, task

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
STARTED = Started("arn:aws:states:e", "e", MACHINE, "m", ROLE, "{}", NOW)


def execution_of(text: str, invoke: Invoke) -> Execution:
    return Execution(read_definition(text), STARTED, invoke)


@contextmanager
def running(execution: Execution) -> Iterator[Queue[ExecutionEnd]]:
    endings: Queue[ExecutionEnd] = Queue()
    thread = threading.Thread(target=lambda: endings.put(execution.run()))
    thread.start()
    yield endings
    thread.join(SECONDS)
    assert not thread.is_alive()


def test_an_execution_that_is_stopped_tells_of_its_end_nowhere_but_in_its_ending() -> None:
    gate = Gate()

    def invoke(_name: str, _payload: bytes) -> InvocationResult:
        gate({}, None)
        return InvocationResult(b"7", failed=False)

    execution = execution_of(
        definition({"Wait": task("wait", Next="After"), "After": task("after")}), invoke
    )

    with running(execution) as endings:
        assert gate.entered.wait(SECONDS)
        assert execution.stop(NOW)
        gate.opened.set()
        assert endings.get(timeout=SECONDS).status == "ABORTED"

    events = execution.events()
    assert states_entered(events) == ["Wait"]
    assert events[-1]["type"] == "LambdaFunctionStarted"


def test_an_execution_that_is_stopped_before_it_begins_enters_no_state() -> None:
    execution = execution_of(definition({"Done": {"Type": "Succeed"}}), _never)

    assert execution.stop(NOW)

    assert execution.run().status == "ABORTED"
    assert [event["type"] for event in execution.events()] == ["ExecutionStarted"]


def test_an_execution_that_has_ended_is_not_stopped() -> None:
    execution = execution_of(definition({"Done": {"Type": "Succeed"}}), _never)
    assert execution.run().status == "SUCCEEDED"

    assert not execution.stop(NOW)

    assert execution.events()[-1]["type"] == "ExecutionSucceeded"


def test_one_program_can_be_executed_many_times_at_once() -> None:
    """Each with retries of its own."""
    program = read_definition(
        definition({"Try": task("try", Retry=[{"ErrorEquals": ["E"], "MaxAttempts": 1}])})
    )
    attempts: Queue[str] = Queue()

    def invoke(name: str, _payload: bytes) -> InvocationResult:
        attempts.put(name)
        return InvocationResult(b'{"errorType": "E"}', failed=True)

    one, other = (Execution(program, STARTED, invoke) for _ in range(2))
    with running(one) as first, running(other) as second:
        endings = [first.get(timeout=SECONDS), second.get(timeout=SECONDS)]

    assert [(each.status, each.error) for each in endings] == [("FAILED", "E")] * 2
    assert attempts.qsize() == 4


def _never(_name: str, _payload: bytes) -> InvocationResult:
    raise AssertionError("nothing is to be invoked")
