"""The files of a stage: its part of .chalice/config.json, and those that `make deploy` writes.

Chalice deploys the project's own folder. What it needs of an account lies there in files that git
ignores: the settings that only AWS knows (``chalicelib/stage.json``), and a policy for each
function. They belong to the stage that was prepared last. For another stage the app refuses to
load, so that Chalice ends before it asks AWS for anything.
"""

import hashlib
import json
import platform
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from chalicelib.settings import PREPARED
from infrastructure.gateway.diagnostics import PART_OF_STAGE
from infrastructure.stage import LOCAL, DeploymentError, Stage

CONFIG: Final = Path(".chalice") / "config.json"
SETTINGS: Final = Path("chalicelib") / PREPARED.name
_POLICIES: Final = ".chalice/policy-*.json"


def tracked_config(project: Path) -> dict[str, Any]:
    """Return the content of a project's .chalice/config.json.

    Raises:
        DeploymentError: The file is not JSON.
    """
    try:
        config: dict[str, Any] = json.loads((project / CONFIG).read_text())
    except ValueError as error:
        raise DeploymentError(f"{CONFIG} is not JSON: {error}.") from error
    return config


def own_config(tracked: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
    """Return a stage's own part of .chalice/config.json.

    Raises:
        DeploymentError: The file does not have the stage, or the stage does not tell the app its
            name.
    """
    own: dict[str, Any] = tracked["stages"].get(stage.name, {})
    if own.get("environment_variables", {}).get("STAGE") != stage.name:
        raise DeploymentError(
            f'Stage {stage.name!r} is not in .chalice/config.json; add to its "stages": '
            f'"{stage.name}": {{"environment_variables": {{"STAGE": "{stage.name}"}}}}. Or take '
            f"one of: {', '.join(name for name in tracked['stages'] if name != LOCAL)}."
        )
    return own


def write(stage: Stage, settings: Mapping[str, str], policies: Mapping[str, Any]) -> None:
    """Prepare the project for a stage; another one that was prepared before is forgotten.

    Args:
        stage: The stage.
        settings: What the app must know of the account, by the names of its variables.
        policies: IAM policies by function.
    """
    for old in stage.project.glob(_POLICIES):
        old.unlink()
    for compiled in (stage.project / "chalicelib").rglob("__pycache__"):
        shutil.rmtree(compiled)  # Chalice would put it into the package
    for function, policy in policies.items():
        _write_json(stage.project / ".chalice" / f"policy-{function}.json", policy)
    file = stage.project / SETTINGS
    file.touch(mode=0o600)
    file.chmod(0o600)  # STORY_NAMESPACE is a secret
    _write_json(file, settings)


def remove(stage: Stage) -> None:
    """Remove the files of a stage that is destroyed, if it was prepared last."""
    file = stage.project / SETTINGS
    if file.exists() and json.loads(file.read_text())["STAGE"] == stage.name:
        for written in (file, *stage.project.glob(_POLICIES)):
            written.unlink()


def fingerprint(stage: Stage) -> str:
    """Return a digest of everything that Chalice deploys: app, packages, configuration."""
    project = stage.project
    files = [
        project / "app.py",
        project / "requirements.txt",
        *(file for file in sorted((project / "chalicelib").rglob("*")) if _is_source(file)),
        *sorted(project.glob(_POLICIES)),
    ]
    config = tracked_config(project)
    own = config.pop("stages")[stage.name]
    for_chalice = {name: each for name, each in own.items() if name != PART_OF_STAGE}
    digest = hashlib.sha256(f"{platform.python_version()} {version('chalice')}".encode())
    digest.update(json.dumps([config, for_chalice]).encode())
    for file in files:
        digest.update(f"{file.relative_to(project)} {file.stat().st_size}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_source(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
