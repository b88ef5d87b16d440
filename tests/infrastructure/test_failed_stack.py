"""A stack whose first making failed can be destroyed, also where its table is protected (prod)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infrastructure.destroy import Destruction
from infrastructure.progress import Progress
from infrastructure.stage import Stage
from local.moto_backend import REGION
from tests.infrastructure.fake_cloudformation import NAME, FakeCloudFormation
from tests.infrastructure.fake_service import FakeAccount

TABLE = f"{NAME}-stories"


class FailedAccount(FakeAccount):
    """It has a table and a stack that never came to be, and nothing else."""

    def __init__(self, cloudformation: FakeCloudFormation, dynamodb: Any) -> None:
        super().__init__(None, cloudformation)
        self._services["dynamodb"] = dynamodb


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.session.Session("any", "key", region_name=REGION).client("dynamodb")


def destruction_of(cloudformation: FakeCloudFormation, dynamodb: Any, folder: Path) -> Destruction:
    account = FailedAccount(cloudformation, dynamodb)
    return Destruction(Stage("dev", folder), account, Progress(), cloudformation.pause)


def test_a_protected_table_of_a_failed_stack_does_not_stop_its_deletion(
    dynamodb: Any, tmp_path: Path
) -> None:
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
    )
    cloudformation = FakeCloudFormation("DELETE_FAILED")
    cloudformation.will_be("DELETE_COMPLETE")

    destruction_of(cloudformation, dynamodb, tmp_path).run()

    assert not dynamodb.describe_table(TableName=TABLE)["Table"]["DeletionProtectionEnabled"]
    assert cloudformation.status == "DELETE_COMPLETE"


def test_a_failed_stack_may_have_no_table(dynamodb: Any, tmp_path: Path) -> None:
    cloudformation = FakeCloudFormation("ROLLBACK_FAILED")
    cloudformation.will_be("DELETE_COMPLETE")

    destruction_of(cloudformation, dynamodb, tmp_path).run()

    assert cloudformation.status == "DELETE_COMPLETE"
