"""What Lambda gets, for each Python that it may run: built by Chalice, with wheels from PyPI.

Chalice compiles on this machine, without a word, what it finds no fitting wheel of; here
that fails.
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
from typing import Any
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

pytestmark = pytest.mark.xdist_group("zip")  # built once, by one process of several

ROOT = Path(__file__).parent.parent.parent
MOST_BYTES = 20_000_000
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
GLIBC = {"3.11": (2, 26), "3.12": (2, 34), "3.13": (2, 34)}
"""Of Amazon Linux 2 and 2023, on which Lambda runs them (AWS Lambda, "Lambda runtimes")."""
OLD_NAMES = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
"""The least glibc of platform tags that do not say it (PEP 600)."""
ALREADY_THERE = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
"""What Lambda's own Python brings along."""


class Pip(SubprocessPip):
    """pip as another Python would run it, which is to find wheels and to compile nothing."""

    def __init__(self, version: str, platforms: Iterable[str]) -> None:
        super().__init__()
        self._python = ["--python-version", version, "--implementation", "cp"]
        self._lambda = [f"--platform={platform}" for platform in platforms]

    def main(self, args: list[str], *rest: Any, **options: Any) -> tuple[int, bytes, bytes]:
        assert args[0] == "download", f"no wheel fits, and chalice compiles: {args}"
        if self._python[1] != RUNNING:
            args = [*args, *self._python]
            if "-r" in args:  # chalice lets pip choose at first, by the Python that runs it
                args += ["--only-binary=:all:", *self._lambda]
        return super().main(args, *rest, **options)


class Package:
    """A package that Chalice built.

    Attributes:
        folder: The project that it was built from.
        path: The zip.
        version: Of Python.
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

    def names(self) -> list[str]:
        with ZipFile(self.path) as archive:
            return archive.namelist()

    def packages(self) -> dict[str, set[Tag]]:
        """The tags of each package that was installed, as its wheel told them."""
        with ZipFile(self.path) as archive:
            return {
                canonicalize_name(name.split("-")[0]): tags_of(archive.read(name).decode())
                for name in archive.namelist()
                if name.endswith(".dist-info/WHEEL")
            }

    def libraries(self) -> Iterator[tuple[str, bytes]]:
        """Every compiled file, and its bytes."""
        with ZipFile(self.path) as archive:
            for name in archive.namelist():
                content = archive.read(name)
                if content.startswith(b"\x7fELF"):
                    yield name, content


Packages = Callable[[str], Package]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """Each built when it is first asked for, in a folder without anything that a run left."""

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
    """For the Python that runs this."""
    return packages(RUNNING)


def tags_of(wheel: str) -> set[Tag]:
    lines = re.findall(r"^Tag: (\S+)$", wheel, re.MULTILINE)
    return {tag for line in lines for tag in parse_tag(line)}


def least_glibc(platform: str) -> tuple[int, int]:
    """What a manylinux platform needs at least; nothing else fits but what fits anywhere."""
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
    """These packages, and whatever they need."""
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


def test_every_wheel_fits_lambdas_python(package: Package) -> None:
    packages = package.packages()

    assert "pillow" in packages
    for name, tags in packages.items():
        abi = "cp" + package.version.replace(".", "")
        assert {tag.abi for tag in tags} & {abi, "abi3", "none"}, name
        compiled_for = {tag.platform for tag in tags} - {"any"}
        # A wheel with several tags fits wherever one of them does.
        least = min(map(least_glibc, compiled_for), default=(0, 0))
        assert least <= GLIBC[package.version], f"{name} needs glibc {least}"


def test_no_compiled_file_asks_for_a_newer_glibc(package: Package) -> None:
    """Whatever the tags say: the versions of glibc's functions that a library is linked with."""
    asked = {
        name: max(tuple(map(int, found)) for found in re.findall(rb"GLIBC_(\d+)\.(\d+)", content))
        for name, content in package.libraries()
        if b"GLIBC_" in content
    }

    assert len(asked) > 20
    too_new = {name: least for name, least in asked.items() if least > GLIBC[package.version]}
    assert too_new == {}


def test_a_package_has_at_most_20_mb(package: Package) -> None:
    size = package.path.stat().st_size
    sys.stdout.write(f"Python {package.version}: {size / 1e6:.1f} MB")  # shown by pytest -rP

    assert size <= MOST_BYTES


def test_there_is_nothing_in_it_but_the_app_and_what_it_needs(package: Package) -> None:
    needed = needed_by(names_in("requirements/lambda.in"))
    assert package.packages().keys() == needed
    assert needed & (names_in("requirements/local.in") | names_in("requirements/dev.in")) == set()

    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "chalicelib").rglob("*.py")}
    of_chalice = {"chalice/__init__.py", "chalice/app.py"}
    tops = ("app.py", "chalice", "chalicelib", "tests", "local", "bench", "samples")
    found = {name for name in package.names() if name.split("/")[0] in tops}
    assert found == ours | of_chalice | {"app.py"}


def test_a_deployment_that_changes_nothing_uploads_the_same_bytes(own_package: Package) -> None:
    before = own_package.path.stat()

    assert own_package.build() == own_package.path
    assert own_package.path.stat().st_mtime_ns == before.st_mtime_ns


def test_with_nothing_else_on_its_path_the_app_can_be_imported(
    own_package: Package, tmp_path: Path
) -> None:
    unpacked, provided = tmp_path / "task", tmp_path / "runtime"
    provided.mkdir()
    with ZipFile(own_package.path) as archive:
        archive.extractall(unpacked)
    for name in ALREADY_THERE:
        spec = find_spec(name)
        assert spec
        assert spec.origin
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (provided / source.name).symlink_to(source)
    program = f"""
import json, sys
sys.path[:0] = {[str(unpacked), str(provided)]}
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
    assert [file for file in files if not file.startswith(str(unpacked))] == []
    assert functions > 15
