"""What importing the app costs at a cold start: the package that is deployed, in CPU time."""

import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.package import Unpacked, copy_project, pack
from bench.report import Figure
from chalicelib.cold_start import SEE_PHOTOS
from infrastructure.chalice.bytecode import put_bytecode
from infrastructure.stage import function_name
from local.resources.environment import app_environment

BASE = "import chalice.app, boto3"
NO_CLIENTS = "from chalicelib.assembly import Assembly as A; A.make_clients = lambda _self: None; "
APP = f"{NO_CLIENTS}import app"
WITHOUT_POWERTOOLS = (
    "import logging, sys, types; stand_in = types.ModuleType('stand_in'); "
    "stand_in.LambdaPowertoolsFormatter = lambda **_: logging.Formatter(); "
    "stand_in.AmazonCloudWatchEMFProvider = None; "
    "sys.modules['aws_lambda_powertools.logging.formatter'] = stand_in; "
    "sys.modules['aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch'] = stand_in; "
    f"{NO_CLIENTS}import app; assert 'aws_lambda_powertools' not in sys.modules"
)
"""The app without Powertools: stubs replace what it imports."""
WITH_PHOTOS, WITHOUT_PHOTOS = "api_handler", "narrate"


def measure(*, quick: bool) -> list[Figure]:
    """Fresh processes take turns; the interpreter's own start is not counted."""
    assert WITH_PHOTOS in SEE_PHOTOS
    assert WITHOUT_PHOTOS not in SEE_PHOTOS
    runs = 5 if quick else 21
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        deployed, source_only = _packages(folder)
        cases = {
            "with photos": (deployed, APP, WITH_PHOTOS),
            "without photos": (deployed, APP, WITHOUT_PHOTOS),
            "source only": (source_only, APP, WITH_PHOTOS),
            "without Powertools": (deployed, WITHOUT_POWERTOOLS, WITH_PHOTOS),
            "chalice + boto3": (deployed, BASE, WITH_PHOTOS),
            "with clients of AWS": (deployed, "import app", WITH_PHOTOS),
        }
        taken: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(runs):
            for name, case in cases.items():
                taken[name].append(_seconds_of_cpu(*case))
    seconds = {name: median(each) for name, each in taken.items()}
    details = {f"{name} (s)": round(each, 3) for name, each in seconds.items()}

    def over(name: str, base: str, target: float) -> Figure:
        ratio = median(one / other for one, other in zip(taken[name], taken[base], strict=True))
        return Figure(f"import: {name} / {base}", ratio, target, "at most", "x", details)

    return [
        over("with photos", "source only", 0.63),
        over("without photos", "source only", 0.63),
        over("with photos", "chalice + boto3", 1.75),
        over("with photos", "without Powertools", 1.15),
    ]


def _packages(folder: Path) -> tuple[Unpacked, Unpacked]:
    """Unpack the package that is deployed, and the same one without bytecode."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    unpacked = []
    for name in ("deployed", "source"):
        project = folder / name
        project.mkdir()
        copy_project(project)
        if name == "deployed":
            put_bytecode(project)
        unpacked.append(Unpacked.of(*pack(project, version), folder / f"{name}-unpacked"))
        shutil.rmtree(project)
    deployed, source_only = unpacked
    return deployed, source_only


def _seconds_of_cpu(package: Unpacked, statement: str, function: str) -> float:
    program = (
        "import time; started = time.process_time()\n"
        f"{statement}; print(time.process_time() - started)"
    )
    name = {"AWS_LAMBDA_FUNCTION_NAME": function_name("storytime-dev", function)}
    return float(package.run(program, app_environment(4566) | name))
