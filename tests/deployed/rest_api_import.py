"""``python -m tests.deployed.rest_api_import URL CERTIFICATE`` imports REST APIs at an emulator.

Chalice describes its REST API in one OpenAPI document. MiniStack ignores the document, but can make
resources, methods, authorizers and integrations one by one. So this turns an import into single
requests, and passes all other requests on to the emulator at URL. It prints its address, and
answers there until it receives a signal to end.
"""

import json
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from local.runner.process import interrupt_when_told_to_end
from local.server.http_server import HttpServer
from tests.deployed.emulated_account import client
from tests.deployed.passed_on import PassedOn, body_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from mypy_boto3_apigateway import APIGatewayClient

_EXTENSION: Final = "x-amazon-apigateway-"


class RestApiImport:
    """A WSGI application in front of the emulator.

    Args:
        client: A client of the emulator, to make what an import describes.
        emulator: Answers all other requests.
    """

    def __init__(self, client: "APIGatewayClient", emulator: PassedOn) -> None:
        self._client = client
        self._emulator = emulator

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        body = body_of(environ)
        mode = parse_qs(environ["QUERY_STRING"]).get("mode", [""])[0]
        match environ["REQUEST_METHOD"], environ["PATH_INFO"].strip("/").split("/"):
            case "POST", ["restapis"] if mode == "import":
                answer = self._import(json.loads(body))
            case "DELETE", ["restapis", _, "stages", _, "cache", "authorizers"]:
                answer = {}  # the emulator does not have this request
            case _:
                return self._emulator.answer(environ, body, start_response)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def _import(self, document: dict[str, Any]) -> dict[str, Any]:
        api_id = self._client.create_rest_api(
            name=document["info"]["title"],
            binaryMediaTypes=document[f"{_EXTENSION}binary-media-types"],
        )["id"]
        authorizers = {
            name: self._authorizer(api_id, name, scheme[f"{_EXTENSION}authorizer"])
            for name, scheme in document.get("securityDefinitions", {}).items()
        }
        resources = {"/": self._root(api_id)}
        for path, operations in document["paths"].items():
            resource = self._resource(api_id, resources, path)
            for method, operation in operations.items():
                asked_for = [name for each in operation.get("security", []) for name in each]
                authorizer = authorizers[asked_for[0]] if asked_for else None
                self._method(api_id, resource, method.upper(), operation, authorizer)
        return {"id": api_id, "name": document["info"]["title"]}

    def _root(self, api_id: str) -> str:
        resources = self._client.get_resources(restApiId=api_id)["items"]
        return next(resource["id"] for resource in resources if resource["path"] == "/")

    def _resource(self, api_id: str, known: dict[str, str], path: str) -> str:
        if path not in known:
            parent, _, part = path.rpartition("/")
            made = self._client.create_resource(
                restApiId=api_id,
                parentId=self._resource(api_id, known, parent or "/"),
                pathPart=part,
            )
            known[path] = made["id"]
        return known[path]

    def _authorizer(self, api_id: str, name: str, described: Mapping[str, Any]) -> str:
        made = self._client.create_authorizer(
            restApiId=api_id,
            name=name,
            type="TOKEN",
            authorizerUri=described["authorizerUri"],
            identitySource="method.request.header.Authorization",
            authorizerResultTtlInSeconds=described["authorizerResultTtlInSeconds"],
        )
        return made["id"]

    def _method(
        self,
        api_id: str,
        resource: str,
        method: str,
        operation: Mapping[str, Any],
        authorizer_id: str | None,
    ) -> None:
        place: dict[str, Any] = {
            "restApiId": api_id,
            "resourceId": resource,
            "httpMethod": method,
        }
        if authorizer_id:
            self._client.put_method(**place, authorizationType="CUSTOM", authorizerId=authorizer_id)
        else:
            self._client.put_method(**place, authorizationType="NONE")
        integration = operation[f"{_EXTENSION}integration"]
        optional = {
            key: integration[key]
            for key in ("uri", "passthroughBehavior", "contentHandling", "requestTemplates")
            if key in integration
        }
        self._client.put_integration(
            **place,
            type=integration["type"].upper(),
            integrationHttpMethod=integration.get("httpMethod", "POST"),
            **optional,
        )
        if integration["type"] == "mock":
            self._preflight(place, integration["responses"]["default"])

    def _preflight(self, place: dict[str, Any], response: Mapping[str, Any]) -> None:
        headers: dict[str, str] = response["responseParameters"]
        self._client.put_method_response(
            **place, statusCode="200", responseParameters=dict.fromkeys(headers, False)
        )
        self._client.put_integration_response(**place, statusCode="200", responseParameters=headers)


def main(url: str, certificate: str) -> None:
    interrupt_when_told_to_end()
    authority = Path(certificate)
    server = HttpServer(0)
    server.start(RestApiImport(client("apigateway", url, authority), PassedOn(url, authority)))
    print(server.url, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main(*sys.argv[1:])
