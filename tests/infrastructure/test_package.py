"""What `make package` adds for Terraform. tests/deployed proves the whole package."""

import json

import pytest

from infrastructure.commands.package import main, with_error_responses, with_rule_names
from infrastructure.gateway.responses import RESPONSES
from infrastructure.stage import Stage

NAME = "chalice_api_swagger"


def test_the_error_responses_are_in_the_definition_of_the_api() -> None:
    before = {"swagger": "2.0", "paths": {"/health": {"uri": "${aws_lambda_function.x.arn}"}}}
    packaged = {"resource": {}, "locals": {NAME: json.dumps(before)}}

    after = json.loads(with_error_responses(packaged, "https://books.example.com")["locals"][NAME])

    answers = after.pop("x-amazon-apigateway-gateway-responses")
    assert after == before
    assert answers.keys() == RESPONSES.keys()
    assert answers["DEFAULT_5XX"] == {
        "responseParameters": {
            "gatewayresponse.header.Access-Control-Allow-Origin": "'https://books.example.com'",
            "gatewayresponse.header.Cache-Control": "'no-store'",
            "gatewayresponse.header.Access-Control-Expose-Headers": "'Retry-After'",
            "gatewayresponse.header.Retry-After": "'5'",
        },
        "responseTemplates": {"application/json": RESPONSES["DEFAULT_5XX"].body},
    }


def test_the_rule_of_a_schedule_has_the_stage_in_its_name() -> None:
    def packaged(name: str) -> dict[str, dict[str, object]]:
        rule = {"name": name, "schedule_expression": "rate(5 minutes)"}
        return {"resource": {"aws_cloudwatch_event_rule": {"sweep-event": rule}, "other": {}}}

    renamed = with_rule_names(Stage("dev"), packaged("sweep-event"))

    assert renamed == packaged("storytime-dev-sweep-event")


def test_a_wrong_stage_name_is_one_clear_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["local", "out"]) == 1
    assert capsys.readouterr().err.startswith("\npackage: 'local' cannot be a stage: ")
