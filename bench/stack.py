"""Starts `python -m local` on free ports, for one figure, and stops it again."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import psutil

STOP_WITHIN = 15.0  # seconds, after which the stack is killed
LAST_LOG = 2000  # bytes of the stack's log that an error quotes


@dataclass(frozen=True)
class Stack:
    """A running stack: where it answers, and its process."""

    api: str
    aws: str
    process: psutil.Process

    def resident_bytes(self) -> int:
        """Resident set size of the stack's process and of all that it started."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family)


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Run a fresh stack, with engines not yet loaded.

    Raises:
        RuntimeError: It ended before it was ready; the message has the end of its log.
    """
    environment = os.environ | {"PORT": "0", "AWS_PORT": "0"}
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            [sys.executable, "-m", "local"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as server,
    ):
        try:
            addresses = _addresses(server)
            if addresses is None:
                server.wait(STOP_WITHIN)
                raise RuntimeError(f"the stack did not start: {_end_of(log)}")
            yield Stack(*addresses, psutil.Process(server.pid))
        finally:
            _stop(server)


def _addresses(server: subprocess.Popen[str]) -> tuple[str, str] | None:
    """Read what the stack prints until it is ready: the URLs of the API and of its AWS.

    None when it ended without being ready.
    """
    assert server.stdout is not None
    aws = ""
    for line in server.stdout:
        url = re.search(r"http://127\.0\.0\.1:\d+", line)
        if url and line.startswith("Ready:"):
            return url[0], aws
        if url and "AWS" in line:
            aws = url[0]
    return None


def _end_of(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read()[-LAST_LOG:].decode(errors="replace")


def _stop(server: subprocess.Popen[str]) -> None:
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        server.kill()
        raise
