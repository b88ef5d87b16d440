"""The package that Lambda gets, for each Python that it may run.

`make prove` has Chalice build it with wheels from PyPI. Where no wheel fits, Chalice compiles the
package for this machine without a warning; here that fails.
"""

import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import pytest
from chalice.deploy.packager import (
    DependencyBuilder,
    LambdaDeploymentPackager,
    PipRunner,
    SubprocessPip,
)
from chalice.utils import UI, OSUtils
from packaging.requirements import Requirement
from packaging.tags import Tag, parse_tag
from packaging.utils import canonicalize_name

from tests.unit.test_settings import ENVIRONMENT

ROOT: Final = Path(__file__).parent.parent.parent
MAX_BYTES: Final = 20_000_000
RUNNING: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
GLIBC: Final = {"3.11": (2, 26), "3.12": (2, 34), "3.13": (2, 34)}
"""Of Amazon Linux 2 and 2023, where Lambda runs each Python (AWS Lambda, "Lambda runtimes")."""
OLD_NAMES: Final = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
"""The oldest glibc for platform tags without a version (PEP 600)."""
OF_LAMBDA: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
"""Packages that Lambda's Python has."""
ONE_PROCESS: Final = pytest.mark.xdist_group("zip")
"""All tests that build packages run in one process, which builds each once."""


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


class Package:
    """A package that Chalice built from a project's folder.

    Attributes:
        path: The zip.
    """

    def __init__(self, folder: Path, version: str) -> None:
        self.folder = folder
        self.version = version
        self.path = self.build()

    def build(self) -> Path:
        files = OSUtils()
        abi = "cp" + self.version.replace(".", "")
        platforms = DependencyBuilder(files)._get_pip_platforms(abi)
        builder = DependencyBuilder(files, PipRunner(Pip(self.version, platforms)))
        packager = LambdaDeploymentPackager(files, builder, UI(out=io.StringIO()))
        python = f"python{self.version}"
        return Path(packager.create_deployment_package(str(self.folder), python))

    def files(self) -> Iterator[tuple[str, bytes]]:
        with ZipFile(self.path) as archive:
            for name in archive.namelist():
                yield name, archive.read(name)

    def packages(self) -> dict[str, set[Tag]]:
        """The tags of each installed package, as its wheel has them."""
        return {
            canonicalize_name(name.split("-")[0]): tags_of(content.decode())
            for name, content in self.files()
            if name.endswith(".dist-info/WHEEL")
        }


Packages = Callable[[str], Package]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """Each package is built once, in a clean folder."""

    @cache
    def built(version: str) -> Package:
        folder = tmp_path_factory.mktemp("project")
        for name in ("app.py", "requirements.txt"):
            shutil.copy(ROOT / name, folder)
        bytecode = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "chalicelib", folder / "chalicelib", ignore=bytecode)
        return Package(folder, version)

    return built


@pytest.fixture(params=GLIBC)
def package(request: pytest.FixtureRequest, packages: Packages) -> Package:
    return packages(request.param)


@pytest.fixture
def own_package(packages: Packages) -> Package:
    """The package for the Python that runs this."""
    return packages(RUNNING)


def tags_of(wheel: str) -> set[Tag]:
    lines = re.findall(r"^Tag: (\S+)$", wheel, re.MULTILINE)
    return {tag for line in lines for tag in parse_tag(line)}


def oldest_glibc(platform: str) -> tuple[int, int]:
    """The oldest glibc that a manylinux platform works with; other platforms are refused."""
    name = platform.removesuffix("_x86_64")
    assert name != platform, f"{platform} is not Lambda's processor"
    if name in OLD_NAMES:
        return OLD_NAMES[name]
    numbers = re.fullmatch(r"manylinux_(\d+)_(\d+)", name)
    assert numbers, f"{platform} was compiled here, or for another system"
    return int(numbers[1]), int(numbers[2])


def names_in(requirements: str) -> set[str]:
    lines = (ROOT / requirements).read_text().splitlines()
    return {
        canonicalize_name(Requirement(line.rstrip(" \\")).name)
        for line in lines
        if re.match(r"\w", line)
    }


def needed_by(names: Iterable[str]) -> set[str]:
    """These packages, and all packages that they need."""
    needed: set[str] = set()
    todo = [*names]
    while todo:
        name = canonicalize_name(todo.pop())
        if name not in needed:
            needed.add(name)
            requirements = map(Requirement, metadata.requires(name) or ())
            todo += [
                each.name
                for each in requirements
                if not each.marker or each.marker.evaluate({"extra": ""})
            ]
    return needed


