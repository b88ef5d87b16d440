"""Print the steps of a command, with how long each took."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

_COLUMN: Final = 34


class Progress:
    """Prints a line at the end of each step; at its beginning, too, if the step reports lines.

    `clock` returns seconds.
    """

    def __init__(
        self, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._out = out or sys.stdout
        self._clock = clock
        self._unprinted: str | None = None

    def headline(self, text: str) -> None:
        self._print(f"{text}\n")

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """Run a step, and print it even if it raises; it calls the yielded function to add text."""
        begun = self._clock()
        said: list[str] = []
        self._unprinted = name
        try:
            yield said.append
        except BaseException:
            said.append("not done")
            raise
        finally:
            self._unprinted = None
            dots = "." * (_COLUMN - len(name))
            ending = f", {said[-1]}" if said else ""
            self._print(f"  {name} {dots} {self._clock() - begun:.1f} s{ending}")

    def line(self, text: str) -> None:
        """Print a line below the step's name."""
        if self._unprinted is not None:
            self._print(f"  {self._unprinted}")
            self._unprinted = None
        self._print(f"    {text}")

    def _print(self, text: str) -> None:
        print(text, file=self._out, flush=True)
