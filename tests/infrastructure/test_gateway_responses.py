"""The error responses that API Gateway sends by itself."""

import json
import re
from typing import Any

import boto3
import pytest
from botocore.validate import validate_parameters

from chalicelib.steps import intake
from chalicelib.stories import upload_request
from infrastructure.gateway.responses import RESPONSES, put_requests

MODEL = boto3.session.Session(region_name="us-east-1").client("apigateway").meta.service_model
ORIGIN = "https://books.example.com"


def requests() -> dict[str, dict[str, Any]]:
    return {each["responseType"]: each for each in put_requests("abcdef1234", ORIGIN)}


def test_api_gateway_accepts_each_response() -> None:
    shape: Any = MODEL.operation_model("PutGatewayResponse").input_shape
    response_type: Any = MODEL.shape_for("GatewayResponseType")
    types = set(response_type.enum)

    for request in requests().values():
        validate_parameters(request, shape)
    assert requests().keys() == RESPONSES.keys()
    configuration = {"API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR"}
    assert requests().keys() == types - configuration  # which are DEFAULT_5XX


@pytest.mark.parametrize("response_type", RESPONSES)
def test_each_response_has_the_form_of_the_apps_errors(response_type: str) -> None:
    body = json.loads(requests()[response_type]["responseTemplates"]["application/json"])

    assert body.keys() == {"code", "message"}
    assert re.fullmatch(r"[a-z_]+", body["code"])
    assert re.fullmatch(r"[A-Z].+[.]", body["message"])


@pytest.mark.parametrize("response_type", RESPONSES)
def test_no_response_repeats_the_request(response_type: str) -> None:
    """``$`` and ``#`` in a template insert values of the request, such as a token."""
    request = requests()[response_type]
    written = [*request["responseTemplates"].values(), *request["responseParameters"].values()]

    assert [text for text in written if "$" in text or "#" in text] == []


@pytest.mark.parametrize("response_type", RESPONSES)
def test_a_page_of_the_allowed_origin_can_read_each_response_and_its_headers(
    response_type: str,
) -> None:
    headers = requests()[response_type]["responseParameters"]
    own = RESPONSES[response_type].headers

    assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == f"'{ORIGIN}'"
    assert all(re.fullmatch(r"'[^']+'", value) for value in headers.values())
    exposed = headers.get("gatewayresponse.header.Access-Control-Expose-Headers", "''")
    assert set(exposed.strip("'").split(",")) - {""} == set(own)


def test_each_response_has_a_fitting_status() -> None:
    statuses = {name: request.get("statusCode") for name, request in requests().items()}

    assert statuses == {
        "UNAUTHORIZED": "401",
        "ACCESS_DENIED": "401",
        "MISSING_AUTHENTICATION_TOKEN": "404",
        "INVALID_SIGNATURE": "404",
        "EXPIRED_TOKEN": "404",
        "DEFAULT_4XX": "404",  # all other cases have a type of their own
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
        "DEFAULT_5XX": None,  # a status here would replace that of all other cases
    }


@pytest.mark.parametrize("response_type", ["UNAUTHORIZED", "ACCESS_DENIED"])
def test_a_401_says_how_to_send_a_token(response_type: str) -> None:
    headers = requests()[response_type]["responseParameters"]

    assert headers["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'"


@pytest.mark.parametrize(
    "response_type", ["THROTTLED", "INTEGRATION_TIMEOUT", "INTEGRATION_FAILURE"]
)
def test_a_response_that_invites_a_retry_says_when(response_type: str) -> None:
    headers = requests()[response_type]["responseParameters"]

    assert int(headers["gatewayresponse.header.Retry-After"].strip("'")) > 0


def test_a_413_says_the_limit_and_where_larger_photos_can_be_sent() -> None:
    message = RESPONSES["REQUEST_TOO_LARGE"].message

    assert f"{intake.MAX_BYTES / 10**6:g} MB" in message
    assert f"POST /uploads takes up to {upload_request.MAX_BYTES / 10**6:g} MB" in message