def import_app(*folders: Path) -> list[str]:
    """Import the app with nothing else on its path; return where it found three modules."""
    program = f"""
import json, sys
sys.path[:0] = {[str(folder) for folder in folders]}
import app, pillow_heif
from PIL import Image, _imaging
Image.open({str(ROOT / "samples" / "page.jpg")!r}).load()
print(json.dumps([type(app.app).__module__, type(app.app).__name__, sys.modules["chalice"].__file__,
                  _imaging.__file__, pillow_heif.__file__, len(app.app.handler_map)]))
"""
    run = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-I", "-S", "-B", "-c", program],
        env={**ENVIRONMENT, "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    module, name, *files, functions = json.loads(run.stdout)
    assert (module, name) == ("chalice.app", "Chalice")
    assert functions > 15
    return [str(file) for file in files]


def link_modules(folder: Path, names: Iterable[str]) -> Path:
    """Make a folder with links to installed modules."""
    folder.mkdir()
    for name in names:
        spec = find_spec(name)
        assert spec is not None, name
        places = spec.submodule_search_locations
        source = Path(next(iter(places)) if places else str(spec.origin))
        (folder / source.name).symlink_to(source)
    return folder


def modules_of(package: str) -> set[str]:
    """The modules that an installed package has at the top."""
    tops = {Path(file).parts[0] for file in metadata.files(package) or ()}
    return {top.split(".")[0] for top in tops if re.fullmatch(r"\w+(\.py|\.\S+\.so)?", top)}


def test_the_app_needs_only_its_requirements(tmp_path: Path) -> None:
    """Without a build: a package that only the tests have is not on the path."""
    modules = set().union(*map(modules_of, needed_by(names_in("requirements.txt"))))
    folder = link_modules(tmp_path / "task", {"chalice", *modules, *OF_LAMBDA} - {"__pycache__"})
    for name in ("app.py", "chalicelib"):
        (folder / name).symlink_to(ROOT / name)

    import_app(folder)

    assert "pytest" not in modules


@pytest.mark.prove
@ONE_PROCESS
def test_every_wheel_fits_lambdas_python(package: Package) -> None:
    packages = package.packages()

    assert "pillow" in packages
    for name, tags in packages.items():
        abi = "cp" + package.version.replace(".", "")
        assert {tag.abi for tag in tags} & {abi, "abi3", "none"}, name
        compiled_for = {tag.platform for tag in tags} - {"any"}
        # A wheel with several tags fits where one of them fits.
        oldest = min(map(oldest_glibc, compiled_for), default=(0, 0))
        assert oldest <= GLIBC[package.version], f"{name} needs glibc {oldest}"


@pytest.mark.prove
@ONE_PROCESS
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


@pytest.mark.prove
@ONE_PROCESS
def test_a_package_has_at_most_20_mb(package: Package) -> None:
    size = package.path.stat().st_size
    sys.stdout.write(f"Python {package.version}: {size / 1e6:.1f} MB")  # pytest -rP shows it

    assert size <= MAX_BYTES


@pytest.mark.prove
@ONE_PROCESS
def test_a_package_has_only_the_app_and_what_it_needs(package: Package) -> None:
    needed = needed_by(names_in("requirements/lambda.in"))
    assert package.packages().keys() == needed
    assert needed & (names_in("requirements/local.in") | names_in("requirements/dev.in")) == set()

    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "chalicelib").rglob("*.py")}
    of_chalice = {"chalice/__init__.py", "chalice/app.py"}
    tops = ("app.py", "chalice", "chalicelib", "tests", "local", "bench", "samples")
    found = {name for name, _ in package.files() if name.split("/")[0] in tops}
    assert found == ours | of_chalice | {"app.py"}


@pytest.mark.prove
@ONE_PROCESS
def test_an_unchanged_app_is_not_built_again(own_package: Package) -> None:
    before = own_package.path.stat()

    assert own_package.build() == own_package.path
    assert own_package.path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.prove
@ONE_PROCESS
def test_the_app_can_be_imported_from_its_package(own_package: Package, tmp_path: Path) -> None:
    unpacked = tmp_path / "task"
    with ZipFile(own_package.path) as archive:
        archive.extractall(unpacked)

    files = import_app(unpacked, link_modules(tmp_path / "runtime", OF_LAMBDA))

    assert [file for file in files if not file.startswith(str(unpacked))] == []
