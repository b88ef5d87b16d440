"""What a person sees while something is done: a line for each step, and how long it took."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

_COLUMN: Final = 34


class Progress:
    """Prints steps as they end; one that reports lines of its own, also as it begins.

    Args:
        clock: Seconds; only their differences count.
    """

    def __init__(
        self, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._out = out or sys.stdout
        self._clock = clock
        self._unnamed: str | None = None

    def headline(self, text: str) -> None:
        self._print(f"{text}\n")

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """Run a step; inside, call what this gives to say how it ended.

        One that raises is printed, too, so that it is seen which it was.
        """
        begun = self._clock()
        said: list[str] = []
        self._unnamed = name
        try:
            yield said.append
        except BaseException:
            said.append("not done")
            raise
        finally:
            self._unnamed = None
            dots = "." * (_COLUMN - len(name))
            ending = f", {said[-1]}" if said else ""
            self._print(f"  {name} {dots} {self._clock() - begun:.1f} s{ending}")

    def line(self, text: str) -> None:
        """Something that goes on inside a step."""
        if self._unnamed is not None:
            self._print(f"  {self._unnamed}")
            self._unnamed = None
        self._print(f"    {text}")

    def _print(self, text: str) -> None:
        print(text, file=self._out, flush=True)
