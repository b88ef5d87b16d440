"""Chalice runs, its record is kept, and leftovers of interrupted deployments are removed."""

import base64
import importlib.util
import json
import os
import struct
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from infrastructure.chalice.bytecode import put_bytecode
from infrastructure.chalice.command import PYTHONS, check_python, run_chalice
from infrastructure.chalice.leftovers import (
    remove_leftovers,
    remove_unrecorded_apis,
    remove_unrecorded_layers,
    remove_unrecorded_triggers,
)
from infrastructure.chalice.token_renewal import renew
from infrastructure.chalice_record import (
    RECORD_KEY,
    fetch_record,
    keep_record,
    record_file,
    recorded,
    rest_api_id,
)
from infrastructure.elsewhere import check_roles, forget_record_of_elsewhere
from infrastructure.iam.permissions import policy_of
from infrastructure.stage import DeploymentError, Stage
from tests.fakes.account import FakeAccount, RefusalError
from tests.infrastructure import test_zip
from tests.infrastructure.resolved import names

BUCKET: Final = "storytime-dev-media"
NARRATE, ERASE = "storytime-dev-narrate", "storytime-dev-erase"
AUTHORIZE: Final = "storytime-dev-authorize"
TRIGGERS: Final = [f"00000000-0000-0000-0000-{number:012}" for number in range(10)]
API: Final = {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": "abc123"}


@pytest.fixture
def s3(account: FakeAccount) -> Any:
    account.client("s3").create_bucket(Bucket=BUCKET)
    return account.client("s3")


def record(stage: Stage, *resources: Mapping[str, str]) -> None:
    record_file(stage).parent.mkdir(parents=True, exist_ok=True)
    record_file(stage).write_text(json.dumps({"resources": resources, "schema_version": "2.0"}))


# What Chalice packs.


def test_bytecode_for_the_layer_has_the_hash_of_its_source(stage: Stage) -> None:
    project, vendor = stage.project, stage.project / "vendor"
    (project / "requirements.txt").write_text("itsdangerous==2.2.0 \\\n    --hash=sha256:0\n")
    (vendor / "own" / "__pycache__").mkdir(parents=True)
    (vendor / "own" / "__init__.py").write_text("")
    (vendor / "own" / "__pycache__" / "old.cpython-311.pyc").write_bytes(b"old")

    put_bytecode(project)

    assert sorted(vendor.rglob("*.py")) == [vendor / "own" / "__init__.py"]
    compiled = {path.relative_to(vendor).as_posix(): path for path in vendor.rglob("*.pyc")}
    tag = sys.implementation.cache_tag
    ours = compiled[f"chalicelib/__pycache__/reading.{tag}.pyc"].read_bytes()
    assert f"itsdangerous/__pycache__/signer.{tag}.pyc" in compiled
    assert "own/__pycache__/old.cpython-311.pyc" not in compiled
    _magic, flags, source_hash = struct.unpack("<4si8s", ours[:16])
    assert flags == 0b11  # a hash, and Python compares it (PEP 552)
    source = (project / "chalicelib" / "reading.py").read_bytes()
    assert source_hash == importlib.util.source_hash(source)


# The Python that Lambda runs.


def test_the_supported_pythons_are_those_that_packages_are_built_for() -> None:
    assert {f"{major}.{minor}" for major, minor in PYTHONS} == test_zip.GLIBC.keys()
    check_python()


@pytest.mark.parametrize("running", [(3, 10), (3, 14)])
def test_another_python_is_refused(running: tuple[int, int]) -> None:
    with pytest.raises(
        DeploymentError, match=rf"^This is Python 3\.{running[1]}, .* 3\.11, 3\.12, 3\.13"
    ):
        check_python(running)


# The command.


def test_chalices_lines_are_reported_and_its_failure_is_an_error(stage: Stage) -> None:
    (stage.project / "app.py").write_text(
        'print("one ü\\n\\n  two  ")\nraise RuntimeError("no app")'
    )
    lines: list[str] = []

    with pytest.raises(DeploymentError, match=r"^`chalice package` failed; its last lines above"):
        run_chalice(stage, ["package", "out"], lines.append)

    assert lines[:2] == ["one ü", "  two"]
    assert lines[-1] == "RuntimeError: no app"


# The record.


def test_the_record_and_the_fingerprint_can_be_fetched_in_another_clone(
    s3: Any, stage: Stage, tmp_path: Path
) -> None:
    record(stage, API)
    keep_record(s3, BUCKET, stage, "app+/= code")
    elsewhere = Stage("dev", tmp_path / "another clone")
    assert recorded(elsewhere) == []
    with pytest.raises(DeploymentError, match=r"make deploy STAGE=dev ANYWAY=1$"):
        rest_api_id(elsewhere)

    assert fetch_record(s3, BUCKET, elsewhere) == "app+/= code"
    assert recorded(elsewhere) == [API]
    assert rest_api_id(elsewhere) == "abc123"


@pytest.mark.parametrize("bucket", [BUCKET, "no-such-bucket"])
def test_the_local_record_stays_if_the_bucket_has_none(s3: Any, stage: Stage, bucket: str) -> None:
    record(stage, API)

    assert fetch_record(s3, bucket, stage) is None
    assert recorded(stage) == [API]


def test_a_record_without_a_fingerprint_is_fetched(s3: Any, stage: Stage) -> None:
    s3.put_object(Bucket=BUCKET, Key=RECORD_KEY, Body=json.dumps({"resources": [API]}).encode())

    assert fetch_record(s3, BUCKET, stage) is None
    assert recorded(stage) == [API]


@pytest.mark.parametrize(("age", "wins"), [(timedelta(hours=1), "kept"), (-timedelta(1), "own")])
def test_the_newer_of_two_records_counts(s3: Any, stage: Stage, age: timedelta, wins: str) -> None:
    record(stage, {"name": "kept"})
    keep_record(s3, BUCKET, stage, "fingerprint")
    record(stage, {"name": "own"})
    written = (datetime.now(UTC) - age).timestamp()
    os.utime(record_file(stage), (written, written))

    assert fetch_record(s3, BUCKET, stage) == "fingerprint"
    assert recorded(stage) == [{"name": wins}]


# A stage of the same name elsewhere.


@pytest.mark.parametrize(
    ("region", "number", "is_here"),
    [
        ("us-east-1", "123456789012", True),
        ("eu-west-1", "123456789012", False),
        ("us-east-1", "210987654321", False),
    ],
)
def test_the_record_of_another_region_or_account_is_removed(
    stage: Stage, region: str, number: str, *, is_here: bool
) -> None:
    arn = f"arn:aws:lambda:{region}:{number}:function:narrate"
    record(stage, {"name": "narrate", "lambda_arn": arn})

    assert forget_record_of_elsewhere(stage, "us-east-1", "123456789012") is not is_here
    assert bool(recorded(stage)) is is_here
    assert not forget_record_of_elsewhere(stage, "us-east-1", "123456789012")


def test_the_roles_of_a_stage_in_another_region_are_not_taken_over(
    account: FakeAccount, stage: Stage
) -> None:
    iam, role = account.client("iam"), "storytime-dev-api_handler"
    check_roles(iam, stage, "us-east-1")  # there are no roles yet
    iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    policy = json.dumps(policy_of("api_handler", names()))
    iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=policy)

    check_roles(iam, stage, "us-east-1")
    with pytest.raises(DeploymentError, match=r"already exists in us-east-1, .* eu-west-1\.$"):
        check_roles(iam, stage, "eu-west-1")


