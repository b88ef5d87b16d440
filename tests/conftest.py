"""Checks at the end of a whole run: how much the proof played, and what the functions called."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import settings

from tests.infrastructure import calls
from tests.proof import ledger

settings.register_profile(
    "ci", max_examples=300, stateful_step_count=40, derandomize=True, deadline=None, database=None
)
settings.register_profile("soak", max_examples=30_000, stateful_step_count=60, deadline=None)
settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--keep-calls",
        action="store_true",
        help="keep what this run, which must be a whole one, saw the functions or commands call",
    )
    parser.addoption(
        "--keep-openapi",
        action="store_true",
        help="write what the app says of its routes to docs/openapi.json",
    )


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name files by their size: an id of 25 MB helps no reader, and a ZIP holds the time."""
    return f"{len(val):,} bytes" if isinstance(val, bytes) else None


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in its own hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One stack serves all end-to-end tests of stories, another those of profiles.

    Those of one stack stay in one process of several. So do those of one file of the web page's.
    """
    for item in items:
        if "end_to_end" in item.path.parts:
            stack = "profiles" if item.path.stem == "test_profiles" else "stories"
            item.add_marker(pytest.mark.xdist_group(stack))
        if "web" in item.path.relative_to(item.config.rootpath).parts:
            item.add_marker(pytest.mark.web)
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of a distributed run is done."""
    ledger.add(*node.workeroutput["ledger"])
    calls.add(node.workeroutput["calls"])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a whole run that played too few schedules, or made other calls than calls.json has."""
    if output := getattr(session.config, "workeroutput", None):
        output["ledger"] = ledger.contents()
        output["calls"] = calls.contents()
    elif not exitstatus:
        if is_whole(session.config) and session.config.getoption("--keep-calls"):
            calls.keep()
        if shortcomings(session.config):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if line := tried_with_shared_files(terminalreporter.stats):
        terminalreporter.write_line(line)
    if lines := ledger.summary():
        terminalreporter.section("nothing lost, nothing paid twice")
        for line in lines:
            terminalreporter.write_line(line)
    if lines := shortcomings(config):
        terminalreporter.section("what this run does not fulfil")
        for line in lines:
            terminalreporter.write_line(line, red=True)


def tried_with_shared_files(reports: Mapping[str, Sequence[Any]]) -> str:
    """How many tests took a file from beside the project, so that none is skipped unnoticed."""
    ran, skipped = (
        sum("shared" in report.keywords for each in outcomes for report in reports.get(each, []))
        for outcomes in (("passed", "failed"), ("skipped",))
    )
    return f"files of ../shared: {ran} tests ran, {skipped} skipped" if ran or skipped else ""


def shortcomings(config: pytest.Config) -> list[str]:
    """A line for each thing that is missing in a run of `make test` or `make prove`."""
    # `make prove` makes no other calls than the slice of `make test`, only more often.
    found = calls.not_kept() + calls.not_seen() if is_whole(config) else []
    if found:
        found.append(
            f"If that is meant, keep it in {calls.KEPT.name} with `python -m pytest --keep-calls`, "
            "and grant it in infrastructure/iam/permissions.py."
        )
    if is_whole(config, "prove") and ledger.PLAYED.total() < ledger.FLOOR:
        found.append(f"The proof must play at least {ledger.FLOOR:,} schedules.")
    return found


def is_whole(config: pytest.Config, marker: str | None = None) -> bool:
    """Does the run have all tests with this marker, or all that pyproject.toml chooses?"""
    expression = config.option.markexpr
    is_chosen = expression == marker if marker else expression in config.getini("addopts")
    is_everywhere = config.args_source is config.ArgsSource.TESTPATHS
    is_smaller = config.option.keyword or config.option.collectonly
    return is_everywhere and is_chosen and not is_smaller
