"""The app as a step with tokens has it: loaded afresh, as Lambda and `chalice deploy` do."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.http.tokens import digest_of
from local.resources.environment import app_environment

ROOT = Path(__file__).parent.parent
TOKEN = "st_a-token-of-this-test"  # noqa: S105  # it opens nothing but this
ARN = "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/api/GET/stories"

LOOK = """
import json, sys
from app import app, part, route
from chalicelib.http import openapi
from chalice.deploy.swagger import CFNSwaggerGenerator
from msgspec import to_builtins
asked = json.loads(sys.argv[1])
adapters = sorted(name for name in vars(part._tools) if not name.startswith("_"))
swagger = CFNSwaggerGenerator().generate_swagger(app)
guards = {guard.name: guard for guard in app.builtin_auth_handlers}
event = {"type": "TOKEN", "methodArn": asked["arn"], "authorizationToken": asked["authorization"]}
print(json.dumps({
    "policy": app.handler_map["authorize"](event, None),
    "debug": app.debug,
    "deployed": [
        {"path": path, "method": method, "security": operation.get("security")}
        for path, operations in swagger["paths"].items()
        for method, operation in operations.items()
    ],
    "seconds": guards["authorize"].ttl_seconds,
    "adapters": adapters,
    "pillow": "PIL.Image" in sys.modules,
    "cors": app.api.cors.get_access_control_headers(),
    "routes": [[path, method] for path, views in app.routes.items() for method in views],
    "document": to_builtins(openapi.document(route.operations, "")),
}))
"""


def look(authorization: str = "", **settings: str) -> Any:
    """What there is in the app of a step, and what its authorizer says of a header."""
    asked = json.dumps({"arn": ARN, "authorization": authorization})
    ended = subprocess.run(  # noqa: S603  # the lines above
        [sys.executable, "-c", LOOK, asked],
        cwd=ROOT,
        env={**os.environ, **app_environment(4566), **settings},
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def closed() -> Any:
    return look(f"Bearer {TOKEN}", API_TOKENS=f"{'0' * 64},{digest_of(TOKEN)}")


def unguarded(app: Any) -> set[tuple[str, str]]:
    """The paths and methods that API Gateway answers without a token."""
    return {
        (each["path"], each["method"])
        for each in app["deployed"]
        if each["security"] != [{"authorize": []}]
    }


@pytest.mark.parametrize(
    ("function", "made"),
    [
        ("storytime-dev", True),
        ("storytime-dev-read_page", True),
        ("storytime-dev-authorize", False),
    ],
)
def test_a_function_makes_its_clients_while_it_initialises(function: str, *, made: bool) -> None:
    """Not the authorizer, and not Chalice's commands, which have no function's name."""
    seen = look(AWS_LAMBDA_FUNCTION_NAME=function)["adapters"]

    assert ({"stories", "media", "queues"} <= set(seen)) is made
    assert "stories" not in look()["adapters"]


@pytest.mark.parametrize(
    ("function", "loads"),
    [("", True), ("storytime-dev", True), ("storytime-dev-read_page", True)]
    + [(f"storytime-dev-{name}", False) for name in ("authorize", "narrate", "sweep")],
)
def test_only_a_function_that_decodes_photos_loads_pillow(function: str, *, loads: bool) -> None:
    assert look(AWS_LAMBDA_FUNCTION_NAME=function)["pillow"] is loads


def test_head_answers_wherever_get_does(closed: Any) -> None:
    paths = {
        method: {each["path"] for each in closed["deployed"] if each["method"] == method}
        for method in ("get", "head")
    }

    assert len(paths["get"]) > 5
    assert paths["head"] == paths["get"]


def test_every_route_is_guarded_but_health_the_document_and_preflights(closed: Any) -> None:
    preflights = {(each["path"], "options") for each in closed["deployed"]}

    assert len(preflights) > 8
    assert unguarded(closed) == preflights | {
        (path, method) for path in ("/health", "/openapi.json") for method in ("get", "head")
    }


def test_a_token_opens_everything_because_its_policy_is_remembered(closed: Any) -> None:
    (statement,) = closed["policy"]["policyDocument"]["Statement"]

    assert statement == {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": ["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/api/*/*"],
    }
    assert closed["seconds"] == 300


def test_access_logs_tell_tokens_apart_without_telling_them(closed: Any) -> None:
    assert closed["policy"]["principalId"] == digest_of(TOKEN)[:8]
    assert closed["policy"]["context"] == {}


def test_a_failure_is_answered_without_its_stack_trace(closed: Any) -> None:
    assert closed["debug"] is False


def test_an_open_stage_guards_no_route_and_its_authorizer_accepts_no_token() -> None:
    opened = look(f"Bearer {TOKEN}", API_TOKENS="open", ALLOWED_ORIGIN="https://books.example.com")

    assert len(unguarded(opened)) == len(opened["deployed"])
    assert opened["policy"]["principalId"] == "nobody"
    assert opened["cors"]["Access-Control-Allow-Origin"] == "https://books.example.com"
    assert opened["cors"]["Access-Control-Max-Age"] == "7200"
