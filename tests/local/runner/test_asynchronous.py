"""Events whose sender does not wait for the function."""

import logging
import threading

import pytest

from local.runner.asynchronous import AsynchronousInvocations
from tests.local.runner.handlers import SECONDS, Handler, failing


def workers() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "work-asynchronous"]


def join_workers() -> None:
    for thread in workers():
        thread.join(SECONDS)


def test_no_more_events_run_at_once_than_the_concurrency_and_the_rest_wait() -> None:
    gate = threading.Event()
    handler = Handler(lambda _event: gate.wait(SECONDS))
    invocations = AsynchronousInvocations(handler.function(), concurrency=2)

    for number in range(5):
        invocations.send({"number": number})

    assert {handler.next_event()["number"] for _ in range(2)} == {0, 1}
    assert len(workers()) == 2
    gate.set()
    assert {handler.next_event()["number"] for _ in range(3)} == {2, 3, 4}


@pytest.mark.parametrize(("failures", "attempts"), [(1, 2), (9, 3)])
def test_a_function_that_raises_is_tried_twice_again_with_the_same_event(
    caplog: pytest.LogCaptureFixture, failures: int, attempts: int
) -> None:
    handler = Handler(failing(*[ValueError("it fails")] * failures))
    invocations = AsynchronousInvocations(handler.function())

    with caplog.at_level(logging.ERROR, "local.runner.asynchronous"):
        invocations.send({"number": 1})
        join_workers()

    assert [handler.next_event() for _ in range(attempts)] == [{"number": 1}] * attempts
    assert handler.is_idle
    assert f"work failed, attempt {min(failures, 3)} of 3" in caplog.text
    assert "ValueError: it fails" in caplog.text


def test_waiting_events_are_not_invoked_after_a_stop() -> None:
    gate = threading.Event()
    handler = Handler(lambda _event: gate.wait(SECONDS))
    invocations = AsynchronousInvocations(handler.function(), concurrency=1)
    invocations.send({"number": 0})
    invocations.send({"number": 1})
    handler.next_event()

    invocations.request_stop()
    gate.set()
    join_workers()
    invocations.send({"number": 2})

    assert handler.is_idle


def test_an_event_is_not_tried_again_after_a_stop() -> None:
    def stop_and_fail(_event: object) -> None:
        invocations.request_stop()
        raise ValueError("it fails")

    handler = Handler(stop_and_fail)
    invocations = AsynchronousInvocations(handler.function())

    invocations.send({})
    join_workers()

    handler.next_event()
    assert handler.is_idle
