"""What is only known at the end of a test run: what the proof played, and what functions called.

The one is held against the README, the other against what is kept of it.
"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.infrastructure import calls
from tests.proof import ledger

README = Path(__file__).parent.parent / "README.md"

settings.register_profile(
    "ci", max_examples=300, stateful_step_count=40, derandomize=True, deadline=None, database=None
)
settings.register_profile("soak", max_examples=30_000, stateful_step_count=60, deadline=None)
settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--keep-calls",
        action="store_true",
        help="keep what this run, which must be a whole one, saw the functions call",
    )


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
    calls.add(node.workeroutput["calls"])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A whole run fails whose figures the README does not quote, or whose calls are not kept."""
    if output := getattr(session.config, "workeroutput", None):
        output["ledger"] = ledger.contents()
        output["calls"] = calls.contents()
    elif is_whole(session.config) and not exitstatus:
        if session.config.getoption("--keep-calls"):
            calls.keep()
        if not is_quoted(ledger.summary()) or calls.differences():
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
    if is_whole(config) and (differences := calls.differences()):
        terminalreporter.section("calls that no policy was held against")
        for line in differences:
            terminalreporter.write_line(line, red=True)
        terminalreporter.write_line(
            f"If that is meant, keep it in {calls.KEPT.name} by a whole run with --keep-calls, "
            "and give the functions' roles what they need in infrastructure/iam/permissions.py."
        )


def is_whole(config: pytest.Config) -> bool:
    is_chosen = config.option.keyword or config.option.markexpr
    return config.args_source is config.ArgsSource.TESTPATHS and not is_chosen


def is_quoted(lines: list[str]) -> bool:
    return "\n".join(lines) in README.read_text()
