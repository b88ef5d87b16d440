"""What the proof played is told at the end of a test run, and held against the README."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.proof import ledger

README = Path(__file__).parent.parent / "README.md"

settings.register_profile(
    "ci", max_examples=300, stateful_step_count=40, derandomize=True, deadline=None, database=None
)
settings.register_profile("soak", max_examples=30_000, stateful_step_count=60, deadline=None)
settings.load_profile("ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One stack serves all end-to-end tests of stories, another those of profiles.

    Those of one stack stay in one process of several.
    """
    for item in items:
        if "end_to_end" in item.path.parts:
            stack = "profiles" if item.path.stem == "test_profiles" else "stories"
            item.add_marker(pytest.mark.xdist_group(stack))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of a distributed run is done."""
    ledger.add(*node.workeroutput["ledger"])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """The README quotes the figures that a whole run prints: if it does not, the run fails."""
    if output := getattr(session.config, "workeroutput", None):
        output["ledger"] = ledger.contents()
    elif is_whole(session.config) and not exitstatus and not is_quoted(ledger.summary()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if lines := ledger.summary():
        terminalreporter.section("nothing lost, nothing paid twice")
        for line in lines:
            terminalreporter.write_line(line)
        if is_whole(config) and not is_quoted(lines):
            terminalreporter.write_line("README.md quotes other figures.", red=True)


def is_whole(config: pytest.Config) -> bool:
    return config.args_source is config.ArgsSource.TESTPATHS


def is_quoted(lines: list[str]) -> bool:
    return "\n".join(lines) in README.read_text()
