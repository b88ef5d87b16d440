"""The two packages that Lambda gets, the app and its layer, for each Python that it may run.

`make prove` has Chalice build them with wheels from PyPI. Where no wheel fits, Chalice compiles a
package for this machine without a warning; here that fails.
"""

import base64
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import pytest
from chalice.deploy.packager import DependencyBuilder, PipRunner, SubprocessPip
from chalice.utils import OSUtils
from packaging.tags import Tag, parse_tag
from packaging.utils import canonicalize_name

from bench.package import Unpacked, copy_project, pack
from chalicelib.cold_start import NEEDED_BY, SEE_PHOTOS
from infrastructure.chalice.bytecode import put_bytecode
from infrastructure.iam.permissions import GRANTS
from infrastructure.stage import function_name
from tests.test_installing import asked_for, packages
from tests.unit.test_settings import ENVIRONMENT

ROOT: Final = Path(__file__).parent.parent.parent
MAX_BYTES_SENT: Final = 25_000_000
"""Of a deployment: the layer once, and the app once for each function."""
RUNNING: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
GLIBC: Final = {"3.11": (2, 26), "3.12": (2, 34), "3.13": (2, 34)}
"""Of Amazon Linux 2 and 2023, where Lambda runs each Python (AWS Lambda, "Lambda runtimes")."""
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
    copy_project(folder)
    if version == RUNNING:  # which can compile for itself only
        put_bytecode(folder)
    files = OSUtils()
    platforms = DependencyBuilder(files)._get_pip_platforms("cp" + version.replace(".", ""))
    builder = DependencyBuilder(files, PipRunner(Pip(version, platforms)))
    return Package(*pack(folder, version, builder), version)


IMPORT_THE_APP: Final = f"""
import json, sys
from importlib.util import _LazyModule as LazyModule
compiled = []
sys.addaudithook(lambda event, given: event == "compile" and compiled.append(given[1]))
import app
loaded = [name for name in sys.modules if name.startswith("PIL.")]
late = [name for name, module in sys.modules.items() if isinstance(module, LazyModule)]
import pi_heif
from PIL import Image, _imaging
from chalicelib.pages import hyphens, photo
from chalicelib.speech import ssml
assert "sunshine" in hyphens.words_of("en")
photo.checked_content_type(open({str(ROOT / "samples" / "page.jpg")!r}, "rb").read())
assert "Doktor" in ssml.ssml_requests("Dr. Bär", "de-DE")[0]
assert type(app.app).__module__ == "chalice.app"
files = [sys.modules["chalice"].__file__, _imaging.__file__, pi_heif.__file__]
print(json.dumps([files, loaded, late, compiled, sorted(app.app.handler_map)]))
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
    unpacked = Unpacked.of(package.app, package.layer, tmp_path)
    environment = {**ENVIRONMENT, "AWS_DEFAULT_REGION": "us-east-1"}

    assert set(SEE_PHOTOS) < GRANTS.keys()
    for function in ("api_handler", "authorize", "narrate", "read_page"):
        name = {"AWS_LAMBDA_FUNCTION_NAME": function_name("storytime-dev", function)}
        said = unpacked.run(IMPORT_THE_APP, environment | name)
        (chalice, *others), loaded, late, compiled, handlers = json.loads(said)

        assert chalice.startswith(str(unpacked.app))
        assert [file for file in others if not file.startswith(str(unpacked.packages))] == []
        assert bool(loaded) == (function in SEE_PHOTOS)
        assert {*late} == {name for name, needs in NEEDED_BY.items() if function not in needs}
        # All else comes as bytecode: Chalice's files and app.py are not in the layer.
        ours = {file for file in compiled if Path(file).is_relative_to(tmp_path)}
        ours -= {file for file in compiled if Path(file).is_relative_to(unpacked.lambdas)}
        assert {str(Path(file).relative_to(unpacked.app)) for file in ours} == {
            "app.py",
            "chalice/__init__.py",
            "chalice/app.py",
            "chalicelib/__init__.py",
            "chalicelib/cold_start.py",
        }
        assert len(handlers) > 15


@pytest.mark.parametrize("package", [RUNNING], indirect=True)
def test_a_module_that_was_changed_since_is_compiled_anew(package: Package, tmp_path: Path) -> None:
    unpacked = Unpacked.of(package.app, package.layer, tmp_path)
    with (unpacked.app / "chalicelib" / "errors.py").open("a") as module:
        module.write("CHANGED = True\n")

    name = {"AWS_LAMBDA_FUNCTION_NAME": function_name("storytime-dev", "api_handler")}
    said = unpacked.run("from chalicelib import errors; print(errors.CHANGED)", name)

    assert said == "True\n"
