"""The lines that a command prints while it works."""

import io
from itertools import count

import pytest

from infrastructure.commands.progress import Progress


def test_a_step_is_a_line_and_its_own_lines_are_below_its_name() -> None:
    out, clock = io.StringIO(), count(step=1.25)
    progress = Progress(out, lambda: next(clock))

    progress.headline("Storytime: stage dev")
    with progress.step("stack storytime-dev") as said:
        progress.line("Table create complete")
        progress.line("Queue create complete")
        said("up to date")
    with pytest.raises(RuntimeError, match="no"), progress.step("chalice deploy"):
        raise RuntimeError("no")
    progress.line("between")
    with progress.step("gateway"):
        progress.line("a line")
    with progress.step("GET /health") as said:
        said("503")
        said("200")

    assert out.getvalue() == (
        "Storytime: stage dev\n"
        "\n"
        "  stack storytime-dev\n"
        "    Table create complete\n"
        "    Queue create complete\n"
        "  stack storytime-dev ............... 1.2 s, up to date\n"
        "  chalice deploy .................... 1.2 s, not done\n"
        "    between\n"
        "  gateway\n"
        "    a line\n"
        "  gateway ........................... 1.2 s\n"
        "  GET /health ....................... 1.2 s, 200\n"
    )
