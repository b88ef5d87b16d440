"""What a deployment configures in API Gateway, and what it leaves as it is."""

import json
import re
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from infrastructure.gateway.configuration import (
    LOG_FORMAT,
    LOGGING_ROLE,
    configure,
    set_logging_role,
)
from infrastructure.gateway.diagnostics import Diagnostics, limit_log, remove_log
from infrastructure.stage import DeploymentError, Stage
from tests.fakes.account import FakeAccount, RefusalError

LOG: Final = "arn:aws:logs:us-east-1:123456789012:log-group:storytime-dev-access"
ROLE: Final = f"arn:aws:iam::123456789012:role/{LOGGING_ROLE}"
FORBIDDEN: Final = {
    "responseType": "WAF_FILTERED",
    "responseParameters": {"gatewayresponse.header.Retry-After": "'5'"},
    "responseTemplates": {"application/json": "no"},
    "statusCode": "403",
}
SORRY: Final = {
    "responseType": "DEFAULT_5XX",
    "responseParameters": {},
    "responseTemplates": {"application/json": "sorry"},
}


class Gateway:
    """An API as Chalice's deployment leaves it."""

    def __init__(self, account: FakeAccount) -> None:
        self.account = account
        self.client = account.client("apigateway")
        self.api = account.api()
        self.account.asked.clear()

    def configure(
        self, *responses: dict[str, Any], diagnostics: Diagnostics | None = None
    ) -> list[str]:
        """Return the response types that were put, and "deployment" if there was one."""
        before = len(self.account.asked)
        wanted = [{"restApiId": self.api, **each} for each in responses]
        configure(
            self.client,
            self.api,
            responses=wanted,
            log_group_arn=LOG,
            requests_per_second=20,
            diagnostics=diagnostics or Diagnostics(),
        )
        return [
            given.get("responseType", "deployment")
            for _, operation, given in self.account.asked[before:]
            if operation in {"put_gateway_response", "create_deployment"}
        ]

    def set_role(self, partition: str = "aws") -> bool:
        def wait() -> None:
            raise AssertionError("it waits although nothing is refused")

        return set_logging_role(self.client, self.account.client("iam"), partition, wait)

    def settings(self) -> Any:
        """Return the settings of all methods."""
        stage = self.client.get_stage(restApiId=self.api, stageName="api")
        return stage["methodSettings"]["*/*"]

    def role(self) -> str | None:
        role: str | None = self.client.get_account().get("cloudwatchRoleArn")
        return role


@pytest.fixture
def gateway(account: FakeAccount) -> Gateway:
    return Gateway(account)


def test_error_responses_are_put_and_then_deployed_once(gateway: Gateway) -> None:
    assert gateway.configure(FORBIDDEN, SORRY) == ["WAF_FILTERED", "DEFAULT_5XX", "deployment"]
    assert gateway.configure(FORBIDDEN, SORRY) == []

    assert gateway.account.requests("create_deployment")[0]["tracingEnabled"] is True


@pytest.mark.parametrize(
    "change",
    [
        {"statusCode": "404"},
        {"responseTemplates": {"application/json": "other"}},
        {"responseParameters": {}},
    ],
)
def test_only_a_changed_error_response_is_put(gateway: Gateway, change: dict[str, Any]) -> None:
    gateway.configure(FORBIDDEN, SORRY)

    assert gateway.configure(FORBIDDEN | change, SORRY) == ["WAF_FILTERED", "deployment"]


def test_api_gateways_default_response_of_the_same_status_is_replaced(gateway: Gateway) -> None:
    default = {"responseType": "WAF_FILTERED", "defaultResponse": True, "statusCode": "403"}
    gateway.account.play("apigateway", "get_gateway_responses", lambda _: {"items": [default]})

    assert gateway.configure(FORBIDDEN) == ["WAF_FILTERED", "deployment"]


def test_after_chalice_put_the_api_again_all_error_responses_are_put_again(
    gateway: Gateway,
) -> None:
    gateway.configure(SORRY)
    gateway.client.delete_gateway_response(restApiId=gateway.api, responseType="DEFAULT_5XX")
    gateway.client.create_deployment(restApiId=gateway.api, stageName="api")

    assert gateway.configure(SORRY) == ["DEFAULT_5XX", "deployment"]


def test_error_responses_of_an_interrupted_run_are_deployed(gateway: Gateway) -> None:
    gateway.client.put_gateway_response(restApiId=gateway.api, **SORRY)

    assert gateway.configure(SORRY) == ["deployment"]


def test_the_stage_logs_requests_and_limits_them(gateway: Gateway) -> None:
    gateway.configure()

    # A revoked token is refused from now on.
    where = {"restApiId": gateway.api, "stageName": "api"}
    assert gateway.account.requests("flush_stage_authorizers_cache") == [where]
    stage = gateway.client.get_stage(**where)
    assert stage["accessLogSettings"] == {"destinationArn": LOG, "format": LOG_FORMAT}
    limits = gateway.settings()
    assert (limits["throttlingRateLimit"], limits["throttlingBurstLimit"]) == (20, 40)


