"""One stage for all tests, deployed before the first and destroyed after the last."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployed.emulated_account import EmulatedAccount
from tests.deployed.leftovers import KINDS, things
from tests.deployed.stage import NAME, DeployedStage

KEPT = """
The stage {stage} is still running, as you asked:

  API        {api}
  Token      {token}
  Local AWS  {aws} (all but Rekognition and Polly: {engines})
  Logs       {folder}

  curl --cacert {certificate} -H 'Authorization: Bearer {token}' {api}/stories

Commands reach it from the deployed copy: cd {project} && . {folder}/environment
The deployment needs --api-url '{api_pattern}'.
To end it: kill {pids}
"""


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
            lines = (f"export {name}='{value}'" for name, value in account.variables.items())
            (folder / "environment").write_text("\n".join(lines) + "\n")
            print(
                KEPT.format(
                    api=stage.api,
                    token=stage.token,
                    aws=account.url,
                    engines=account.engines.aws_url,
                    folder=folder,
                    certificate=account.certificate,
                    project=stage.project,
                    stage=NAME,
                    api_pattern=account.api_url("{api_id}"),
                    pids=" ".join(str(process.pid) for process in account.processes),
                )
            )


def end(stage: DeployedStage) -> None:
    """Check that AWS refused no request, destroy the stage, and check that nothing is left.

    The emulator enforces the policies of roles and buckets.
    """
    try:
        lines = stage.log_lines()
        assert things(stage.account).keys() == KINDS
        stage.destroy()
        assert things(stage.account) == {}
        assert [line for line in lines if "step finished" in line]
        assert [line for line in lines if "AccessDenied" in line or "not authorized" in line] == []
    finally:
        stage.account.close()
    shutil.rmtree(stage.project.parent)
