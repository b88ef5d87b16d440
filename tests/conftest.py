"""What the proof played is told at the end of a test run, and held against the README."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.proof import ledger

README = Path(__file__).parent.parent / "README.md"

settings.register_profile(
    "ci", max_examples=300, stateful_step_count=40, derandomize=True, deadline=None, database=None
)
settings.register_profile("soak", max_examples=30_000, stateful_step_count=60, deadline=None)
settings.load_profile("ci")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """The README quotes the figures that a whole run prints: if it does not, the run fails."""
    whole = session.config.args_source is session.config.ArgsSource.TESTPATHS
    if whole and not exitstatus and not is_quoted(ledger.summary()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if lines := ledger.summary():
        terminalreporter.section("nothing lost, nothing paid twice")
        for line in lines:
            terminalreporter.write_line(line)
        whole = config.args_source is config.ArgsSource.TESTPATHS
        if whole and not is_quoted(lines):
            terminalreporter.write_line("README.md quotes other figures.", red=True)


def is_quoted(lines: list[str]) -> bool:
    return "\n".join(lines) in README.read_text()
