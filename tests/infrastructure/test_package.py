"""What `make package` adds to the package that Chalice makes for Terraform."""

import json
from typing import Any

import pytest

from infrastructure.commands.package import main, with_error_responses, with_rule_names
from infrastructure.gateway.responses import RESPONSES
from infrastructure.stage import Stage

NAME = "chalice_api_swagger"
KEY = "x-amazon-apigateway-gateway-responses"


def test_the_error_responses_are_in_the_definition_of_the_api() -> None:
    uri = "${aws_lambda_function.api_handler.invoke_arn}"
    packaged: dict[str, dict[str, Any]] = {
        "resource": {"aws_api_gateway_rest_api": {"rest_api": {"body": f"${{local.{NAME}}}"}}},
        "locals": {NAME: json.dumps({"swagger": "2.0", "paths": {"/health": {"uri": uri}}})},
    }

    terraform = with_error_responses(packaged, "https://books.example.com")

    assert terraform["resource"] == packaged["resource"]
    definition = json.loads(terraform["locals"][NAME])
    answers = definition.pop(KEY)
    assert definition == json.loads(packaged["locals"][NAME])
    assert answers.keys() == RESPONSES.keys()
    assert answers["ACCESS_DENIED"] == {
        "statusCode": "401",
        "responseParameters": {
            "gatewayresponse.header.Access-Control-Allow-Origin": "'https://books.example.com'",
            "gatewayresponse.header.Access-Control-Expose-Headers": "'WWW-Authenticate'",
            "gatewayresponse.header.WWW-Authenticate": "'Bearer'",
        },
        "responseTemplates": {"application/json": RESPONSES["ACCESS_DENIED"].body},
    }
    assert "statusCode" not in answers["DEFAULT_5XX"]


def test_no_error_response_is_an_expression_of_terraform() -> None:
    terraform = with_error_responses({"locals": {NAME: "{}"}}, "*")

    assert "${" not in terraform["locals"][NAME]
    assert "%{" not in terraform["locals"][NAME]


def test_the_rule_of_a_schedule_has_the_stage_in_its_name() -> None:
    rule = {"name": "sweep-event", "schedule_expression": "rate(5 minutes)"}
    function = {"function_name": "storytime-dev-sweep"}
    packaged = {
        "resource": {
            "aws_cloudwatch_event_rule": {"sweep-event": rule},
            "aws_lambda_function": {"sweep": function},
        }
    }

    resources = with_rule_names(Stage("dev"), packaged)["resource"]

    assert resources == {
        "aws_cloudwatch_event_rule": {
            "sweep-event": {**rule, "name": "storytime-dev-sweep-event"},
        },
        "aws_lambda_function": {"sweep": function},
    }


def test_a_wrong_stage_name_is_one_clear_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["local", "out"]) == 1
    assert capsys.readouterr().err.startswith("\npackage: 'local' cannot be a stage: ")
