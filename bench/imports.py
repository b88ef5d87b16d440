"""What importing the app costs, beside the framework and the AWS client it stands on."""

import os
import subprocess
import sys
import tempfile
from statistics import median

from bench.report import Figure
from local.resources.environment import app_environment

BASE = "import chalice, boto3"
APP = "import app"
WITHOUT_POWERTOOLS = (
    "import logging, sys, types; stand_in = types.ModuleType('stand_in'); "
    "stand_in.LambdaPowertoolsFormatter = lambda **_: logging.Formatter(); "
    "stand_in.AmazonCloudWatchEMFProvider = None; "
    "sys.modules['aws_lambda_powertools.logging.formatter'] = stand_in; "
    "sys.modules['aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch'] = stand_in; "
    "import app; assert 'aws_lambda_powertools' not in sys.modules"
)
"""The app without Powertools: stubs replace what it imports."""


def measure(*, quick: bool) -> list[Figure]:
    """Fresh processes take turns; the interpreter's own start is not counted."""
    statements = (APP, BASE, WITHOUT_POWERTOOLS)
    seconds: dict[str, list[float]] = {statement: [] for statement in statements}
    with tempfile.TemporaryDirectory() as bytecode:
        for _ in range(6 if quick else 16):
            for statement in statements:
                seconds[statement].append(seconds_to_run(statement, bytecode))
    # The first of each compiled the modules that the others found as bytecode.
    app, base, without = (median(seconds[statement][1:]) for statement in statements)
    runs = len(seconds[APP]) - 1
    return [
        Figure(
            "importing app / importing chalice + boto3",
            app / base,
            1.5,
            "at most",
            "x",
            {"runs": runs, "app (s)": round(app, 3), "chalice + boto3 (s)": round(base, 3)},
        ),
        Figure(
            "importing app / the same without Powertools",
            app / without,
            1.15,
            "at most",
            "x",
            {"runs": runs, "app (s)": round(app, 3), "without (s)": round(without, 3)},
        ),
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
