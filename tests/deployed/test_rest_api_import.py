"""An API of Chalice's document, made and made again."""

import json
from typing import Any

import pytest

from tests.deployed.emulated_account import client
from tests.deployed.stage import DeployedStage

pytestmark = pytest.mark.deployed

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}f/invocations"


def document(*paths: str) -> bytes:
    """A document as Chalice writes it; a token opens every path."""
    integration = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": URI,
        "passthroughBehavior": "when_no_match",
        "contentHandling": "CONVERT_TO_TEXT",
    }
    method = {"x-amazon-apigateway-integration": integration, "security": [{"token": []}]}
    guard = {"authorizerUri": URI, "authorizerResultTtlInSeconds": 300}
    described: dict[str, Any] = {
        "info": {"title": "other"},
        "paths": {path: {"get": method} for path in paths},
        "securityDefinitions": {"token": {"x-amazon-apigateway-authorizer": guard}},
        "x-amazon-apigateway-binary-media-types": ["*/*"],
    }
    return json.dumps(described).encode()


def test_a_second_document_takes_the_place_of_the_first(stage: DeployedStage) -> None:
    account = stage.account
    url = account.environment["AWS_ENDPOINT_URL_API_GATEWAY"]
    api_gateway = client("apigateway", url, account.certificate)
    api = api_gateway.import_rest_api(body=document("/old/path", "/both"))["id"]
    try:
        api_gateway.put_rest_api(restApiId=api, mode="overwrite", body=document("/both", "/new"))

        resources = api_gateway.get_resources(restApiId=api, embed=["methods"])["items"]
        (guard,) = api_gateway.get_authorizers(restApiId=api)["items"]
    finally:
        api_gateway.delete_rest_api(restApiId=api)

    methods = {each["path"]: each.get("resourceMethods", {}) for each in resources}
    assert methods.keys() == {"/", "/both", "/new"}
    assert methods["/both"]["GET"]["authorizerId"] == guard["id"]
