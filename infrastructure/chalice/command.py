"""`chalice deploy`, `chalice delete` and `chalice package`, in a stage's folder."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Final

from infrastructure.account import region_variable
from infrastructure.stage import DeploymentError, Stage

PYTHONS: Final = ((3, 11), (3, 12), (3, 13))
"""Chalice has Lambda run the Python that runs Chalice; the zip is tried with each of these."""
# Not the script `chalice`, which need not lie beside the interpreter.
_CHALICE: Final = (sys.executable, "-c", "from chalice.cli import main; raise SystemExit(main())")


def check_python(running: tuple[int, int] = sys.version_info[:2]) -> None:
    """See that Lambda can run what is deployed from here.

    Raises:
        DeploymentError: This Python is none of those.
    """
    if running not in PYTHONS:
        names = [f"{major}.{minor}" for major, minor in PYTHONS]
        raise DeploymentError(
            f"This is Python {running[0]}.{running[1]}, and Lambda would have to run the same; "
            f"Storytime is built for {', '.join(names)}. Install one of them, then: make clean, "
            f"and make deploy PYTHON=python{names[-1]}, with your settings."
        )


def run_chalice(stage: Stage, command: Sequence[str], report: Callable[[str], None]) -> None:
    """Run ``chalice`` with such a command in the stage's folder; its lines are reported.

    Raises:
        DeploymentError: It failed; what it said has been reported.
    """
    process = subprocess.Popen(  # noqa: S603  # our own words only
        [*_CHALICE, command[0], "--stage", stage.name, *command[1:]],
        cwd=stage.folder,
        env={
            **os.environ,
            **region_variable(os.environ),
            "PYTHONDONTWRITEBYTECODE": "1",  # it packs what lies beside the code
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    with process as running:
        assert running.stdout is not None  # noqa: S101  # a pipe was asked for
        for line in running.stdout:
            if line.strip():
                report(line.rstrip())
    if process.returncode:
        raise DeploymentError(
            f"`chalice {command[0]}` failed; its last lines above say why. Mend that, and run the "
            "same command again: it goes on from what is there."
        )
