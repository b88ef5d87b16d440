"""Lambda's Invoke runs an app's functions by their names."""

import json
import logging
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError
from chalice.app import Chalice
from chalice.config import Config

from chalicelib.stories.queues import DEAD_LETTER_TIME_LIMIT, QUEUES, StepQueue
from local.runner.functions import functions_of
from local.runner.lambda_function import LambdaFunction
from local.runner.stack import chalice_config
from tests.local.conftest import Aws, refusal
from tests.local.services.workflows import FUNCTION

CONFIG = Config(
    chalice_stage="local",
    config_from_disk={
        "lambda_timeout": 29,
        "stages": {"local": {"lambda_functions": {"look": {"lambda_timeout": 61}}}},
    },
)


class BlurredError(Exception):
    """Raised by a function."""


def declare(aws: Aws, **handlers: Any) -> None:
    aws.declare(LambdaFunction(name, handler, 30, 256) for name, handler in handlers.items())


def invoke(aws: Aws, name: str, payload: bytes = b"{}", **request: Any) -> dict[str, Any]:
    """The answer, its payload read."""
    client = aws.client("lambda")
    answer: dict[str, Any] = client.invoke(FunctionName=name, Payload=payload, **request)
    return {**answer, "Payload": answer["Payload"].read()}


def refused(aws: Aws, name: str, payload: bytes = b"{}", **request: Any) -> tuple[str, int]:
    return refusal(lambda: invoke(aws, name, payload, **request))


@pytest.mark.parametrize("name", ["storytime-local-echo", f"{FUNCTION}echo"])
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
    assert 30 < looked["seconds"] <= 61
    assert invoke(aws, "storytime-local-work", b'{"Records": []}')["Payload"] == b"0"


def test_an_exception_is_answered_as_lambdas_runtime_answers_it(
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


def test_a_result_is_json_with_dynamodbs_numbers(aws: Aws) -> None:
    declare(aws, give=lambda _event, _context: {"score": Decimal("0.5"), "page": None})

    assert invoke(aws, "storytime-local-give")["Payload"] == b'{"score": 0.5, "page": null}'


def test_a_result_that_json_cannot_hold_is_a_marshal_error(aws: Aws) -> None:
    declare(aws, give=lambda _event, _context: b"bytes")

    answer = invoke(aws, "storytime-local-give")

    assert answer["FunctionError"] == "Unhandled"
    error = json.loads(answer["Payload"])
    assert error["errorType"] == "Runtime.MarshalError"
    assert error["errorMessage"].startswith("Unable to marshal response: Object of type bytes")


def test_an_unknown_function_and_an_event_that_is_not_json_are_refused(aws: Aws) -> None:
    declare(aws, count=lambda event, _context: len(event))

    assert refused(aws, "storytime-local-count", b"{") == ("InvalidRequestContentException", 400)
    assert refused(aws, "storytime-local-missing") == ("ResourceNotFoundException", 404)


def test_other_requests_to_lambda_are_not_implemented(aws: Aws) -> None:
    declare(aws, work=lambda _event, _context: None)

    for how in ("Event", "DryRun"):
        assert refused(aws, "storytime-local-work", InvocationType=how) == ("NotImplemented", 501)
    with pytest.raises(ClientError, match="NotImplemented"):
        aws.client("lambda").list_functions()


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.step)
def test_a_function_has_the_time_limit_of_its_queue(queue: StepQueue) -> None:
    """A lease lasts as long; Lambda gets the limit from .chalice/config.json."""
    handlers = (queue.handler, queue.dead_letter_handler)
    config = chalice_config()

    configured = [LambdaFunction.configured(name, print, config).timeout for name in handlers]

    limits = (queue.time_limit, DEAD_LETTER_TIME_LIMIT)
    assert configured == [limit.total_seconds() for limit in limits]
