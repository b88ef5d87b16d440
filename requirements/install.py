"""Install one set of packages: ``python requirements/install.py local|dev|emulator|web``.

``local`` and ``dev`` go into ``.venv``; ``dev`` has all of ``local``. ``emulator`` goes into
``.venv-emulator``, because it pins another version of the AWS client; ``web`` (Node) goes into
``.venv-web``, and `web.py` installs more there. An environment holds exactly what the lock of its
set says.

The empty file ``installed-<set>`` is written last. An environment without one was interrupted and
is made anew; uv's cache still has what was downloaded.
"""

import os
import pty
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_LOCKS: Final = Path(__file__).resolve().parent
_PROJECT: Final = _LOCKS.parent
_MAIN: Final = _PROJECT / ".venv"
_PURPOSES: Final = {
    "local": "what the demo needs",
    "dev": "what the checks need",
    "emulator": "the emulator of AWS",
    "web": "Node",
}
_OWN_ENVIRONMENTS: Final = ("emulator", "web")
_FACE_MODELS: Final = "face-recognition-models:--build-option=--compression=stored"
_BYTECODE: Final = "import sys; sys.pycache_prefix = sys.pycache_prefix or sys.prefix + '/bytecode'"
"""Run whenever this Python starts: it writes no bytecode beside the sources. `chalice deploy` would
send that, once for each function."""
_CONTROL_SEQUENCE: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class InstallationError(Exception):
    """A command failed. The message is what it printed."""


class Progress:
    """One line: what is being installed, and how far it is.

    A terminal shows every step in place. Elsewhere only the beginning and the end are printed.
    """

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose
        self._began = time.monotonic()
        self._is_terminal = sys.stdout.isatty()
        if not self._is_terminal:
            print(f"Installing {purpose} ...", flush=True)

    def show(self, step: str) -> None:
        if self._is_terminal:
            print(f"\r\x1b[KInstalling {self._purpose}: {step} ...", end="", flush=True)

    def end(self, packages: str) -> None:
        start = "\r\x1b[K" if self._is_terminal else ""
        seconds = time.monotonic() - self._began
        print(f"{start}Installed {self._purpose}: {packages} packages in {seconds:.0f} s")


def main(name: str) -> int:
    """Install the set; the exit status."""
    try:
        install(name)
    except InstallationError as error:
        print(f"\nThe installation failed.\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. The next `make` continues with what was downloaded.", file=sys.stderr)
        return 130
    return 0


def install(name: str) -> None:
    folder = _PROJECT / f".venv-{name}" if name in _OWN_ENVIRONMENTS else _MAIN
    complete = [each for each in _PURPOSES if _stamp(folder, each).exists()]
    if "dev" in complete:  # installing only `local` would remove what the checks need
        name = "dev"
    for each in complete:
        _stamp(folder, each).unlink()

    progress = Progress(_PURPOSES[name])
    lock = _LOCKS / f"{name}.txt"
    if not complete:
        progress.show(f"making {folder.name}")
        _make_environment(folder, lock)
    progress.end(_synchronise(folder, lock, progress))
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "storytime.pth").write_text(f"{_BYTECODE}\n")

    for each in ("local", "dev") if name == "dev" else (name,):
        _stamp(folder, each).touch()


def _stamp(folder: Path, name: str) -> Path:
    return folder / f"installed-{name}"


def _make_environment(folder: Path, lock: Path) -> None:
    """Make an empty environment. The main one gets uv, which then fills it."""
    if folder.is_symlink():  # somebody else's environment: leave it as it is
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
    if folder != _MAIN:
        _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
        return
    _run(sys.executable, "-m", "venv", str(folder))
    pinned = re.search(r"^uv==(?:.*\\\n)+.*\n", lock.read_text(), re.MULTILINE)
    assert pinned, f"{lock} does not pin uv"  # noqa: S101
    only_uv = folder / "uv.txt"
    only_uv.write_text(pinned[0])
    pip = (_python(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--require-hashes", "--requirement", str(only_uv))


def _python(folder: Path) -> str:
    return str(folder / "bin" / "python")


def _run(*command: str) -> None:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise InstallationError(run.stdout + run.stderr)


def _synchronise(folder: Path, lock: Path, progress: Progress) -> str:
    """Add, replace and remove packages until the environment is what the lock says; how many."""
    command = [str(_MAIN / "bin" / "uv"), "pip", "sync", "--python", _python(folder)]
    # The face models come as a source distribution of 100 MB: built with the lock's setuptools, and
    # without compressing what is unpacked at once (7 s instead of 26).
    command += ["--build-constraints", str(lock), "--config-settings-package", _FACE_MODELS]
    command += ["--require-hashes", str(lock)]
    printed, packages = "", "?"
    master, slave = pty.openpty()  # uv counts packages only on a terminal
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
        env={**os.environ, "NO_COLOR": "1"},
    ) as process:
        os.close(slave)
        for text in _read(master):
            printed += text
            if total := re.search(r"Resolved (\d+) packages", printed):
                packages = total[1]
            if counts := re.findall(r"Preparing packages\.\.\. \((\d+/\d+)\)", text):
                progress.show(counts[-1].replace("/", " of ") + " packages")
    if process.returncode:
        raise InstallationError(_without_progress(printed))
    return packages


def _read(master: int) -> Iterator[str]:
    """What a process prints on the other end of a pseudo-terminal, until it closes it."""
    with os.fdopen(master, "rb", buffering=0) as output:
        while True:
            try:
                printed = output.read(65536)
            except OSError:  # Linux says so at the end
                return
            if not printed:
                return
            yield printed.decode(errors="replace")


def _without_progress(printed: str) -> str:
    lines = (line.rstrip().rpartition("\r")[2] for line in printed.split("\n"))
    return "\n".join(_CONTROL_SEQUENCE.sub("", line) for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
