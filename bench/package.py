"""What Lambda gets: the app and its layer as Chalice packs them, unpacked."""

import io
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from chalice.deploy.packager import (
    AppOnlyDeploymentPackager,
    DependencyBuilder,
    LayerDeploymentPackager,
)
from chalice.utils import UI, OSUtils

from chalicelib.settings import PREPARED

ROOT: Final = Path(__file__).parent.parent
_OF_LAMBDA: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
"""Packages that Lambda's Python has."""


def copy_project(folder: Path) -> None:
    """Copy what Chalice packs, without what is not tracked."""
    for name in ("app.py", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    not_tracked = shutil.ignore_patterns("__pycache__", PREPARED.name)
    shutil.copytree(ROOT / "vendor" / "hyphens", folder / "vendor" / "hyphens")
    shutil.copytree(ROOT / "chalicelib", folder / "chalicelib", ignore=not_tracked)


def pack(
    project: Path, version: str, builder: DependencyBuilder | None = None
) -> tuple[Path, Path]:
    """Have Chalice pack a project for a version of Python; the zips of its app and its layer."""
    files, builder = OSUtils(), builder or DependencyBuilder(OSUtils())
    app, layer = (
        Path(
            kind(files, builder, UI(out=io.StringIO())).create_deployment_package(
                str(project), f"python{version}"
            )
        )
        for kind in (AppOnlyDeploymentPackager, LayerDeploymentPackager)
    )
    return app, layer


@dataclass(frozen=True)
class Unpacked:
    """The package as Lambda's Python finds it.

    Attributes:
        app: The app's folder.
        packages: Of the layer.
        lambdas: Packages that Lambda itself has: here, those that are installed.
    """

    app: Path
    packages: Path
    lambdas: Path

    @classmethod
    def of(cls, app: Path, layer: Path, folder: Path) -> "Unpacked":
        """Unpack the two zips into a folder."""
        for zipped, name in ((app, "task"), (layer, "opt")):
            with ZipFile(zipped) as archive:
                archive.extractall(folder / name)
        (packages,) = (folder / "opt" / "python" / "lib").glob("python*/site-packages")
        lambdas = folder / "runtime"
        lambdas.mkdir()
        for name in _OF_LAMBDA:
            spec = find_spec(name)
            assert spec is not None, name
            source = Path(next(iter(spec.submodule_search_locations or [str(spec.origin)])))
            (lambdas / source.name).symlink_to(source)
        return cls(folder / "task", packages, lambdas)

    def run(self, program: str, environment: Mapping[str, str]) -> str:
        """Run a program with nothing else on its path; return what it prints."""
        path = [str(each) for each in (self.app, self.packages, self.lambdas)]
        finished = subprocess.run(  # noqa: S603  # our own program
            [
                sys.executable,
                "-I",
                "-S",
                "-B",
                "-c",
                f"import sys; sys.path[:0] = {path}\n{program}",
            ],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout
