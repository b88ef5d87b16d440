"""The error responses that API Gateway sends by itself."""

import json
import re
from typing import Any, Final

import boto3
import pytest

from chalicelib.steps import posted_photo
from chalicelib.stories import upload_request
from infrastructure.gateway.responses import RESPONSES, put_requests

ORIGIN: Final = "https://books.example.com"
REQUESTS: Final = {each["responseType"]: each for each in put_requests("abcdef1234", ORIGIN)}
HEADER: Final = "gatewayresponse.header."


def headers_of(response_type: str) -> dict[str, str]:
    headers = REQUESTS[response_type]["responseParameters"]
    assert all(re.fullmatch(r"'[^']+'", value) for value in headers.values())
    return {name.removeprefix(HEADER): value.strip("'") for name, value in headers.items()}


def test_each_type_that_api_gateway_has_gets_a_response() -> None:
    client = boto3.session.Session(region_name="us-east-1").client("apigateway")
    response_type: Any = client.meta.service_model.shape_for("GatewayResponseType")

    configuration = {"API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR"}
    assert REQUESTS.keys() == set(response_type.enum) - configuration  # which are DEFAULT_5XX


@pytest.mark.parametrize("response_type", RESPONSES)
def test_each_response_has_the_form_of_the_apps_errors(response_type: str) -> None:
    body = json.loads(REQUESTS[response_type]["responseTemplates"]["application/json"])

    assert body.keys() == {"code", "message"}
    assert re.fullmatch(r"[a-z_]+", body["code"])
    assert re.fullmatch(r"[A-Z].+[.]", body["message"])


@pytest.mark.parametrize("response_type", RESPONSES)
def test_no_response_repeats_the_request(response_type: str) -> None:
    """API Gateway would insert values of the request, such as a token, for ``$`` and ``#``.

    Terraform, which `make package` writes for, would evaluate ``${`` and ``%{``.
    """
    assert not set("$#%") & set(json.dumps(REQUESTS[response_type]))


def test_each_response_has_a_fitting_status_and_says_when_or_how_to_try_again() -> None:
    after_a_while, with_a_token = {"Retry-After": "5"}, {"WWW-Authenticate": "Bearer"}
    expected: dict[str, tuple[str | None, dict[str, str]]] = {
        "UNAUTHORIZED": ("401", with_a_token),
        "ACCESS_DENIED": ("401", with_a_token),
        "MISSING_AUTHENTICATION_TOKEN": ("404", {}),
        "INVALID_SIGNATURE": ("404", {}),
        "EXPIRED_TOKEN": ("404", {}),
        "DEFAULT_4XX": ("404", {}),  # all other cases have a type of their own
        "RESOURCE_NOT_FOUND": ("404", {}),
        "BAD_REQUEST_BODY": ("400", {}),
        "BAD_REQUEST_PARAMETERS": ("400", {}),
        "INVALID_API_KEY": ("403", {}),
        "WAF_FILTERED": ("403", {}),
        "REQUEST_TOO_LARGE": ("413", {}),
        "UNSUPPORTED_MEDIA_TYPE": ("415", {}),
        "THROTTLED": ("429", after_a_while),
        "QUOTA_EXCEEDED": ("429", {}),
        "INTEGRATION_TIMEOUT": ("504", after_a_while),
        "INTEGRATION_FAILURE": ("503", after_a_while),
        "AUTHORIZER_FAILURE": ("503", after_a_while),
        "DEFAULT_5XX": (None, after_a_while),  # a status would replace that of all other cases
    }

    for response_type, (status, headers) in expected.items():
        sent = headers_of(response_type)
        assert REQUESTS[response_type].get("statusCode") == status, response_type
        assert sent.pop("Access-Control-Expose-Headers", "") == ",".join(headers), response_type
        always = {"Access-Control-Allow-Origin": ORIGIN, "Cache-Control": "no-store"}
        assert sent == headers | always, response_type
    assert REQUESTS.keys() == expected.keys()


def test_a_413_says_the_limit_and_where_larger_photos_can_be_sent() -> None:
    message = RESPONSES["REQUEST_TOO_LARGE"].message

    assert f"{posted_photo.MAX_BYTES / 10**6:g} MB" in message
    assert f"POST /uploads takes up to {upload_request.MAX_BYTES / 10**6:g} MB" in message
