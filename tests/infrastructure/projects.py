"""A small project for a test."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from infrastructure.iam.permissions import GRANTS
from infrastructure.stage import Stage
from infrastructure.stage_folder import stage_config, tracked_config

ROOT: Final = Path(__file__).parents[2]
APP: Final = 'from chalice import Chalice\n\napp = Chalice(app_name="storytime")\n'
CONFIG: Final[dict[str, Any]] = {
    "version": "2.0",
    "app_name": "storytime",
    "lambda_timeout": 29,
    "stages": {
        "local": {
            "environment_variables": {"MEDIA_BUCKET": "storytime-local-media"},
            "lambda_functions": {
                "narrate": {"lambda_memory_size": 640},
            },
        },
        "dev": {"environment_variables": {"MAXIMUM_CONCURRENCY": "5"}},
        "open": {"environment_variables": {"API_TOKENS": "open"}},
        "prod": {"lambda_functions": {"narrate": {"lambda_memory_size": 2048}}},
    },
}
DIGEST: Final = "a" * 64


def functions_of(stage: str) -> dict[str, dict[str, Any]]:
    """Return the configuration of each function of Storytime in a stage."""
    config = stage_config(tracked_config(ROOT), Stage(stage), GRANTS, {})
    functions: dict[str, dict[str, Any]] = config["stages"][stage]["lambda_functions"]
    return functions


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
