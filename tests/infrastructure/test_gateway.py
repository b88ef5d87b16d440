"""What API Gateway is told after a deployment, and what it is not told twice."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infrastructure.gateway.configuration import LOG_FORMAT, configure, let_it_write_logs
from tests.infrastructure.fake_gateway import API, ROLE, FakeGateway, FakeIam

LOG = "arn:aws:logs:us-east-1:123456789012:log-group:storytime-dev-access"
BY_OTHERS = "arn:aws:iam::123456789012:role/somebody-elses"


def never() -> None:
    raise AssertionError("it waits although nothing is under way")


def response(kind: str, text: str, status: str | None = "404") -> dict[str, Any]:
    asked: dict[str, Any] = {
        "restApiId": API,
        "responseType": kind,
        "responseParameters": {"gatewayresponse.header.Retry-After": "'5'"},
        "responseTemplates": {"application/json": text},
    }
    return asked | ({"statusCode": status} if status else {})


def set_up(gateway: FakeGateway, *responses: dict[str, Any]) -> None:
    configure(gateway.client, API, responses=responses, log_group_arn=LOG, requests_per_second=20)


def test_its_answers_are_put_and_count_from_a_deployment_on() -> None:
    gateway = FakeGateway()

    set_up(gateway, response("THROTTLED", "later", "429"), response("DEFAULT_5XX", "sorry", None))

    assert gateway.put() == ["THROTTLED", "DEFAULT_5XX"]
    names = [name for name, _ in gateway.asked]
    assert names.index("create_deployment") > names.index("put_gateway_response")
    assert len(gateway.requests("create_deployment")) == 1


def test_put_once_they_are_left_alone_and_nothing_is_deployed() -> None:
    gateway = FakeGateway()
    wanted = response("THROTTLED", "later"), response("DEFAULT_5XX", "sorry", None)
    set_up(gateway, *wanted)

    set_up(gateway, *wanted)

    assert len(gateway.put()) == 2
    assert len(gateway.requests("create_deployment")) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"statusCode": "403"},
        {"responseTemplates": {"application/json": "other"}},
        {"responseParameters": {}},
    ],
)
def test_only_what_differs_is_put(change: dict[str, Any]) -> None:
    gateway = FakeGateway()
    same, before = response("THROTTLED", "later"), response("WAF_FILTERED", "no")
    set_up(gateway, same, before)

    set_up(gateway, same, before | change)

    assert gateway.put() == ["THROTTLED", "WAF_FILTERED", "WAF_FILTERED"]
    assert len(gateway.requests("create_deployment")) == 2


def test_after_chalice_put_the_api_anew_all_are_put_again() -> None:
    gateway = FakeGateway()
    set_up(gateway, response("THROTTLED", "later"))
    gateway.imported_anew()

    set_up(gateway, response("THROTTLED", "later"))

    assert gateway.put() == ["THROTTLED", "THROTTLED"]
    assert len(gateway.requests("create_deployment")) == 2


def test_answers_that_were_put_but_do_not_count_yet_are_deployed() -> None:
    gateway = FakeGateway()
    wanted = response("THROTTLED", "later")
    gateway.put_gateway_response(**wanted)  # and then it broke off

    set_up(gateway, wanted)

    assert gateway.put() == []
    assert len(gateway.requests("create_deployment")) == 1


def test_the_stage_logs_each_request_and_takes_so_many() -> None:
    gateway = FakeGateway()

    set_up(gateway)

    assert gateway.flushed == 1  # a token that was taken back ends there
    assert gateway.patches == [
        {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": LOG},
        {"op": "replace", "path": "/accessLogSettings/format", "value": LOG_FORMAT},
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "20"},
        {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "40"},
    ]


def test_a_line_of_the_log_is_json_and_has_nothing_that_tells_who_asked() -> None:
    told = json.loads(LOG_FORMAT).values()

    assert "$context.requestId" in told
    private = ("sourceIp", "identity", "$context.path", "querystring", "header", "userAgent")
    assert [each for each in told if any(word in each for word in private)] == []


def test_a_role_for_logs_is_made_once() -> None:
    gateway, iam = FakeGateway(), FakeIam()

    assert let_it_write_logs(gateway.client, iam.client, "aws-cn", never) is True
    assert let_it_write_logs(gateway.client, iam.client, "aws-cn", never) is False

    assert gateway.role == ROLE
    assert iam.trusts["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]
    assert iam.attached == [
        "arn:aws-cn:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    ]
    assert len(iam.requests("create_role")) == 1


def test_a_role_that_another_region_made_is_taken() -> None:
    iam, elsewhere = FakeIam(), FakeGateway()
    let_it_write_logs(FakeGateway().client, iam.client, "aws", never)

    assert let_it_write_logs(elsewhere.client, iam.client, "aws", never) is True

    assert elsewhere.role == ROLE


def test_a_role_that_somebody_set_is_left_alone() -> None:
    gateway, iam = FakeGateway(BY_OTHERS), FakeIam()

    assert let_it_write_logs(gateway.client, iam.client, "aws", never) is False

    assert gateway.role == BY_OTHERS
    assert iam.asked == []


def test_a_role_that_is_not_known_everywhere_yet_is_offered_again() -> None:
    gateway = FakeGateway()
    gateway.refusals = 3
    waits: list[str] = []

    let_it_write_logs(gateway.client, FakeIam().client, "aws", lambda: waits.append("a moment"))

    assert gateway.role == ROLE
    assert len(waits) == 3


def test_a_role_that_is_never_taken_ends_it() -> None:
    gateway = FakeGateway()
    gateway.refusals = 1000

    with pytest.raises(ClientError, match="does not have permissions"):
        let_it_write_logs(gateway.client, FakeIam().client, "aws", lambda: None)
