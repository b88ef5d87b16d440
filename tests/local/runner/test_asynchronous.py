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


def test_no_more_events_run_at_once_than_the_concurrency_and_the_rest_wait_in_order() -> None:
    gate = threading.Event()
    handler = Handler(lambda _event: gate.wait(SECONDS))
    invocations = AsynchronousInvocations(handler.function(), concurrency=2)

    for number in range(5):
        invocations.send({"number": number})

    first = {handler.next_event()["number"] for _ in range(2)}
    assert first == {0, 1}
    assert len(workers()) == 2
    gate.set()
    assert {handler.next_event()["number"] for _ in range(3)} == {2, 3, 4}


def test_with_a_concurrency_of_one_events_run_in_their_order() -> None:
    handler = Handler()
    invocations = AsynchronousInvocations(handler.function(), concurrency=1)

    for number in range(50):
        invocations.send({"number": number})

    assert [handler.next_event()["number"] for _ in range(50)] == list(range(50))


def test_a_function_that_raises_is_tried_twice_again_with_the_same_event(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handler = Handler(failing(*[ValueError("it always fails")] * 9))
    invocations = AsynchronousInvocations(handler.function())

    with caplog.at_level(logging.ERROR, "local.runner.asynchronous"):
        invocations.send({"number": 1})
        attempts = [handler.next_event() for _ in range(3)]
        join_workers()

    assert attempts == [{"number": 1}] * 3
    assert handler.is_idle
    assert "work failed, attempt 3 of 3" in caplog.text
    assert "ValueError: it always fails" in caplog.text


def test_a_function_that_succeeds_the_second_time_is_not_tried_a_third() -> None:
    handler = Handler(failing(ValueError("only once")))
    AsynchronousInvocations(handler.function()).send({"number": 1})

    assert [handler.next_event() for _ in range(2)] == [{"number": 1}] * 2
    join_workers()
    assert handler.is_idle


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
    stop_and_fail = Handler()
    invocations = AsynchronousInvocations(stop_and_fail.function())

    def behave(_event: object) -> None:
        invocations.request_stop()
        raise ValueError("it fails")

    stop_and_fail.behave = behave
    invocations.send({})
    stop_and_fail.next_event()
    join_workers()

    assert stop_and_fail.is_idle
