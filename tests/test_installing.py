"""The locks of requirements/, and how they are installed."""

import ast
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = {
    "lambda": ROOT / "requirements.txt",
    **{name: ROOT / f"requirements/{name}.txt" for name in ("local", "dev", "emulator", "web")},
}
LOCKED = re.compile(r"^\S.*\n(?: .*\n)+", re.MULTILINE)
"""A package in a lock, with its hashes and the comment that says what needs it."""


def packages(lock: str) -> dict[str, list[Requirement]]:
    """What a lock has of each package: one version for each marker."""
    found: dict[str, list[Requirement]] = {}
    for block in LOCKED.findall(LOCKS[lock].read_text()):
        requirement = Requirement(block.split("\\")[0])
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def pinned(lock: str) -> set[str]:
    return {str(each) for versions in packages(lock).values() for each in versions}


def asked_for(name: str) -> list[Requirement]:
    lines = (ROOT / f"requirements/{name}.in").read_text().splitlines()
    return [Requirement(line) for line in lines if re.match(r"\w", line)]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_has_one_version_and_hashes(lock: str) -> None:
    lines = [line for line in LOCKS[lock].read_text().splitlines() if re.match(r"\w", line)]
    blocks = LOCKED.findall(LOCKS[lock].read_text())

    assert len(blocks) == len(lines) > 0
    assert [each for each in blocks if not re.match(r"[\w.-]+==\S+ .*\\\n +--hash=", each)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_of_the_requirements_that_are_asked_for(lock: str) -> None:
    direct = {
        canonicalize_name(block.split("==")[0])
        for block in LOCKED.findall(LOCKS[lock].read_text())
        if f"-r requirements/{lock}.in\n" in block
    }
    locked = packages(lock)

    assert direct == {canonicalize_name(each.name) for each in asked_for(lock)}, "make lock"
    for requirement in asked_for(lock):
        for version in locked[canonicalize_name(requirement.name)]:
            assert requirement.specifier.contains(str(version.specifier).removeprefix("=="))


@pytest.mark.parametrize(("smaller", "larger"), [("lambda", "local"), ("local", "dev")])
def test_a_set_has_the_versions_of_the_set_that_it_extends(smaller: str, larger: str) -> None:
    assert pinned(smaller) < pinned(larger)


@pytest.mark.parametrize(
    ("folders", "lock", "elsewhere"),
    [
        (["chalicelib"], "lambda", {"boto3", "botocore", "chalice"}),  # Lambda's and Chalice's own
        (["chalicelib", "local", "infrastructure", "samples"], "local", set()),
    ],
)
def test_code_imports_nothing_that_is_not_installed_with_it(
    folders: list[str], lock: str, elsewhere: set[str]
) -> None:
    sources = [ROOT / "app.py", *(path for each in folders for path in (ROOT / each).rglob("*.py"))]
    imported = {name for source in sources for name in imports(ast.parse(source.read_text()))}
    distributions = metadata.packages_distributions()
    needed = {canonicalize_name(of) for name in imported for of in distributions.get(name, ())[:1]}

    assert "msgspec" in needed
    assert needed - elsewhere <= packages(lock).keys()


def imports(tree: ast.AST) -> set[str]:
    """The top-level packages that running this code imports."""
    found: set[str] = set()
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
        todo += ast.iter_child_nodes(node)
    return found


def test_an_interrupted_installation_is_repaired(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    shutil.copy(ROOT / "requirements/install.py", tmp_path / "requirements")
    lock = tmp_path / "requirements/local.txt"
    two = [
        each for each in LOCKED.findall(LOCKS["local"].read_text()) if re.match("uv=|six=", each)
    ]
    lock.write_text("".join(two))
    half_made = tmp_path / ".venv/lib"
    half_made.mkdir(parents=True)
    (half_made / "left over").touch()

    installed = install(tmp_path)

    assert installed.returncode == 0, installed.stderr
    assert re.fullmatch(
        "Installing what the demo needs ...\n"
        r"Installed what the demo needs: 2 packages in \d+ s\n",
        installed.stdout,
    )
    assert not (half_made / "left over").exists()
    assert sorted(path.name for path in tmp_path.glob(".venv/installed-*")) == ["installed-local"]
    (six,) = tmp_path.glob(".venv/lib/*/site-packages/six.py")
    python = tmp_path / ".venv/bin/python"
    subprocess.run([python, "-c", "import six"], env={}, check=True)  # noqa: S603  # ours
    assert list(six.parent.glob("__pycache__/six*")) == []
    assert len(list(tmp_path.glob(".venv/bytecode/**/six*.pyc"))) == 1

    lock.write_text(
        re.sub("sha256:....", "sha256:0000", lock.read_text()).replace("six==", "idna==")
    )
    failed = install(tmp_path)

    assert failed.returncode == 1
    assert "idna" in failed.stderr
    assert list(tmp_path.glob(".venv/installed-*")) == []


def install(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own program
        [sys.executable, folder / "requirements/install.py", "local"],
        capture_output=True,
        text=True,
        check=False,
    )
