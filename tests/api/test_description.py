"""The running API answers as openapi.json says, whatever it is asked.

schemathesis makes requests from the document: valid ones, and ones that break each rule of it. Most
of them ask for stories, uploads and users that exist, and send real photos.
"""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks
from schemathesis.transport.serialization import Binary

from chalicelib.http.tokens import digest_of
from tests.fakes.builders import jpeg
from tests.unit.test_photo import enormous_png

pytestmark = pytest.mark.xdist_group("api")  # one served app

ROOT: Final = Path(__file__).parents[2]
TOKEN: Final = "st_a-token-of-this-test"  # noqa: S105  # it opens nothing but this
CHECKS: Final = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
EVERY_TIME: Final[dict[str, Any]] = {
    "derandomize": True,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
}
PHOTOS: Final = [jpeg(80, 80, shade=60), jpeg(80, 80, shade=70), enormous_png()]
EXISTING: Final[dict[str, list[str]]] = {"ids": [], "ready": [], "users": []}
"""What the served app has; the fixture fills it."""


def strict(document: Any) -> Any:
    """The document, with answers that may have no other fields than those it names."""
    for component in document["components"]["schemas"].values():
        if "properties" in component:
            component["additionalProperties"] = False
    return document


DOCUMENT: Final = strict(json.loads((ROOT / "docs/openapi.json").read_text()))
schema = schemathesis.openapi.from_dict(DOCUMENT, config=SchemathesisConfig())


def chosen(given: Any, among: Sequence[Any]) -> Any:
    """Something that exists, four times of five; else what was generated. Always the same."""
    turn = zlib.crc32(repr(given).encode()) % (5 * len(among) // 4 + 1)
    return among[turn] if turn < len(among) else given


@schemathesis.serializer("image/heic", "image/heif")
def as_it_is(_context: Any, value: Any) -> Any:
    return value


@schema.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    known = {"story_id": EXISTING["ids"], "user_id": EXISTING["users"]}
    if context.operation.method == "delete":  # a story stays to be corrected
        known["story_id"] = [each for each in EXISTING["ids"] if each not in EXISTING["ready"]]
    if context.operation.method == "patch":  # more often than the others
        known["story_id"] = EXISTING["ids"] + EXISTING["ready"] * 4
    return path_parameters and {
        name: chosen(value, known[name]) for name, value in path_parameters.items()
    }


@schema.hook
def map_headers(_context: Any, headers: Any) -> Any:
    known = {"ETag": EXISTING["ids"], "X-Language": ["auto", "de"], "X-Voice": ["Vicki"]}
    known["X-Email"] = ["anna@example.com"]
    known["If-Match"] = ["*", "1"]
    return headers and {
        name: chosen(value, known[name]) if name in known else value
        for name, value in headers.items()
    }


@schema.hook
def map_body(_context: Any, body: Any) -> Any:
    match body:
        case bytes() | Binary():
            return chosen(body, PHOTOS)
        case {"text": _}:
            return chosen(body, [{"text": "Once."}, {"voice": "Ivy"}])
        case {"photo": bytes() | Binary() as photo}:
            return {**body, "photo": chosen(photo, PHOTOS)}
        case [*entries]:
            return [wanted(entry) for entry in entries]
    return body


def wanted(entry: Any) -> Any:
    if isinstance(entry, dict) and "id" in entry:
        return {**entry, "id": chosen(entry["id"], EXISTING["ids"])}
    return entry


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of an app of its own, with tokens."""
    with subprocess.Popen(  # the module beside this one
        [sys.executable, "-m", "tests.api.served"],
        cwd=ROOT,
        env={**os.environ, "API_TOKENS": digest_of(TOKEN)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdin
        assert server.stdout
        served = json.loads(server.stdout.readline())
        EXISTING.update({name: served[name] for name in EXISTING})
        yield served["url"]
        server.stdin.close()


class Met:
    """The answers to one operation."""

    def __init__(self) -> None:
        self.described: set[str] = set()
        self.statuses: set[str] = set()

    def send(self, case: schemathesis.Case[Any], url: str) -> None:
        answer = case.call(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code < 500 or answer.status_code == 503
        assert case.method == "OPTIONS" or answer.headers["cache-control"]
        case.validate_response(answer, checks=CHECKS)
        operation = DOCUMENT["paths"][case.operation.path][case.operation.method]
        self.described = set(operation["responses"])
        self.statuses.add(str(answer.status_code))


@pytest.fixture
def met() -> Iterator[Met]:
    """Collects the answers to an operation; it must have succeeded once."""
    met = Met()
    yield met
    assert any(status < "300" for status in met.statuses)


@pytest.fixture
def met_all() -> Iterator[Met]:
    """Collects the answers to an operation; each one must have been met that needs no trouble."""
    met = Met()
    yield met
    trouble = {"413", "429", "503", "504"}
    assert met.described - met.statuses - trouble == set()


@schema.parametrize()
@settings(max_examples=10, **EVERY_TIME)
def test_every_answer_is_described(case: schemathesis.Case[Any], url: str, met: Met) -> None:
    met.send(case, url)


@pytest.mark.prove
@schema.parametrize()
@settings(max_examples=400, **EVERY_TIME)
def test_every_described_answer_is_given(
    case: schemathesis.Case[Any], url: str, met_all: Met
) -> None:
    met_all.send(case, url)
