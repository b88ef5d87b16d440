"""Ends a process that runs the stack."""

import atexit
import os
import signal
import sys
from types import FrameType
from typing import NoReturn


def interrupt_when_told_to_end() -> None:
    """Make Ctrl-C and SIGTERM raise KeyboardInterrupt in the main thread.

    Ctrl-C does so by default, but not in a process that a shell started in the background.
    """
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)


def leave(status: int) -> NoReturn:
    """End the process now, with all of its threads.

    The interpreter's own exit would abort an engine at work in native code, or wait for it. The
    stack's files are unlinked temporary files and disappear with the process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
