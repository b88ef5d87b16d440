"""The app for Terraform: what of it is ours."""

import pytest

from infrastructure.gateway_responses import RESPONSES
from infrastructure.package import gateway_resources, main


def test_every_answer_of_the_gateway_is_a_resource() -> None:
    resources = gateway_resources("https://app.example.com")["resource"]
    answers = resources["aws_api_gateway_gateway_response"]

    assert {each["response_type"] for each in answers.values()} == RESPONSES.keys()
    assert answers["throttled"] == {
        "rest_api_id": "${aws_api_gateway_rest_api.rest_api.id}",
        "response_type": "THROTTLED",
        "status_code": "429",
        "response_templates": {"application/json": RESPONSES["THROTTLED"].body},
        "response_parameters": {
            "gatewayresponse.header.Access-Control-Allow-Origin": "'https://app.example.com'",
            "gatewayresponse.header.Access-Control-Expose-Headers": "'Retry-After'",
            "gatewayresponse.header.Retry-After": "'5'",
        },
    }
    assert "status_code" not in answers["default_5xx"]


def test_what_is_no_stage_is_one_clear_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["local", "out"]) == 1
    assert capsys.readouterr().err.startswith("\npackage: 'local' cannot be a stage: ")
