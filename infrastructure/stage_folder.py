"""A stage's folder, from which Chalice deploys the app.

Chalice reads a stage's environment variables and policies from ``.chalice``. They contain the
account's number and the resources' names, which must not be in a tracked file. So each stage has
a folder that git ignores: links to the app's code, and a ``.chalice`` that this module writes.
"""

import hashlib
import json
import platform
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from infrastructure.gateway.diagnostics import PART_OF_STAGE
from infrastructure.stage import LOCAL, PROJECT, STAGES, DeploymentError, Stage, queue_functions

CONFIG: Final = Path(".chalice") / "config.json"
_LINKED: Final = ("app.py", "chalicelib", "requirements.txt")
_MAX_ENVIRONMENT: Final = 4 * 1024
"""Bytes of a function's environment variables (AWS Lambda, "Quotas")."""


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


def config_of(stage: str, project: Path = PROJECT) -> dict[str, Any]:
    """Return Chalice's configuration for a stage: its own if it was deployed, or the project's."""
    deployed = project / STAGES / stage
    # Compare with existing files, because the name may contain "..".
    is_deployed = deployed / CONFIG in project.glob(f"{STAGES}/*/{CONFIG}")
    return tracked_config(deployed if is_deployed else project)


def own_config(tracked: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
    """Return a stage's own part of .chalice/config.json.

    Raises:
        DeploymentError: The file does not have the stage.
    """
    if stage.name not in tracked["stages"]:
        raise DeploymentError(
            f"Stage {stage.name!r} is not in .chalice/config.json; add it there "
            f'("stages": {{"{stage.name}": {{}}}} is enough) or take one of: '
            f"{', '.join(name for name in tracked['stages'] if name != LOCAL)}."
        )
    own: dict[str, Any] = tracked["stages"][stage.name]
    return own


def stage_config(
    tracked: Mapping[str, Any],
    stage: Stage,
    functions: Iterable[str],
    environment: Mapping[str, str],
) -> dict[str, Any]:
    """Return Chalice's configuration for a stage.

    Functions have the memory and timeout of `QUEUES` or of the stage ``local``, unless the stage
    overrides them in .chalice/config.json. Each function has its own policy file.

    Args:
        tracked: The content of .chalice/config.json.
        stage: The stage.
        functions: The names of all functions of the app.
        environment: The app's environment variables in this account.

    Raises:
        DeploymentError: The stage is not in .chalice/config.json, or its environment is too large.
    """
    own = {key: each for key, each in own_config(tracked, stage).items() if key != PART_OF_STAGE}
    variables = {**own.get("environment_variables", {}), **environment}
    _check_size(variables)
    functions_of_queues = queue_functions()
    shared_functions = tracked["stages"][LOCAL]["lambda_functions"]
    own_functions = own.get("lambda_functions", {})
    own["environment_variables"] = variables
    own["autogen_policy"] = False  # with it, all functions would share one role
    own["lambda_functions"] = {
        name: {
            **functions_of_queues.get(name, {}),
            **shared_functions.get(name, {}),
            **own_functions.get(name, {}),
            "iam_policy_file": policy_file(name),
        }
        for name in sorted(functions)
    }
    everywhere = {key: value for key, value in tracked.items() if key != "stages"}
    return {**everywhere, "stages": {stage.name: own}}


def policy_file(function: str) -> str:
    return f"policy-{function}.json"


def write(stage: Stage, config: Mapping[str, Any], policies: Mapping[str, Any]) -> Path:
    """Write the stage's folder, and return it. Chalice's record in it stays.

    `policies` are the IAM policies, by function.
    """
    chalice = stage.folder / ".chalice"
    chalice.mkdir(parents=True, exist_ok=True)
    stage.folder.chmod(0o700)  # STORY_NAMESPACE is a secret
    for name in _LINKED:
        link = stage.folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(stage.project / name)
    for old in chalice.glob("policy-*.json"):
        old.unlink()
    for compiled in (stage.project / "chalicelib").rglob("__pycache__"):
        shutil.rmtree(compiled)  # Chalice would put it into the package
    for function, policy in policies.items():
        _write_json(chalice / policy_file(function), policy)
    _write_json(stage.folder / CONFIG, config)
    return stage.folder


def fingerprint(stage: Stage) -> str:
    """Return a digest of everything that Chalice deploys: app, packages, configuration."""
    chalice = stage.folder / ".chalice"
    files = [
        stage.project / "app.py",
        stage.project / "requirements.txt",
        stage.folder / CONFIG,
        *(file for file in sorted((stage.project / "chalicelib").rglob("*")) if _is_source(file)),
        *sorted(chalice.glob("policy-*.json")),
    ]
    digest = hashlib.sha256(f"{platform.python_version()} {version('chalice')}".encode())
    for file in files:
        digest.update(f"{file.relative_to(stage.project)} {file.stat().st_size}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_source(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")


def _check_size(variables: Mapping[str, str]) -> None:
    size = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
    if size > _MAX_ENVIRONMENT:
        raise DeploymentError(
            f"The functions' environment variables have {size:,} bytes; Lambda allows "
            f"{_MAX_ENVIRONMENT:,}. Remove API tokens that nobody uses any more."
        )
