"""What the proof played is told at the end of every test run."""

import pytest

from tests.proof import ledger


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if lines := ledger.summary():
        terminalreporter.section("nothing lost, nothing paid twice")
        for line in lines:
            terminalreporter.write_line(line)
