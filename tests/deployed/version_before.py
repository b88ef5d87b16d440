"""An earlier version of Storytime deploys a stage, and makes stories there."""

import io
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any, Final

from tests.deployed.emulated_account import PROJECT, EmulatedAccount

VERSION: Final = "b3218e82a322a57c123cad14497cfcb356a1b891"
"""The last one without times of words and without corrections."""

NOT_HERE: Final = "this clone lacks the history: git fetch --unshallow"


def is_here() -> bool:
    """Does this clone have that version? A shallow one, or a project without git, does not."""
    command = ["git", "cat-file", "-e", f"{VERSION}^{{commit}}"]
    return not subprocess.run(command, cwd=PROJECT, capture_output=True, check=False).returncode


def deploy(account: EmulatedAccount, folder: Path, stage: str, sender: str, own: Any) -> str:
    """Deploy a stage from a copy of that version, and return its token.

    Another address than the sender's gets its e-mails, so that the next deployment changes a stack.
    `own` is the stage's part of .chalice/config.json.
    """
    command = ["git", "archive", VERSION]
    archive = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
        packed.extractall(folder, filter="data")
    file = folder / ".chalice" / "config.json"
    config = json.loads(file.read_text())
    config["stages"][stage] = own
    file.write_text(json.dumps(config))
    token = _run(account, folder, "infrastructure.api_tokens", stage).splitlines()[0]
    addresses = ("--email", "listener@example.com", "--sender", sender)
    print(_run(account, folder, "infrastructure.commands.deploy", stage, *addresses))
    return token


def hand_over_tokens(folder: Path, project: Path) -> None:
    """Give the token file, which git ignores, to the project that deploys from now on."""
    shutil.copytree(folder / ".chalice" / "tokens", project / ".chalice" / "tokens")


def _run(account: EmulatedAccount, folder: Path, module: str, *arguments: str) -> str:
    return subprocess.run(  # what the tests say
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=account.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
