"""The house rules, read from the code's own imports."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STEPS = {"chalicelib.steps.reading", "chalicelib.steps.narration"}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, by its full name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


APP = {
    module_name(path): imports_of(path)
    for path in [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]
}


def importers_of(*packages: str) -> set[str]:
    def is_inside(name: str) -> bool:
        return any(name == package or name.startswith(f"{package}.") for package in packages)

    return {module for module, imported in APP.items() if any(map(is_inside, imported))}


def knows_aws(module: str) -> bool:
    return module == "chalicelib.wiring" or module.startswith("chalicelib.aws")


def test_only_the_adapters_and_the_wiring_know_aws() -> None:
    outside = {module for module in importers_of("boto3", "botocore") if not knows_aws(module)}

    assert outside == set()
    assert importers_of("boto3", "botocore") != set()


def test_metrics_and_log_lines_are_all_that_powertools_is_for() -> None:
    assert importers_of("aws_lambda_powertools") == {
        "chalicelib.aws.cloudwatch",
        "chalicelib.telemetry.logs",
    }


def test_only_the_wiring_chooses_adapters() -> None:
    outside = {module for module in importers_of("chalicelib.aws") if not knows_aws(module)}

    assert outside == set()


def test_steps_do_not_import_each_other() -> None:
    for step in STEPS:
        assert not APP[step] & (STEPS - {step})


def test_the_app_never_imports_the_local_aws() -> None:
    assert importers_of("local", "tests", "samples", "bench", "moto") == set()


def test_only_the_handlers_know_the_framework() -> None:
    assert importers_of("chalice") == {
        "app",
        "chalicelib.http.answers",
        "chalicelib.http.requests",
        "chalicelib.http.profiles",
        "chalicelib.delivery.events",
    }


def test_data_flows_one_way() -> None:
    """No cycles: a topological order of the modules exists (or this raises CycleError)."""
    graph = {module: imported & APP.keys() - {module} for module, imported in APP.items()}

    order = list(TopologicalSorter(graph).static_order())

    assert order[-1] == "app"


@pytest.mark.parametrize("package", ["chalicelib", "local"])
def test_a_module_is_read_in_one_sitting(package: str) -> None:
    lengths = {
        module_name(path): len(path.read_text().splitlines())
        for path in (ROOT / package).rglob("*.py")
    }

    assert {module for module, length in lengths.items() if length > 250} == set()


def test_whatever_security_rule_is_silenced_says_why() -> None:
    """ruff's S rules are bandit's: `# noqa: S603  # the lines above`."""
    silenced = [
        line
        for folder in ("chalicelib", "infrastructure", "local", "samples", "tests", "bench")
        for path in [*(ROOT / folder).rglob("*.py"), ROOT / "app.py"]
        for line in path.read_text().splitlines()
        if re.search(r"# noqa(?!:)|# noqa: .*\bS\d{3}\b|# nosec", line)
    ]

    assert len(silenced) > 20
    assert [line for line in silenced if not re.search(r"# noqa: [^#]+# \S", line)] == []