# Leftovers.


def test_unrecorded_triggers_are_deleted_and_recorded_ones_stay(
    account: FakeAccount, stage: Stage
) -> None:
    triggers = {NARRATE: TRIGGERS[:5], ERASE: [TRIGGERS[9]], "storytime-dev": []}
    account.functions.triggers = {name: [*each] for name, each in triggers.items()}
    being_changed = RefusalError("ResourceInUseException")
    account.refuse("lambda", "delete_event_source_mapping", being_changed, 3)
    record(stage, API, {"name": "narrate-sqs", "event_uuid": TRIGGERS[1]})
    functions, waits = ["narrate", "erase", "api_handler", "not_there_yet"], list[str]()

    removed = remove_unrecorded_triggers(
        account.client("lambda"), stage, functions, lambda: waits.append("a moment")
    )

    assert removed == 5
    assert account.functions.triggers == triggers | {NARRATE: [TRIGGERS[1]], ERASE: []}
    assert waits


def test_without_leftovers_nothing_is_waited_for(account: FakeAccount, stage: Stage) -> None:
    account.functions.triggers = {ERASE: [TRIGGERS[1]]}
    record(stage, {"name": "erase-sqs", "event_uuid": TRIGGERS[1]})

    def wait() -> None:
        raise AssertionError("it waits although nothing is running")

    assert remove_unrecorded_triggers(account.client("lambda"), stage, ["erase"], wait) == 0
    assert account.functions.triggers == {ERASE: [TRIGGERS[1]]}


