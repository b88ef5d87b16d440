"""What importing the app costs, beside the framework and the AWS client it stands on."""

import os
import subprocess
import sys
import tempfile
from statistics import median

from bench.report import Figure
from local.resources import app_environment

BASE = "import chalice, boto3"
APP = "import app"


def measure(*, quick: bool) -> list[Figure]:
    """Fresh processes take turns; the interpreter's own start is not counted."""
    apps, bases = [], []
    with tempfile.TemporaryDirectory() as bytecode:
        for _ in range(6 if quick else 16):
            apps.append(seconds_to_run(APP, bytecode))
            bases.append(seconds_to_run(BASE, bytecode))
    # The first of each compiled the modules that the others found as bytecode.
    app, base = median(apps[1:]), median(bases[1:])
    return [
        Figure(
            "importing app / importing chalice + boto3",
            app / base,
            1.5,
            "at most",
            "x",
            {
                "runs": len(apps) - 1,
                "app (s)": round(app, 3),
                "chalice + boto3 (s)": round(base, 3),
            },
        )
    ]


def seconds_to_run(statement: str, bytecode: str) -> float:
    """Run an import in a fresh process, with the app's environment; its seconds.

    Args:
        statement: The import.
        bytecode: A folder for compiled modules, whatever the user's settings say of them.
    """
    program = (
        "import time; started = time.perf_counter(); "
        f"{statement}; print(time.perf_counter() - started)"
    )
    environment = os.environ | app_environment(4566) | {"PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    finished = subprocess.run(  # noqa: S603  # our own statement
        [sys.executable, "-c", program],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(finished.stdout)
