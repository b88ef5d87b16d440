"""One stage for all tests, deployed before the first and destroyed after the last."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployed import version_before
from tests.deployed.calls import Calls
from tests.deployed.emulated_account import EmulatedAccount
from tests.deployed.kept import how_to_use
from tests.deployed.leftovers import KINDS, things
from tests.deployed.stage import NAME, DeployedStage


@pytest.fixture(scope="session")
def stage(pytestconfig: pytest.Config) -> Iterator[DeployedStage]:
    folder = Path(tempfile.mkdtemp(prefix="storytime-deployed-"))
    account = EmulatedAccount(folder)
    stage = DeployedStage(account, folder)
    try:
        stage.deploy()
        yield stage
    finally:
        if os.environ.get("KEEP") in {None, "", "0"}:
            end(stage)
            check_calls(account.calls, pytestconfig)
            shutil.rmtree(folder)
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


def check_calls(calls: Calls, config: pytest.Config) -> None:
    """Compare the commands' requests with the file that tests of the deployer's policies read."""
    if config.getoption("--keep-calls"):
        calls.keep()
    is_whole = not config.option.keyword and not any("::" in each for each in config.args)
    # Without the version before, other requests make the stage.
    found = calls.differences() if is_whole and version_before.is_here() else calls.not_kept()
    assert found == [], "If that is meant, add --keep-calls, and grant it in iam/deployer.py."