def test_a_line_of_the_log_is_json_without_personal_data() -> None:
    told = json.loads(LOG_FORMAT).values()

    assert "$context.requestId" in told
    private = ("sourceIp", "identity", "$context.path", "querystring", "header", "userAgent")
    assert [each for each in told if any(word in each for word in private)] == []


# The execution log and the detailed metrics.

REPORTS: Final = ("loggingLevel", "dataTraceEnabled", "metricsEnabled")


def test_what_a_stage_does_not_switch_on_is_off_also_if_somebody_switched_it_on(
    gateway: Gateway,
) -> None:
    on = Diagnostics(execution_log="INFO", detailed_metrics=True)
    by_hand = {"op": "replace", "path": "/*/*/logging/dataTrace", "value": "true"}

    gateway.configure(diagnostics=on)
    assert [gateway.settings()[each] for each in REPORTS] == ["INFO", False, True]
    gateway.client.update_stage(restApiId=gateway.api, stageName="api", patchOperations=[by_hand])
    gateway.configure()

    assert [gateway.settings()[each] for each in REPORTS] == ["OFF", False, False]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, Diagnostics("OFF", detailed_metrics=False)),
        ({"gateway": {}}, Diagnostics("OFF", detailed_metrics=False)),
        ({"gateway": {"execution_log": "ERROR"}}, Diagnostics("ERROR", detailed_metrics=False)),
        ({"gateway": {"detailed_metrics": True}}, Diagnostics("OFF", detailed_metrics=True)),
    ],
)
def test_a_stage_switches_on_each_alone(own: dict[str, Any], expected: Diagnostics) -> None:
    assert Diagnostics.of_stage(Stage("dev"), own) == expected


@pytest.mark.parametrize(
    "wrong",
    [{"execution_log": "DEBUG"}, {"detailed_metrics": "yes"}, {"data_trace": True}, "INFO"],
)
def test_a_wrong_setting_is_an_error_that_shows_a_right_one(wrong: object) -> None:
    said = r'^"gateway" of stage .dev. in \.chalice/config\.json: .* It must be like (\{.*\}); '
    with pytest.raises(DeploymentError, match=said) as caught:
        Diagnostics.of_stage(Stage("dev"), {"gateway": wrong})

    (example,) = re.findall(said, str(caught.value))
    assert Diagnostics.of_stage(Stage("dev"), {"gateway": json.loads(example)})


def test_the_execution_log_is_kept_for_a_week_and_can_be_removed(account: FakeAccount) -> None:
    logs = account.client("logs")

    for _ in range(2):
        limit_log(logs, "abc123")
    (group,) = logs.describe_log_groups()["logGroups"]
    for _ in range(2):
        remove_log(logs, "abc123")

    # API Gateway writes to the group of this name.
    assert group["logGroupName"] == "API-Gateway-Execution-Logs_abc123/api"
    assert group["retentionInDays"] == 7
    assert logs.describe_log_groups()["logGroups"] == []


# The role that API Gateway writes logs with.


def test_a_logging_role_is_made_once(gateway: Gateway) -> None:
    assert gateway.set_role("aws-cn") is True
    assert gateway.set_role("aws-cn") is False

    assert gateway.role() == ROLE
    (made,) = gateway.account.requests("create_role")
    (trust,) = json.loads(made["AssumeRolePolicyDocument"])["Statement"]
    assert trust["Principal"] == {"Service": "apigateway.amazonaws.com"}
    (attached,) = gateway.account.requests("attach_role_policy")
    assert attached["PolicyArn"] == (
        "arn:aws-cn:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    )


def test_the_role_that_another_region_made_is_used(gateway: Gateway) -> None:
    iam = gateway.account.client("iam")
    iam.create_role(RoleName=LOGGING_ROLE, AssumeRolePolicyDocument="{}")

    assert gateway.set_role() is True
    assert gateway.role() == ROLE


def test_a_role_that_somebody_set_stays(gateway: Gateway) -> None:
    other = {"op": "replace", "path": "/cloudwatchRoleArn", "value": f"{ROLE}-other"}
    gateway.client.update_account(patchOperations=[other])

    assert gateway.set_role() is False
    assert gateway.role() == f"{ROLE}-other"
    assert "iam" not in gateway.account.services_asked()


@pytest.mark.parametrize("times", [3, 1000])
def test_a_role_that_is_too_new_is_set_again_some_times(gateway: Gateway, times: int) -> None:
    error = RefusalError("BadRequestException", "The role ARN does not have permissions")
    gateway.account.refuse("apigateway", "update_account", error, times)
    iam, waits = gateway.account.client("iam"), list[str]()

    def set_role() -> None:
        set_logging_role(gateway.client, iam, "aws", lambda: waits.append("a moment"))

    if times == 3:
        set_role()
        assert (gateway.role(), len(waits)) == (ROLE, 3)
    else:
        with pytest.raises(ClientError, match="does not have permissions"):
            set_role()
