"""One stage for all tests, deployed before the first and destroyed after the last."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.chalice.command import CHALICE
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


def deploy_by_chalice_alone(stage: DeployedStage) -> None:
    """Change a line, and deploy as people do while they edit: in the project's own folder.

    Done last, because API Gateway then lacks its own answers until the next `make deploy`.
    """
    with (stage.project / "chalicelib" / "errors.py").open("a") as module:
        module.write("# edited\n")

    said = stage.run(*CHALICE, "deploy", "--stage", NAME)

    assert f"Updating lambda layer: storytime-{NAME}-managed-layer" in said
    versions = stage.account.client("lambda").list_layer_versions(
        LayerName=f"storytime-{NAME}-managed-layer"
    )["LayerVersions"]
    assert len(versions) == 1
    assert stage.request("GET", "/stories").status_code == 200


def end(stage: DeployedStage) -> None:
    """Check that AWS refused no request, destroy the stage, and check that nothing is left.

    The emulator enforces the policies of roles and buckets.
    """
    try:
        deploy_by_chalice_alone(stage)
        lines = stage.log_lines()
        assert things(stage.account).keys() == KINDS
        stage.make("destroy", f"YES={NAME}")
        assert things(stage.account) == {}
        assert [line for line in lines if "step finished" in line]
        assert [line for line in lines if "AccessDenied" in line or "not authorized" in line] == []
    finally:
        stage.account.close()
    shutil.rmtree(stage.project.parent)
