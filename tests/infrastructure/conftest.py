"""An account that is played, and the local AWS, as its own tests have it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.stage import Stage
from tests.fakes.account import FakeAccount, fake_account
from tests.infrastructure.projects import stage_at
from tests.local.conftest import aws, aws_server, boto3_session

__all__ = ["aws", "aws_server", "boto3_session"]


@pytest.fixture
def account() -> Iterator[FakeAccount]:
    with fake_account() as account:
        yield account


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """The stage dev of a small project."""
    return stage_at(tmp_path)