def test_a_trigger_that_is_never_gone_is_an_error(account: FakeAccount, stage: Stage) -> None:
    account.functions.triggers = {ERASE: [TRIGGERS[1]]}
    account.functions.looks_until_gone = 1000

    with pytest.raises(DeploymentError, match=r"^1 queue triggers of an earlier deployment still"):
        remove_unrecorded_triggers(account.client("lambda"), stage, ["erase"], lambda: None)


def test_only_the_stages_own_unrecorded_apis_are_deleted(
    account: FakeAccount, stage: Stage
) -> None:
    client = account.client("apigateway")
    kept = account.api()
    staying = {
        kept,
        account.api("storytime-dev2"),
        account.api("storytime-prod"),
        account.api("storytime-dev", name="somebody-elses"),
        client.create_rest_api(name="storytime")["id"],
    }
    account.api()
    record(stage, {**API, "rest_api_id": kept})

    assert remove_unrecorded_apis(client, stage) == 1
    assert {api["id"] for api in client.get_rest_apis()["items"]} == staying


def publish_layers(account: FakeAccount, name: str, count: int) -> list[str]:
    """Publish versions of a layer; their ARNs."""
    client = account.client("lambda")
    content = {"ZipFile": base64.b64decode("UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==")}  # an empty zip
    return [
        client.publish_layer_version(LayerName=name, Content=content)["LayerVersionArn"]
        for _ in range(count)
    ]


def test_only_the_stages_own_unrecorded_layers_are_deleted(
    account: FakeAccount, stage: Stage
) -> None:
    """A deployment that breaks off after it published the layer leaves a version."""
    client = account.client("lambda")
    assert remove_unrecorded_layers(client, stage) == 0
    ours = publish_layers(account, "storytime-dev-managed-layer", 3)
    publish_layers(account, "storytime-prod-managed-layer", 1)
    record(stage, {"name": "managed-layer", "layer_version_arn": ours[1]})

    assert remove_unrecorded_layers(client, stage) == 2

    left = {
        name: [
            version["LayerVersionArn"]
            for version in client.list_layer_versions(LayerName=name)["LayerVersions"]
        ]
        for name in ("storytime-dev-managed-layer", "storytime-prod-managed-layer")
    }
    assert left["storytime-dev-managed-layer"] == [ours[1]]
    assert len(left["storytime-prod-managed-layer"]) == 1


def test_everything_of_an_interrupted_deployment_is_found_by_its_name(
    account: FakeAccount, stage: Stage
) -> None:
    account.functions.triggers = {
        "storytime-dev": [],
        "storytime-dev-sweep": [],
        NARRATE: [TRIGGERS[1]],
    }
    account.functions.looks_until_gone = 0
    iam, events = account.client("iam"), account.client("events")
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
    account.api()
    publish_layers(account, "storytime-dev-managed-layer", 1)
    functions = ["api_handler", "sweep", "narrate", "erase"]

    assert remove_leftovers(account, stage, functions) == 9

    assert account.functions.triggers == {}
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["storytime-prod-sweep"]
    assert events.list_rules()["Rules"] == []
    assert account.client("apigateway").get_rest_apis()["items"] == []
    assert remove_leftovers(account, stage, functions) == 0


# The authorizer's tokens.


def test_new_tokens_reach_the_authorizer_and_nothing_else_changes(account: FakeAccount) -> None:
    client, functions = account.client("lambda"), account.functions
    assert renew(client, AUTHORIZE, "old") is False  # the first deployment makes the function

    functions.triggers = {AUTHORIZE: []}
    functions.variables = {"STAGE": "dev"}  # the tokens before are in its package
    assert renew(client, AUTHORIZE, "old") is True
    assert functions.variables == {"API_TOKENS": "old", "STAGE": "dev"}
    assert account.requests("get_function")  # it waits until the update is complete

    assert renew(client, AUTHORIZE, "old") is False
    assert len(account.requests("update_function_configuration")) == 1
