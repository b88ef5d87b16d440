"""docs/openapi.json is what the app says of its routes, and all routes say it."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from chalicelib.http import openapi, parameters
from chalicelib.http.requests import base_path_of
from chalicelib.http.voices import voices_response
from chalicelib.speech.voices import VOICES, chosen
from tests.test_app import look
from tests.unit.test_http import request

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "docs/openapi.json"


@pytest.fixture(scope="module")
def app() -> Any:
    """What there is in the app of a stage with tokens."""
    return look(API_TOKENS="0" * 64)


def operations_of(document: Any) -> dict[tuple[str, str], Any]:
    return {
        (path, method.upper()): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_document_of_the_docs_is_that_of_the_app(app: Any, pytestconfig: pytest.Config) -> None:
    written = json.dumps(app["document"], indent=1, ensure_ascii=False) + "\n"
    if pytestconfig.getoption("--keep-openapi"):
        KEPT.write_text(written)

    again = "renew it: .venv/bin/python -m pytest tests/test_openapi.py --keep-openapi"
    assert KEPT.read_text() == written, again


def test_the_document_is_valid(app: Any) -> None:
    validate(app["document"])


def test_every_route_is_described(app: Any) -> None:
    routes = {(path, method) for path, method in app["routes"] if method != "HEAD"}

    assert len(routes) > 15
    assert operations_of(app["document"]).keys() == routes


def test_every_operation_has_a_name_of_its_own_and_its_errors(app: Any) -> None:
    operations = operations_of(app["document"])

    names = {operation["operationId"] for operation in operations.values()}
    assert len(names) == len(operations)
    for (path, method), operation in operations.items():
        statuses = operation["responses"].keys()
        assert {"429", "503", "504"} <= statuses
        assert ("401" in statuses) is (path not in {"/health", "/openapi.json"})
        assert ("413" in statuses) is ("requestBody" in operation)
        assert sum(status < "400" for status in statuses) == 1, (path, method)


def test_every_parameter_of_a_path_is_described(app: Any) -> None:
    for (path, _), operation in operations_of(app["document"]).items():
        described = {
            each["name"] for each in operation.get("parameters", []) if each["in"] == "path"
        }
        assert described == set(re.findall(r"{(\w+)}", path))


def test_web_pages_may_send_every_header_that_is_described(app: Any) -> None:
    described = {
        each["name"]
        for operation in operations_of(app["document"]).values()
        for each in operation.get("parameters", [])
        if each["in"] == "header"
    }

    assert described == {header.name for header in parameters.HEADERS}
    assert described <= set(app["cors"]["Access-Control-Allow-Headers"].split(","))


def test_an_open_stage_asks_for_no_token() -> None:
    document = look()["document"]

    assert "security" not in document
    assert "securitySchemes" not in document["components"]
    assert "401" not in document["paths"]["/stories"]["get"]["responses"]


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == openapi.VERSION


@pytest.mark.parametrize(
    ("path", "base"), [("/openapi.json", ""), ("/api/openapi.json/", "/api"), ("/v1/x", "/v1/x")]
)
def test_the_server_is_what_a_request_has_before_the_path(path: str, base: str) -> None:
    asked = request()
    asked.context["path"] = path

    assert base_path_of(asked, "/openapi.json") == base
    assert openapi.document([], base).servers == [{"url": base or "/"}]


def test_every_voice_is_listed_with_its_engines() -> None:
    languages = voices_response().body["languages"]

    assert [each["name"] for each in languages] == list(VOICES)
    for language in languages:
        assert chosen(language["name"], None) == (language["name"], language["default_voice"])
    listed = {voice["name"]: voice["engines"] for each in languages for voice in each["voices"]}
    assert {"name": "neural", "read_along": True} in listed["Joanna"]
    assert [engine["name"] for engine in listed["Zeina"]] == ["standard"]
