"""Runs a stack in a process of its own, for the demo and for tests from end to end."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from chalicelib.http.tokens import OPEN
from local.resources.creation import StackClients
from local.resources.environment import app_environment

_PROJECT: Final = Path(__file__).resolve().parents[2]
_SECONDS_TO_END: Final = 10
_ADDRESS: Final = re.compile(r"  (Page|API|Local AWS) +(http\S+)")


class StackDidNotStartError(Exception):
    """The stack ended before it was ready; the message is the last line of its log."""


@dataclass(frozen=True)
class RunningStack:
    """A running stack.

    Attributes:
        web_url: Of the page, as links in e-mails have it.
        log: The file of its log.
        pid: Of its process.
    """

    api_url: str
    aws_url: str
    web_url: str
    log: Path
    pid: int

    @property
    def environment(self) -> dict[str, str]:
        return app_environment(int(self.aws_url.rsplit(":", 1)[1]), self.web_url)

    @cached_property
    def clients(self) -> StackClients:
        """boto3 clients whose requests the stack does not count as the app's."""
        return StackClients(self.aws_url)


@contextmanager
def launched(log: Path, **settings: str) -> Iterator[RunningStack]:
    """Run ``python -m local`` on free ports; by default with an open API, and quick speech.

    Args:
        log: The file for the JSON lines that the app logs.
        settings: More environment variables, such as ``LOG_LEVEL="WARNING"``.

    Raises:
        StackDidNotStartError: It ended before it was ready.
    """
    ports = {"PORT": "0", "AWS_PORT": "0", "WEB_PORT": "0"}
    defaults = {**ports, "HTTPS": "", "API_TOKENS": OPEN, "ENGLISH_VOICE": "espeak-ng"}
    environment = os.environ | defaults | settings
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "local"],
            cwd=_PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield when_ready(process, log)
        finally:
            end(process)


def when_ready(process: subprocess.Popen[str], log: Path) -> RunningStack:
    """Return the stack of a process as soon as it is ready.

    Raises:
        StackDidNotStartError: It ended before.
    """
    urls: dict[str, str] = {}
    for line in process.stdout or ():
        if address := _ADDRESS.match(line):
            urls[address[1]] = address[2]
        if line.startswith("Ready:"):
            return RunningStack(urls["API"], urls["Local AWS"], urls["Page"], log, process.pid)
    last_words = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
    raise StackDidNotStartError(last_words[-1])


def end(process: subprocess.Popen[str]) -> None:
    """End a process, by force if it does not end in time."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
