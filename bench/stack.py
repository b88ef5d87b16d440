"""A stack for one figure: fresh, on free ports, its engines not loaded yet."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from local.runner.launcher import RunningStack, launched

__all__ = ["RunningStack", "resident_bytes", "running_stack"]


@contextmanager
def running_stack() -> Iterator[RunningStack]:
    """Run a stack, and stop it at the end."""
    with (
        tempfile.TemporaryDirectory() as folder,
        launched(Path(folder) / "log.jsonl") as stack,
    ):
        yield stack


def resident_bytes(stack: RunningStack) -> int:
    """Resident set size of the stack's process and of all that it started."""
    process = psutil.Process(stack.pid)
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_info().rss for member in family)
