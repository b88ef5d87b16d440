"""One stage for all tests, deployed before the first and destroyed after the last."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployed.emulated_account import EmulatedAccount
from tests.deployed.kept import how_to_use
from tests.deployed.leftovers import KINDS, things
from tests.deployed.stage import NAME, DeployedStage


@pytest.fixture(scope="session")
def stage() -> Iterator[DeployedStage]:
    folder = Path(tempfile.mkdtemp(prefix="storytime-deployed-"))
    account = EmulatedAccount(folder)
    stage = DeployedStage(account, folder)
    try:
        stage.deploy()
        yield stage
    finally:
        if os.environ.get("KEEP") in {None, "", "0"}:
            end(stage)
        else:
            account.keep()
            print(how_to_use(stage))


def end(stage: DeployedStage) -> None:
    """Check that AWS refused no request, destroy the stage, and check that nothing is left.

    The emulator enforces the policies of roles and buckets.
    """
    try:
        lines = stage.log_lines()
        assert things(stage.account).keys() == KINDS
        stage.make("destroy", f"YES={NAME}")
        assert things(stage.account) == {}
        assert [line for line in lines if "step finished" in line]
        assert [line for line in lines if "AccessDenied" in line or "not authorized" in line] == []
    finally:
        stage.account.close()
    shutil.rmtree(stage.project.parent)
