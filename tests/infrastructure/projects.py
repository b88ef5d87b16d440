"""A small project for a test."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from chalice.config import Config

from infrastructure.stage import Stage
from infrastructure.stage_files import tracked_config

ROOT: Final = Path(__file__).parents[2]
APP: Final = 'from chalice import Chalice\n\napp = Chalice(app_name="storytime")\n'
CONFIG: Final[dict[str, Any]] = {
    "version": "2.0",
    "app_name": "storytime",
    "lambda_timeout": 29,
    "autogen_policy": False,
    "stages": {
        "local": {"environment_variables": {"MEDIA_BUCKET": "storytime-local-media"}},
        "dev": {"environment_variables": {"STAGE": "dev", "MAXIMUM_CONCURRENCY": "5"}},
        "open": {"environment_variables": {"STAGE": "open", "API_TOKENS": "open"}},
        "prod": {"environment_variables": {"STAGE": "prod"}},
    },
}
DIGEST: Final = "a" * 64


def functions_of(stage: str) -> dict[str, dict[str, Any]]:
    """Return the configuration of each function of Storytime in a stage, as Chalice reads it."""
    disk = tracked_config(ROOT)
    found = {}
    for name in disk["lambda_functions"]:
        own = Config(stage, config_from_disk=disk).scope(stage, name)
        found[name] = {
            "lambda_timeout": own.lambda_timeout,
            "lambda_memory_size": own.lambda_memory_size,
            "iam_policy_file": own.iam_policy_file,
        }
    return found


def project_at(folder: Path) -> Path:
    """Make an app with the stages dev, which has a token, open and prod."""
    (folder / ".chalice" / "tokens").mkdir(parents=True)
    (folder / ".chalice" / "tokens" / "dev").write_text(f"{DIGEST}  # 2026-03-01 phone\n")
    (folder / ".chalice" / "config.json").write_text(json.dumps(CONFIG))
    (folder / "app.py").write_text(APP)
    (folder / "requirements.txt").write_text("")
    (folder / "chalicelib" / "aws").mkdir(parents=True)
    (folder / "chalicelib" / "__init__.py").write_text("")
    (folder / "chalicelib" / "reading.py").write_text("PAGES = 1\n")
    (folder / "web").mkdir()
    for name in ("index.html", "service-worker.js", "manifest.webmanifest"):
        (folder / "web" / name).write_text(f"{name} of Storytime\n")
    shutil.copy(ROOT / ".gitignore", folder)
    return folder


def stage_at(folder: Path, name: str = "dev") -> Stage:
    return Stage(name, project_at(folder))


def make(target: str, *settings: str) -> subprocess.CompletedProcess[str]:
    """Run a target of the Makefile with this interpreter, without installing anything."""
    command = shutil.which("make")
    assert command is not None
    return subprocess.run(  # noqa: S603  # what the tests say
        [command, target, f"RUN={sys.executable}", "LOCAL=", *settings],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, and return its output."""
    command = ["git", *arguments]
    return subprocess.run(  # noqa: S603  # what the tests say
        command, cwd=folder, capture_output=True, text=True, check=True
    ).stdout
