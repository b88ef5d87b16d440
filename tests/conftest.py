"""What the proof played is told at the end of every test run."""

import pytest
from hypothesis import settings

from tests.proof import ledger

settings.register_profile(
    "ci", max_examples=300, stateful_step_count=40, derandomize=True, deadline=None, database=None
)
settings.register_profile("soak", max_examples=30_000, stateful_step_count=60, deadline=None)
settings.load_profile("ci")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if lines := ledger.summary():
        terminalreporter.section("nothing lost, nothing paid twice")
        for line in lines:
            terminalreporter.write_line(line)
