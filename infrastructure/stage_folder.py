"""A stage's folder: the same app, with the configuration that Chalice deploys it by.

Chalice reads a stage's environment and policies from the project's ``.chalice``. What they say of
an account (its number, the names that CloudFormation found) belongs into no tracked file, so a
stage has a folder of its own: links to the app's code, and a ``.chalice`` that is written here.
"""

import hashlib
import json
import platform
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from infrastructure.stage import LOCAL, PROJECT, STAGES, DeploymentError, Stage

CONFIG: Final = Path(".chalice") / "config.json"
_LINKED: Final = ("app.py", "chalicelib", "requirements.txt")
_LARGEST_ENVIRONMENT: Final = 4 * 1024
"""Bytes of a function's environment variables (AWS Lambda, "Quotas")."""


def tracked_config(project: Path) -> dict[str, Any]:
    """What a project's .chalice/config.json holds.

    Raises:
        DeploymentError: It is not JSON.
    """
    try:
        config: dict[str, Any] = json.loads((project / CONFIG).read_text())
    except ValueError as error:
        raise DeploymentError(f"{CONFIG} is not JSON: {error}.") from error
    return config


def config_of(stage: str, project: Path = PROJECT) -> dict[str, Any]:
    """Chalice's configuration that has a stage: its own if it was deployed, or the project's."""
    deployed = project / STAGES / stage
    # Looked for among what there is: a stage's name is no path.
    is_deployed = deployed / CONFIG in project.glob(f"{STAGES}/*/{CONFIG}")
    return tracked_config(deployed if is_deployed else project)


def own_config(tracked: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
    """What .chalice/config.json says of a stage itself.

    Raises:
        DeploymentError: It does not know the stage.
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
    """A stage's configuration for Chalice.

    The functions' memory and timeouts are those of the stage ``local``, but for what the stage
    itself says in .chalice/config.json; each has the policy file that is written for it.

    Args:
        tracked: What .chalice/config.json holds.
        stage: The stage.
        functions: Every function of the app.
        environment: What the app is told of the account, by environment variable.

    Raises:
        DeploymentError: The stage is not in .chalice/config.json, or its environment is too large.
    """
    own = dict(own_config(tracked, stage))
    variables = {**own.get("environment_variables", {}), **environment}
    _check_size(variables)
    shared_functions = tracked["stages"][LOCAL]["lambda_functions"]
    own_functions = own.get("lambda_functions", {})
    own["environment_variables"] = variables
    own["autogen_policy"] = False  # with it, all functions would share one role
    own["lambda_functions"] = {
        name: {
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
    """Write a stage's folder anew, but for what Chalice keeps in it; answers the folder.

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
        shutil.rmtree(compiled)  # Chalice would pack it
    for function, policy in policies.items():
        _write_json(chalice / policy_file(function), policy)
    _write_json(stage.folder / CONFIG, config)
    return stage.folder


def fingerprint(stage: Stage) -> str:
    """Tells whether anything that Chalice deploys has changed: app, packages, configuration."""
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
    if size > _LARGEST_ENVIRONMENT:
        raise DeploymentError(
            f"The environment of the functions has {size:,} bytes, and Lambda takes "
            f"{_LARGEST_ENVIRONMENT:,}: remove API tokens that nobody uses any more."
        )
