"""Events that nobody waits for; how they are tried again is told in test_schedules.py."""

import threading
from queue import Queue
from typing import Any

from local.runner.asynchronous import AsynchronousInvocations
from local.runner.lambda_function import LambdaFunction

SECONDS = 10  # patience, not a measure


class Gate:
    """A handler that says who came in, and lets them out when the test says so."""

    def __init__(self) -> None:
        self.entered: Queue[int] = Queue()
        self.open = threading.Event()

    def __call__(self, event: dict[str, Any], _context: Any) -> None:
        self.entered.put(event["number"])
        assert self.open.wait(SECONDS)


def invocations_of(handler: Any, concurrency: int) -> AsynchronousInvocations:
    function = LambdaFunction("work", handler, timeout=30, memory=256)
    return AsynchronousInvocations(function, concurrency=concurrency)


def test_no_more_events_run_at_once_than_the_concurrency_and_the_rest_wait_in_order() -> None:
    gate = Gate()
    invocations = invocations_of(gate, concurrency=2)

    for number in range(5):
        invocations.send({"number": number})

    first = {gate.entered.get(timeout=SECONDS) for _ in range(2)}
    threading.Event().wait(0.1)
    assert first == {0, 1}
    assert gate.entered.empty()

    gate.open.set()
    assert {gate.entered.get(timeout=SECONDS) for _ in range(3)} == {2, 3, 4}


def test_one_at_a_time_they_run_in_the_order_in_which_they_came() -> None:
    gate = Gate()
    gate.open.set()
    invocations = invocations_of(gate, concurrency=1)

    for number in range(50):
        invocations.send({"number": number})

    assert [gate.entered.get(timeout=SECONDS) for _ in range(50)] == list(range(50))


def test_what_waits_is_not_invoked_once_it_is_stopped() -> None:
    gate = Gate()
    invocations = invocations_of(gate, concurrency=1)
    invocations.send({"number": 0})
    invocations.send({"number": 1})
    gate.entered.get(timeout=SECONDS)

    invocations.request_stop()
    gate.open.set()
    for thread in threading.enumerate():
        if thread.name == "work-asynchronous":
            thread.join(SECONDS)
    invocations.send({"number": 2})

    assert gate.entered.empty()
