"""``python -m tests.deployed.rest_api_import URL CERTIFICATE`` imports REST APIs at an emulator.

Chalice describes its REST API in one OpenAPI document, also when it deploys again. MiniStack does
not read the document, but can make resources, methods, authorizers and integrations one by one. So
this turns an import into single requests, and passes all others on to the emulator at URL. It
prints its address, and answers there until it receives a signal to end.
"""

import json
import sys
import threading
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import urllib3

from local.runner.process import interrupt_when_told_to_end
from local.server.http_server import HttpServer
from tests.deployed.emulated_account import client

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_EXTENSION: Final = "x-amazon-apigateway-"
_OF_ONE_CONNECTION: Final = {"connection", "content-length", "transfer-encoding", "keep-alive"}


class RestApiImport:
    """A WSGI application in front of the emulator at `url`.

    `authority` has the certificates to trust.
    """

    def __init__(self, url: str, authority: Path) -> None:
        self._url = url
        self._client = client("apigateway", url, authority)
        self._http = urllib3.PoolManager(ca_certs=str(authority))

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        mode = parse_qs(environ["QUERY_STRING"]).get("mode", [""])[0]
        match environ["REQUEST_METHOD"], environ["PATH_INFO"].strip("/").split("/"):
            case "POST", ["restapis"] if mode == "import":
                answer = self._import(json.loads(body))
            case "PUT", ["restapis", api_id] if mode == "overwrite":
                answer = self._overwrite(api_id, json.loads(body))
            case "DELETE", ["restapis", _, "stages", _, "cache", "authorizers"]:
                answer = {}  # the emulator does not have this request
            case _:
                return self._passed_on(environ, body, start_response)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def _passed_on(
        self, environ: "WSGIEnvironment", body: bytes, start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Send the request unchanged, with its signature."""
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        if environ.get("CONTENT_TYPE"):
            headers["Content-Type"] = environ["CONTENT_TYPE"]
        answer = self._http.request(
            environ["REQUEST_METHOD"],
            self._url + environ["REQUEST_URI"],
            body=body,
            headers=headers,
            redirect=False,
            retries=False,
        )
        kept = [
            each for each in answer.headers.items() if each[0].lower() not in _OF_ONE_CONNECTION
        ]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", kept)
        return [answer.data]

    def _import(self, document: dict[str, Any]) -> dict[str, Any]:
        api_id = self._client.create_rest_api(
            name=document["info"]["title"],
            binaryMediaTypes=document[f"{_EXTENSION}binary-media-types"],
        )["id"]
        return self._filled(api_id, document)

    def _overwrite(self, api_id: str, document: dict[str, Any]) -> dict[str, Any]:
        """Replace everything but the API's deployments, as a second `chalice deploy` wants it."""
        for resource in self._client.get_resources(restApiId=api_id, limit=500)["items"]:
            if resource["path"] != "/":
                self._client.delete_resource(restApiId=api_id, resourceId=resource["id"])
        for authorizer in self._client.get_authorizers(restApiId=api_id)["items"]:
            self._client.delete_authorizer(restApiId=api_id, authorizerId=authorizer["id"])
        return self._filled(api_id, document)

    def _filled(self, api_id: str, document: dict[str, Any]) -> dict[str, Any]:
        authorizers = {
            name: self._authorizer(api_id, name, scheme[f"{_EXTENSION}authorizer"])
            for name, scheme in document.get("securityDefinitions", {}).items()
        }
        (root,) = self._client.get_resources(restApiId=api_id)["items"]
        resources = {"/": root["id"]}
        for path, operations in document["paths"].items():
            resource = self._resource(api_id, resources, path)
            for method, operation in operations.items():
                place = {"restApiId": api_id, "resourceId": resource, "httpMethod": method.upper()}
                self._method(place, operation, authorizers)
        return {"id": api_id, "name": document["info"]["title"]}

    def _resource(self, api_id: str, known: dict[str, str], path: str) -> str:
        if path not in known:
            parent, _, part = path.rpartition("/")
            parent_id = self._resource(api_id, known, parent or "/")
            made = self._client.create_resource(restApiId=api_id, parentId=parent_id, pathPart=part)
            known[path] = made["id"]
        return known[path]

    def _authorizer(self, api_id: str, name: str, described: Mapping[str, Any]) -> str:
        made: dict[str, str] = self._client.create_authorizer(
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
        place: Mapping[str, str],
        operation: Mapping[str, Any],
        authorizers: Mapping[str, str],
    ) -> None:
        integration = operation[f"{_EXTENSION}integration"]
        guards = [authorizers[name] for each in operation.get("security", []) for name in each]
        guard = {"authorizationType": "CUSTOM", "authorizerId": guards[0]} if guards else {}
        self._client.put_method(**place, **({"authorizationType": "NONE"} | guard))
        if integration["type"] == "mock":
            self._preflight(place, integration)
            return
        self._client.put_integration(
            **place,
            type=integration["type"].upper(),
            integrationHttpMethod=integration["httpMethod"],
            uri=integration["uri"],
            passthroughBehavior=integration["passthroughBehavior"],
            contentHandling=integration["contentHandling"],
        )

    def _preflight(self, place: Mapping[str, str], integration: Mapping[str, Any]) -> None:
        self._client.put_integration(
            **place, type="MOCK", requestTemplates=integration["requestTemplates"]
        )
        (answer,) = integration["responses"].values()
        self._client.put_integration_response(**place, **answer)


def main(url: str, certificate: str) -> None:
    interrupt_when_told_to_end()
    server = HttpServer(0)
    server.start(RestApiImport(url, Path(certificate)))
    print(server.url, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main(*sys.argv[1:])
