"""The two packages that Lambda gets, the app and its layer, for each Python that it may run.

`make prove` has Chalice build them with wheels from PyPI. Where no wheel fits, Chalice compiles a
package for this machine without a warning; here that fails.
"""

import base64
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import pytest
from chalice.deploy.packager import (
    AppOnlyDeploymentPackager,
    DependencyBuilder,
    LayerDeploymentPackager,
    PipRunner,
    SubprocessPip,
)
from chalice.utils import UI, OSUtils
from packaging.tags import Tag, parse_tag
from packaging.utils import canonicalize_name

from chalicelib.settings import PREPARED
from infrastructure.iam.permissions import GRANTS
from tests.test_installing import asked_for, packages
from tests.unit.test_settings import ENVIRONMENT

ROOT: Final = Path(__file__).parent.parent.parent
MAX_BYTES_SENT: Final = 25_000_000
"""Of a deployment: the layer once, and the app once for each function."""
RUNNING: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
GLIBC: Final = {"3.11": (2, 26), "3.12": (2, 34), "3.13": (2, 34)}
"""Of Amazon Linux 2 and 2023, where Lambda runs each Python (AWS Lambda, "Lambda runtimes")."""
OF_LAMBDA: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
"""Packages that Lambda's Python has."""
# One process builds each package once.
pytestmark = [pytest.mark.prove, pytest.mark.xdist_group("zip")]


class Pip(SubprocessPip):
    """pip as another Python would run it: it finds wheels, and compiles nothing."""

    def __init__(self, version: str, platforms: Iterable[str]) -> None:
        super().__init__()
        self._python = ["--python-version", version, "--implementation", "cp"]
        self._lambda = [f"--platform={platform}" for platform in platforms]

    def main(self, args: list[str], *rest: Any, **options: Any) -> tuple[int, bytes, bytes]:
        assert args[0] == "download", f"no wheel fits, and chalice compiles: {args}"
        if self._python[1] != RUNNING:
            args = [*args, *self._python]
            if "-r" in args:  # first, chalice lets pip choose for the Python that runs it
                args += ["--only-binary=:all:", *self._lambda]
        return super().main(args, *rest, **options)


@dataclass(frozen=True)
class Package:
    """The zips that Chalice built for a version of Python."""

    app: Path
    layer: Path
    version: str

    @property
    def prefix(self) -> str:
        """Where Lambda's Python looks for packages in a layer."""
        return f"python/lib/python{self.version}/site-packages/"

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The files of the layer."""
        with ZipFile(self.layer) as archive:
            for name in archive.namelist():
                assert name.startswith(self.prefix)
                yield name.removeprefix(self.prefix), archive.read(name)

    def packages(self) -> dict[str, set[Tag]]:
        """The tags of each installed package, as its wheel has them."""
        return {
            canonicalize_name(name.split("-")[0]): {
                tag
                for line in re.findall(r"^Tag: (\S+)$", content.decode(), re.MULTILINE)
                for tag in parse_tag(line)
            }
            for name, content in self.files()
            if name.endswith(".dist-info/WHEEL")
        }


@pytest.fixture(scope="session", params=GLIBC)
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Packages that are built once, in a clean folder."""
    folder, version = tmp_path_factory.mktemp("project"), request.param
    for name in ("app.py", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    not_tracked = shutil.ignore_patterns("__pycache__", PREPARED.name)
    shutil.copytree(ROOT / "chalicelib", folder / "chalicelib", ignore=not_tracked)
    files = OSUtils()
    platforms = DependencyBuilder(files)._get_pip_platforms("cp" + version.replace(".", ""))
    builder = DependencyBuilder(files, PipRunner(Pip(version, platforms)))
    app, layer = (
        Path(
            kind(files, builder, UI(out=io.StringIO())).create_deployment_package(
                str(folder), f"python{version}"
            )
        )
        for kind in (AppOnlyDeploymentPackager, LayerDeploymentPackager)
    )
    return Package(app, layer, version)


IMPORT_THE_APP: Final = f"""
import json, sys
sys.path[:0] = sys.argv[1:]
import app, pi_heif
from PIL import Image, _imaging
Image.open({str(ROOT / "samples" / "page.jpg")!r}).load()
assert type(app.app).__module__ == "chalice.app"
assert len(app.app.handler_map) > 15
print(json.dumps([sys.modules["chalice"].__file__, _imaging.__file__, pi_heif.__file__]))
"""


def test_every_wheel_fits_lambdas_python(package: Package) -> None:
    packages = package.packages()

    assert "pillow" in packages
    abi = "cp" + package.version.replace(".", "")
    for name, tags in packages.items():
        assert {tag.abi for tag in tags} & {abi, "abi3", "none"}, name
        assert {tag.platform for tag in tags if not tag.platform.endswith("_x86_64")} <= {"any"}


def test_no_compiled_file_needs_a_newer_glibc(package: Package) -> None:
    """The versions of glibc's functions that a library is linked with, whatever the tags say."""
    needed = {
        name: max(tuple(map(int, found)) for found in re.findall(rb"GLIBC_(\d+)\.(\d+)", content))
        for name, content in package.files()
        if content.startswith(b"\x7fELF") and b"GLIBC_" in content
    }

    assert len(needed) > 20
    too_new = {name: glibc for name, glibc in needed.items() if glibc > GLIBC[package.version]}
    assert too_new == {}


def test_a_deployment_sends_at_most_25_mb(package: Package) -> None:
    app, layer = (_bytes_sent(each) for each in (package.app, package.layer))
    sent = layer + len(GRANTS) * app
    # pytest -rP shows it
    sys.stdout.write(
        f"Python {package.version}: {sent / 1e6:.1f} MB, {layer / 1e6:.1f} of them for the layer"
    )

    assert sent <= MAX_BYTES_SENT


def _bytes_sent(path: Path) -> int:
    return len(base64.b64encode(path.read_bytes()))


def test_a_package_has_only_the_app_and_what_it_needs(package: Package) -> None:
    assert package.packages().keys() == packages("lambda").keys()
    of_the_demo = {canonicalize_name(each.name) for each in asked_for("local") + asked_for("dev")}
    assert package.packages().keys() & of_the_demo == set()

    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "chalicelib").rglob("*.py")}
    of_chalice = {"chalice/__init__.py", "chalice/app.py"}
    with ZipFile(package.app) as archive:
        assert set(archive.namelist()) == ours | of_chalice | {"app.py"}


@pytest.mark.parametrize("package", [RUNNING], indirect=True)
def test_the_app_can_be_imported_from_its_package(package: Package, tmp_path: Path) -> None:
    """Nothing else is on its path but what Lambda's Python has."""
    task, layer, runtime = (tmp_path / name for name in ("task", "opt", "runtime"))
    for zipped, unpacked in ((package.app, task), (package.layer, layer)):
        with ZipFile(zipped) as archive:
            archive.extractall(unpacked)
    runtime.mkdir()
    for name in OF_LAMBDA:
        spec = find_spec(name)
        assert spec is not None, name
        source = Path(next(iter(spec.submodule_search_locations or [str(spec.origin)])))
        (runtime / source.name).symlink_to(source)

    run = subprocess.run(  # noqa: S603  # our own program
        [
            *(sys.executable, "-I", "-S", "-B", "-c", IMPORT_THE_APP),
            *(task, layer / package.prefix, runtime),
        ],
        env={**ENVIRONMENT, "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    chalice, *others = json.loads(run.stdout)
    assert chalice.startswith(str(task))
    assert [file for file in others if not file.startswith(str(layer))] == []
