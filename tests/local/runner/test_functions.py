"""Lambda's Invoke: what an app's functions answer to whoever calls them by name."""

import json
import logging
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from botocore.exceptions import ClientError
from chalice.app import Chalice
from chalice.config import Config

from local.runner.functions import functions_of
from local.runner.lambda_function import LambdaFunction
from tests.local.conftest import Aws
from tests.local.services.workflows import FUNCTION, SECONDS

MIB = 1024 * 1024
STACK_WITH_ITS_APP = """
from local.runner import stack
from local.runner.process import leave
import boto3

whole = stack.LocalStorytime(0, 0)
whole.start()
functions = boto3.client("lambda")
name = "storytime-local-take_in_staged"
answer = functions.invoke(FunctionName=name, Payload=b'{"Records": []}')
leave(0 if answer["Payload"].read() == b"null" else 1)
"""
CONFIG = Config(
    chalice_stage="local",
    config_from_disk={
        "lambda_timeout": 29,
        "stages": {"local": {"lambda_functions": {"look": {"lambda_timeout": 61}}}},
    },
)


class BlurredError(Exception):
    """What a function raises."""


def declare(aws: Aws, **handlers: Any) -> None:
    aws.declare(LambdaFunction(name, handler, 30, 256) for name, handler in handlers.items())


def invoke(aws: Aws, name: str, payload: bytes = b"{}", **request: Any) -> dict[str, Any]:
    """The answer, its payload read."""
    client = aws.client("lambda")
    answer: dict[str, Any] = client.invoke(FunctionName=name, Payload=payload, **request)
    return {**answer, "Payload": answer["Payload"].read()}


def code(refusal: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = refusal.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    "name",
    [
        "storytime-local-echo",
        "storytime-local-echo:$LATEST",
        "123456789012:function:storytime-local-echo",
        f"{FUNCTION}echo",
        f"{FUNCTION}echo:$LATEST",
    ],
)
def test_a_function_is_invoked_by_its_name_or_arn(aws: Aws, name: str) -> None:
    declare(aws, echo=lambda event, context: [event, context.function_name])

    answer = invoke(aws, name, '{"name": "Zoë"}'.encode())

    assert json.loads(answer["Payload"]) == [{"name": "Zoë"}, "storytime-local-echo"]
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer


def test_every_function_of_an_app_can_be_invoked_with_its_own_settings(aws: Aws) -> None:
    app = Chalice("tried-out", configure_logs=False)

    @app.lambda_function(name="look")
    def find_face(event: Any, context: Any) -> dict[str, Any]:
        return {"event": event, "seconds": context.get_remaining_time_in_millis() // 1000}

    @app.on_sqs_message(queue="work")
    def work(event: Any) -> int:
        return len(event.to_dict()["Records"])

    aws.declare(functions_of(app, CONFIG))

    looked = json.loads(invoke(aws, "storytime-local-look", b'{"a": 1}')["Payload"])
    assert looked["event"] == {"a": 1}
    assert 50 < looked["seconds"] <= 61
    assert invoke(aws, "storytime-local-work", b'{"Records": []}')["Payload"] == b"0"


def test_a_stack_has_the_functions_of_its_app() -> None:
    ended = subprocess.run(  # noqa: S603  # the lines above
        [sys.executable, "-c", STACK_WITH_ITS_APP],
        cwd=Path(__file__).parents[3],
        timeout=60,
        check=False,
    )

    assert ended.returncode == 0


def test_a_function_without_a_payload_gets_an_empty_event(aws: Aws) -> None:
    declare(aws, echo=lambda event, _context: event)

    answer = aws.client("lambda").invoke(FunctionName="storytime-local-echo")

    assert answer["Payload"].read() == b"{}"


def test_an_exception_is_answered_as_the_runtime_does(
    aws: Aws, caplog: pytest.LogCaptureFixture
) -> None:
    def look(_event: Any, _context: Any) -> None:
        raise BlurredError("hold it still")

    declare(aws, look=look)

    with caplog.at_level(logging.INFO, "local.runner.functions"):
        answer = invoke(aws, "storytime-local-look")

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    error = json.loads(answer["Payload"])
    assert (error["errorType"], error["errorMessage"]) == ("BlurredError", "hold it still")
    assert len(error["requestId"]) == 36
    (frame,) = error["stackTrace"]
    assert frame.startswith(f'  File "{__file__}", line ')
    assert 'raise BlurredError("hold it still")' in frame
    assert "look failed: BlurredError: hold it still" in caplog.text


@pytest.mark.parametrize(
    ("result", "payload"),
    [(None, b"null"), ({"score": Decimal("0.5")}, b'{"score": 0.5}'), ((1, 2), b"[1, 2]")],
)
def test_a_result_is_json(aws: Aws, result: Any, payload: bytes) -> None:
    declare(aws, give=lambda _event, _context: result)

    assert invoke(aws, "storytime-local-give")["Payload"] == payload


@pytest.mark.parametrize("result", [{1, 2}, b"bytes", object()], ids=["set", "bytes", "object"])
def test_a_result_that_json_has_not_is_a_marshal_error(aws: Aws, result: Any) -> None:
    declare(aws, give=lambda _event, _context: result)

    answer = invoke(aws, "storytime-local-give")

    assert answer["FunctionError"] == "Unhandled"
    error = json.loads(answer["Payload"])
    assert error["errorType"] == "Runtime.MarshalError"
    assert error["errorMessage"].startswith("Unable to marshal response: Object of type ")


def test_a_result_of_over_6_mb_is_an_error(aws: Aws) -> None:
    declare(aws, give=lambda event, _context: "x" * event)

    assert len(invoke(aws, "storytime-local-give", b"6291554")["Payload"]) == 6 * MIB + 100
    answer = invoke(aws, "storytime-local-give", b"6291555")

    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"])["errorType"] == "Function.ResponseSizeTooLarge"


@pytest.mark.parametrize(("how", "most"), [("RequestResponse", 6 * MIB), ("Event", MIB)])
def test_an_event_has_at_most_6_mb_and_1_when_nobody_waits(aws: Aws, how: str, most: int) -> None:
    declare(aws, count=lambda event, _context: len(event))
    event = b'"' + b"x" * (most - 2) + b'"'

    invoke(aws, "storytime-local-count", event, InvocationType=how)
    with pytest.raises(ClientError) as refusal:
        invoke(aws, "storytime-local-count", event + b" ", InvocationType=how)

    assert code(refusal) == ("RequestTooLargeException", 413)


def test_whoever_sends_an_event_does_not_wait_for_the_function(aws: Aws) -> None:
    let_go, done = threading.Event(), Queue[Any]()

    def work(event: Any, _context: Any) -> None:
        assert let_go.wait(SECONDS)
        done.put(event)

    declare(aws, work=work)

    answer = invoke(aws, "storytime-local-work", b'{"a": 1}', InvocationType="Event")

    assert (answer["StatusCode"], answer["Payload"]) == (202, b"")
    assert done.empty()
    let_go.set()
    assert done.get(timeout=SECONDS) == {"a": 1}


def test_a_dry_run_invokes_nothing(aws: Aws) -> None:
    invoked = Queue[Any]()
    declare(aws, work=lambda event, _context: invoked.put(event))

    answer = invoke(aws, "storytime-local-work", InvocationType="DryRun")

    assert answer["StatusCode"] == 204
    assert invoked.empty()


@pytest.mark.parametrize("how", ["RequestResponse", "Event", "DryRun"])
def test_an_unknown_function_is_not_found(aws: Aws, how: str) -> None:
    with pytest.raises(ClientError) as refusal:
        invoke(aws, "storytime-local-nobody", InvocationType=how)

    assert code(refusal) == ("ResourceNotFoundException", 404)
    message = refusal.value.response["Error"]["Message"]
    assert message == f"Function not found: {FUNCTION}nobody"


def test_an_event_that_is_not_json_is_refused(aws: Aws) -> None:
    declare(aws, work=lambda _event, _context: None)

    with pytest.raises(ClientError) as refusal:
        invoke(aws, "storytime-local-work", b"{")

    assert code(refusal) == ("InvalidRequestContentException", 400)


def test_a_function_that_waits_holds_no_other_service_up(aws: Aws) -> None:
    let_go, entered = threading.Event(), threading.Event()

    def work(_event: Any, _context: Any) -> bool:
        entered.set()
        return let_go.wait(SECONDS)

    declare(aws, work=work)
    answers = Queue[Any]()
    waiting = threading.Thread(
        target=lambda: answers.put(invoke(aws, "storytime-local-work")["Payload"])
    )
    waiting.start()
    assert entered.wait(SECONDS)

    aws.client("s3").create_bucket(Bucket="meanwhile")

    assert answers.empty()
    let_go.set()
    waiting.join(SECONDS)
    assert answers.get(timeout=SECONDS) == b"true"


def test_what_else_lambda_can_do_is_refused_not_made_up(aws: Aws) -> None:
    with pytest.raises(ClientError) as refusal:
        aws.client("lambda").list_functions()

    assert code(refusal) == ("NotImplemented", 501)
