"""Run `chalice deploy`, `chalice delete` and `chalice package` for a stage."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Final

from infrastructure.account import region_variable
from infrastructure.stage import DeploymentError, Stage

PYTHONS: Final = ((3, 11), (3, 12), (3, 13))
"""Lambda runs the same Python as Chalice; tests build the package for each of these."""
# The script `chalice` may be in another folder than the interpreter.
CHALICE: Final = (sys.executable, "-c", "from chalice.cli import main; raise SystemExit(main())")


def check_python(running: tuple[int, int] = sys.version_info[:2]) -> None:
    """Check that Lambda can run the app with this Python.

    Raises:
        DeploymentError: The version is not in `PYTHONS`.
    """
    if running not in PYTHONS:
        names = [f"{major}.{minor}" for major, minor in PYTHONS]
        raise DeploymentError(
            f"This is Python {running[0]}.{running[1]}, and Lambda would have to run the same "
            f"version. Storytime supports {', '.join(names)}. Install one of them, run make clean, "
            f"and then the same command with PYTHON=python{names[-1]}."
        )


def run_chalice(stage: Stage, command: Sequence[str], report: Callable[[str], None]) -> None:
    """Run ``chalice`` in the project's folder, and report each line that it prints.

    Raises:
        DeploymentError: Chalice failed.
    """
    process = subprocess.Popen(  # noqa: S603  # the words are our own
        [*CHALICE, command[0], "--stage", stage.name, *command[1:]],
        cwd=stage.project,
        env={
            **os.environ,
            **region_variable(os.environ),
            "STAGE": stage.name,  # for a stage that is no longer in .chalice/config.json
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    with process as running:
        assert running.stdout is not None  # noqa: S101  # it is a pipe
        for line in running.stdout:
            if line.strip():
                report(line.rstrip())
    if process.returncode:
        raise DeploymentError(
            f"`chalice {command[0]}` failed; its last lines above say why. Fix that, and run the "
            "same command again: it continues with what exists."
        )
