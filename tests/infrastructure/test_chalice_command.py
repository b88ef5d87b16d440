"""Chalice is run, what it recorded is kept, and what it left behind is removed."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infrastructure import stage_folder
from infrastructure.chalice.command import PYTHONS, check_python, run_chalice
from infrastructure.chalice.leftovers import (
    remove_leftovers,
    remove_unrecorded_apis,
    remove_unrecorded_triggers,
)
from infrastructure.chalice_record import (
    RECORD_KEY,
    code_in_lambda,
    fetch_record,
    keep_record,
    record_file,
    recorded,
    rest_api_id,
)
from infrastructure.stage import DeploymentError, Stage
from tests.infrastructure import projects, test_zip
from tests.infrastructure.fake_lambda import FakeLambda
from tests.infrastructure.fake_service import FakeAccount
from tests.infrastructure.projects import stage_at
from tests.local.conftest import Aws

BUCKET = "storytime-dev-media"
BROKEN = 'raise RuntimeError("no app")'
TRIGGERS = [f"00000000-0000-0000-0000-{number:012}" for number in range(10)]
API = {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": "abc123"}


def never() -> None:
    raise AssertionError("it waits although nothing is under way")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return stage_at(tmp_path)


@pytest.fixture
def s3(aws: Aws) -> Any:
    aws.stack_client("s3").create_bucket(Bucket=BUCKET)
    return aws.stack_client("s3")


def record(stage: Stage, *resources: dict[str, str]) -> None:
    record_file(stage).parent.mkdir(parents=True, exist_ok=True)
    record_file(stage).write_text(json.dumps({"resources": resources, "schema_version": "2.0"}))


# The Python that Chalice has Lambda run.


def test_the_pythons_are_those_that_a_package_is_tried_for() -> None:
    assert {f"{major}.{minor}" for major, minor in PYTHONS} == test_zip.GLIBC.keys()
    check_python()


@pytest.mark.parametrize("running", [(3, 10), (3, 14)])
def test_with_another_python_nothing_is_begun(running: tuple[int, int]) -> None:
    with pytest.raises(DeploymentError) as caught:
        check_python(running)

    assert str(caught.value) == (
        f"This is Python 3.{running[1]}, and Lambda would have to run the same; Storytime is "
        "built for 3.11, 3.12, 3.13. Install one of them, then: make clean, and make deploy "
        "PYTHON=python3.13, with your settings."
    )


# The command.


def test_chalices_lines_are_reported_without_empty_ones(stage: Stage) -> None:
    stage_folder.write(stage, {"version": "2.0", "app_name": "storytime", "stages": {}}, {})
    (stage.project / "app.py").write_text(
        'print("one ü\\n\\n  two  ")\nraise RuntimeError("no app")'
    )
    lines: list[str] = []

    with pytest.raises(DeploymentError) as caught:
        run_chalice(stage, ["package", "out"], lines.append)

    assert str(caught.value) == (
        "`chalice package` failed; its last lines above say why. Mend that, and run the same "
        "command again: it goes on from what is there."
    )
    assert lines[:2] == ["one ü", "  two"]
    assert lines[-1] == "RuntimeError: no app"


def test_a_command_that_succeeds_raises_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"version": "2.0", "app_name": "storytime", "stages": {"dev": {}}}
    stage_folder.write(stage, config, {})
    (stage.project / "app.py").write_text(f'{projects.APP}print("loaded")')
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    lines: list[str] = []

    run_chalice(stage, ["delete"], lines.append)  # of nothing

    assert lines == ["loaded"]


# The record.


def test_the_record_is_kept_with_the_fingerprint_and_fetched_elsewhere(
    s3: Any, stage: Stage, tmp_path: Path
) -> None:
    record(stage, API)
    keep_record(s3, BUCKET, stage, "app+/= code")
    elsewhere = Stage("dev", tmp_path / "another clone")

    assert fetch_record(s3, BUCKET, elsewhere) == "app+/= code"
    assert recorded(elsewhere) == [API]
    assert rest_api_id(elsewhere) == "abc123"


@pytest.mark.parametrize("bucket", [BUCKET, "no-such-bucket"])
def test_where_nothing_is_kept_the_own_record_stays(s3: Any, stage: Stage, bucket: str) -> None:
    record(stage, API)

    assert fetch_record(s3, bucket, stage) is None
    assert recorded(stage) == [API]


def test_a_record_without_a_fingerprint_is_taken_over(s3: Any, stage: Stage) -> None:
    s3.put_object(Bucket=BUCKET, Key=RECORD_KEY, Body=json.dumps({"resources": [API]}).encode())

    assert fetch_record(s3, BUCKET, stage) is None
    assert recorded(stage) == [API]


@pytest.mark.parametrize(("age", "wins"), [(timedelta(hours=1), "kept"), (-timedelta(1), "own")])
def test_of_two_records_the_later_counts(s3: Any, stage: Stage, age: timedelta, wins: str) -> None:
    record(stage, {"name": "kept"})
    keep_record(s3, BUCKET, stage, "fingerprint")
    record(stage, {"name": "own"})
    written = (datetime.now(UTC) - age).timestamp()
    os.utime(record_file(stage), (written, written))

    assert fetch_record(s3, BUCKET, stage) == "fingerprint"
    assert recorded(stage) == [{"name": wins}]


def test_without_a_record_nothing_is_recorded(stage: Stage) -> None:
    assert recorded(stage) == []
    with pytest.raises(DeploymentError, match=r"make deploy STAGE=dev ANYWAY=1$"):
        rest_api_id(stage)


# What was left behind.


def test_triggers_that_are_recorded_stay_and_all_others_go(stage: Stage) -> None:
    functions = FakeLambda(
        **{
            "-narrate": dict.fromkeys(TRIGGERS[:5], "Enabled"),
            "-erase": {TRIGGERS[9]: "Deleting"},
            "": {},
        }
    )
    record(stage, API, {"name": "narrate-sqs", "event_uuid": TRIGGERS[1]})
    waits: list[str] = []

    removed = remove_unrecorded_triggers(
        functions.client,
        stage,
        ["narrate", "erase", "api_handler", "not_there_yet"],
        lambda: waits.append("a moment"),
    )

    assert removed == 5
    assert functions.functions["storytime-dev-narrate"] == {TRIGGERS[1]: "Enabled"}
    assert functions.functions["storytime-dev-erase"] == {}
    assert waits


def test_a_trigger_that_is_being_changed_is_deleted_when_that_is_over(stage: Stage) -> None:
    functions = FakeLambda(**{"-erase": {TRIGGERS[1]: "Creating"}})
    functions.busy[TRIGGERS[1]] = 3

    assert remove_unrecorded_triggers(functions.client, stage, ["erase"], lambda: None) == 1
    assert functions.functions["storytime-dev-erase"] == {}


def test_without_leftovers_nothing_is_waited_for(stage: Stage) -> None:
    functions = FakeLambda(**{"-erase": {TRIGGERS[1]: "Enabled"}})
    record(stage, {"name": "erase-sqs", "event_uuid": TRIGGERS[1]})

    assert remove_unrecorded_triggers(functions.client, stage, ["erase"], never) == 0
    assert functions.requests("delete_event_source_mapping") == []


def test_a_trigger_that_does_not_go_is_said(stage: Stage) -> None:
    functions = FakeLambda(**{"-erase": {TRIGGERS[1]: "Enabled"}})
    functions.gone_after = 1000

    with pytest.raises(DeploymentError, match=r"^1 triggers that an earlier deployment left"):
        remove_unrecorded_triggers(functions.client, stage, ["erase"], lambda: None)


def test_the_code_that_a_stage_runs_is_known_by_its_digest(stage: Stage) -> None:
    assert code_in_lambda(FakeLambda(**{"": {}}).client, stage) == "c0de="
    assert code_in_lambda(FakeLambda().client, stage) is None


def an_api(aws: Aws, name: str, function: str) -> str:
    client = aws.stack_client("apigateway")
    api: str = client.create_rest_api(name=name)["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    for step in ("stories", "upload"):
        resource = client.create_resource(restApiId=api, parentId=root, pathPart=step)["id"]
        where = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
        client.put_method(**where, authorizationType="NONE")
        uri = (
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
            f"arn:aws:lambda:us-east-1:123456789012:function:{function}/invocations"
        )
        client.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    return api


def test_of_apis_only_the_stages_own_unrecorded_ones_go(aws: Aws, stage: Stage) -> None:
    kept = an_api(aws, "storytime", "storytime-dev")
    staying = {
        kept,
        an_api(aws, "storytime", "storytime-dev2"),
        an_api(aws, "storytime", "storytime-prod"),
        an_api(aws, "somebody-elses", "storytime-dev"),
        aws.stack_client("apigateway").create_rest_api(name="storytime")["id"],
    }
    an_api(aws, "storytime", "storytime-dev")
    record(stage, {**API, "rest_api_id": kept})

    assert remove_unrecorded_apis(aws.stack_client("apigateway"), stage) == 1

    apis = aws.stack_client("apigateway").get_rest_apis()["items"]
    assert {api["id"] for api in apis} == staying


def test_what_a_broken_deployment_made_is_found_by_its_names(aws: Aws, stage: Stage) -> None:
    functions = FakeLambda(**{"": {}, "-sweep": {}, "-narrate": {TRIGGERS[1]: "Deleting"}})
    iam, events = aws.stack_client("iam"), aws.stack_client("events")
    for role in ("storytime-dev-sweep", "storytime-dev-api_handler", "storytime-prod-sweep"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    allows = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    iam.put_role_policy(
        RoleName="storytime-dev-sweep",
        PolicyName="storytime-dev-sweep",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allows]}),
    )
    events.put_rule(Name="storytime-dev-sweep-event", ScheduleExpression="rate(5 minutes)")
    target = "arn:aws:lambda:us-east-1:123456789012:function:storytime-dev-sweep"
    events.put_targets(Rule="storytime-dev-sweep-event", Targets=[{"Id": "1", "Arn": target}])
    an_api(aws, "storytime", "storytime-dev")
    account = FakeAccount(aws, functions)
    names = ["api_handler", "sweep", "narrate", "erase"]
    functions.gone_after = 1

    assert remove_leftovers(account, stage, names) == 8

    assert functions.functions == {}
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["storytime-prod-sweep"]
    assert events.list_rules()["Rules"] == []
    assert aws.stack_client("apigateway").get_rest_apis()["items"] == []
    assert remove_leftovers(account, stage, names) == 0
