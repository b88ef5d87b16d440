"""What API Gateway is told to answer by itself."""

import json
import re
from typing import Any

import boto3
import pytest
from botocore.validate import validate_parameters

from chalicelib.steps import intake
from chalicelib.stories import upload_request
from infrastructure.gateway_responses import RESPONSES, put_requests

MODEL = boto3.session.Session(region_name="us-east-1").client("apigateway").meta.service_model
ORIGIN = "https://books.example.com"


def requests() -> dict[str, dict[str, Any]]:
    return {each["responseType"]: each for each in put_requests("abcdef1234", ORIGIN)}


def test_each_is_a_request_that_api_gateway_takes() -> None:
    shape: Any = MODEL.operation_model("PutGatewayResponse").input_shape
    response_type: Any = MODEL.shape_for("GatewayResponseType")
    types = set(response_type.enum)

    for request in requests().values():
        validate_parameters(request, shape)
    assert requests().keys() == RESPONSES.keys()
    configuration = {"API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR"}
    assert requests().keys() == types - configuration  # which are DEFAULT_5XX


@pytest.mark.parametrize("response_type", RESPONSES)
def test_each_has_the_shape_of_all_errors(response_type: str) -> None:
    body = json.loads(requests()[response_type]["responseTemplates"]["application/json"])

    assert body.keys() == {"code", "message"}
    assert re.fullmatch(r"[a-z_]+", body["code"])
    assert re.fullmatch(r"[A-Z].+[.]", body["message"])


@pytest.mark.parametrize("response_type", RESPONSES)
def test_each_repeats_nothing_of_the_request(response_type: str) -> None:
    """A template's ``$`` and ``#`` are API Gateway's own, and its messages repeat tokens."""
    request = requests()[response_type]
    written = [*request["responseTemplates"].values(), *request["responseParameters"].values()]

    assert [text for text in written if "$" in text or "#" in text] == []


@pytest.mark.parametrize("response_type", RESPONSES)
def test_a_page_of_the_allowed_origin_can_read_each_and_its_headers(response_type: str) -> None:
    headers = requests()[response_type]["responseParameters"]
    own = RESPONSES[response_type].headers

    assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == f"'{ORIGIN}'"
    assert all(re.fullmatch(r"'[^']+'", value) for value in headers.values())
    exposed = headers.get("gatewayresponse.header.Access-Control-Expose-Headers", "''")
    assert set(exposed.strip("'").split(",")) - {""} == set(own)


def test_statuses_say_who_is_to_do_what() -> None:
    statuses = {name: request.get("statusCode") for name, request in requests().items()}

    assert statuses == {
        "UNAUTHORIZED": "401",
        "ACCESS_DENIED": "401",
        "MISSING_AUTHENTICATION_TOKEN": "404",
        "INVALID_SIGNATURE": "404",
        "EXPIRED_TOKEN": "404",
        "DEFAULT_4XX": "404",  # of what has a type, nothing is left to it
        "RESOURCE_NOT_FOUND": "404",
        "BAD_REQUEST_BODY": "400",
        "BAD_REQUEST_PARAMETERS": "400",
        "INVALID_API_KEY": "403",
        "WAF_FILTERED": "403",
        "REQUEST_TOO_LARGE": "413",
        "UNSUPPORTED_MEDIA_TYPE": "415",
        "THROTTLED": "429",
        "QUOTA_EXCEEDED": "429",
        "INTEGRATION_TIMEOUT": "504",
        "INTEGRATION_FAILURE": "503",
        "AUTHORIZER_FAILURE": "503",
        "DEFAULT_5XX": None,  # as it is: a status here would be that of all others
    }


@pytest.mark.parametrize("response_type", ["UNAUTHORIZED", "ACCESS_DENIED"])
def test_who_is_not_let_in_is_told_how_to_ask(response_type: str) -> None:
    headers = requests()[response_type]["responseParameters"]

    assert headers["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'"


@pytest.mark.parametrize(
    "response_type", ["THROTTLED", "INTEGRATION_TIMEOUT", "INTEGRATION_FAILURE"]
)
def test_who_may_try_again_is_told_when(response_type: str) -> None:
    headers = requests()[response_type]["responseParameters"]

    assert int(headers["gatewayresponse.header.Retry-After"].strip("'")) > 0


def test_who_sends_too_much_is_told_the_limit_and_where_larger_photos_go() -> None:
    message = RESPONSES["REQUEST_TOO_LARGE"].message

    assert f"{intake.MAX_BYTES / 10**6:g} MB" in message
    assert f"POST /uploads takes up to {upload_request.MAX_BYTES / 10**6:g} MB" in message
