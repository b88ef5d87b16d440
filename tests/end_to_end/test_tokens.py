"""A stack with tokens, as a deployed stage is: it does nothing without one."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from chalicelib.http.tokens import digest_of
from local.runner.launcher import RunningStack, launched
from tests.end_to_end.client import TIMEOUT
from tests.fakes.builders import jpeg

ANNA, BEN = "st_anna", "st_ben"
ORIGIN = "https://books.example.com"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    tokens = ",".join(map(digest_of, (ANNA, BEN)))
    log = tmp_path_factory.mktemp("closed") / "log.jsonl"
    with launched(log, API_TOKENS=tokens, ALLOWED_ORIGIN=ORIGIN) as stack:
        yield stack


def call(
    closed: RunningStack, method: str, path: str, token: str | None = None, **parts: Any
) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.request(
        method, f"{closed.api_url}{path}", headers=headers, timeout=TIMEOUT, **parts
    )


@pytest.mark.parametrize("token", [None, "st_eve", ""], ids=["none", "wrong", "empty"])
def test_a_route_does_nothing_without_a_token(closed: RunningStack, token: str | None) -> None:
    requests.delete(f"{closed.aws_url}/_local/requests", timeout=TIMEOUT)

    answer = call(closed, "POST", "/upload", token, data=jpeg())

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Bearer <token>" in answer.json()["message"]
    assert not token or token not in answer.text
    assert requests.get(f"{closed.aws_url}/_local/requests", timeout=TIMEOUT).json() == {}


def test_health_needs_no_token(closed: RunningStack) -> None:
    answer = call(closed, "GET", "/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_the_description_of_the_api_needs_no_token_and_says_that_the_others_do(
    closed: RunningStack,
) -> None:
    answer = call(closed, "GET", "/openapi.json")

    assert answer.status_code == 200
    assert answer.json()["security"] == [{"token": []}]
    assert answer.headers["Cache-Control"] == "private, max-age=3600"
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_voices_may_be_cached_and_a_refusal_may_not(closed: RunningStack) -> None:
    known, refused = call(closed, "GET", "/voices", ANNA), call(closed, "GET", "/voices")

    assert known.json()["languages"][0]["default_voice"] == "Joanna"
    assert known.headers["Cache-Control"] == "private, max-age=3600"
    assert (refused.status_code, refused.headers["Cache-Control"]) == (401, "no-store")


@pytest.mark.parametrize("token", [ANNA, BEN])
def test_each_token_opens_the_api(closed: RunningStack, token: str) -> None:
    answer = call(closed, "GET", "/stories", token)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize("order", ["eAeB", "AeBe", "-A-B", "BA-e"])
def test_nobody_is_answered_through_the_cdn_what_somebody_else_was(
    closed: RunningStack, order: str
) -> None:
    """A stranger (-), somebody with a wrong token (e), Anna and Ben ask for one path in a row."""
    tokens = {"-": None, "e": "st_eve", "A": ANNA, "B": BEN}

    answers = [by_the_cdn(closed, tokens[each]) for each in order]

    expected = [200 if each in "AB" else 401 for each in order]
    assert [answer.status_code for answer in answers] == expected


def test_somebodys_503_answers_nobody_else(closed: RunningStack) -> None:
    fault: dict[str, Any] = {
        "operation": "dynamodb.Query",
        "error": "InternalServerError",
        "times": 100,
    }
    faults = f"{closed.aws_url}/_local/faults"
    requests.post(faults, json=fault, timeout=TIMEOUT).raise_for_status()
    first = by_the_cdn(closed, ANNA)
    requests.delete(faults, timeout=TIMEOUT)

    assert (first.status_code, by_the_cdn(closed, BEN).status_code) == (503, 200)


def test_api_gateways_limit_of_a_body_holds_behind_the_cdn(closed: RunningStack) -> None:
    headers = {"Authorization": f"Bearer {ANNA}", "Content-Type": "image/jpeg"}
    url = f"{closed.web_url}/api/upload"

    taken, refused = (
        requests.post(url, data=bytes(size), headers=headers, timeout=TIMEOUT)
        for size in (4 * 1024 * 1024, 10 * 1024 * 1024 + 1)
    )

    assert (taken.status_code, taken.json()["code"]) == (415, "unsupported_media_type")  # the app
    assert refused.status_code == 413


def by_the_cdn(closed: RunningStack, token: str | None) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    url = f"{closed.web_url}/api/stories?limit=1"
    answer = requests.get(url, headers=headers, timeout=TIMEOUT)
    assert (answer.headers["Cache-Control"], "Age" in answer.headers) == ("no-store", False)
    return answer


def test_a_form_can_be_posted_without_a_token(closed: RunningStack) -> None:
    wanted = {"name": "page.jpg", "content_type": "image/jpeg"}
    form = call(closed, "POST", "/uploads", ANNA, json=wanted).json()

    posted = requests.post(
        form["url"], data=form["fields"], files={"file": jpeg()}, timeout=TIMEOUT
    )

    assert posted.status_code in {201, 204}


def test_a_browsers_preflight_needs_no_token(closed: RunningStack) -> None:
    answer = call(closed, "OPTIONS", "/upload")

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
