"""The house rules, read from the code's own imports and definitions."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STEPS = {"chalicelib.steps.reading", "chalicelib.steps.narration", "chalicelib.steps.renditions"}

PACKAGES = ("chalicelib", "local", "infrastructure")

MAY_IMPORT = {
    "cold_start": set[str](),
    "errors": set[str](),
    "telemetry": {"errors"},
    "speech": {"errors"},
    "pages": {"errors", "speech"},
    "stories": {"errors", "pages", "speech"},
    "settings": {"errors", "pages", "speech", "stories"},
    "delivery": {"errors", "stories", "telemetry"},
    "profiles": {"delivery", "errors", "pages", "stories", "telemetry"},
    "steps": {"delivery", "errors", "pages", "profiles", "speech", "stories", "telemetry"},
    "http": {"delivery", "errors", "pages", "profiles", "speech", "steps", "stories"},
    "aws": {
        "delivery",
        "errors",
        "pages",
        "profiles",
        "settings",
        "speech",
        "stories",
        "telemetry",
    },
    "assembly": {"aws", "delivery", "pages", "settings", "speech", "steps", "stories"},
}
"""Each room of chalicelib, and the rooms that it may import."""


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


def room_of(module: str) -> str:
    """The room of a module of chalicelib: ``chalicelib.steps.reading`` is in ``steps``."""
    return module.split(".")[1]


def public_classes(*packages: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    yield module_name(path), node


def test_a_room_imports_only_the_rooms_below_it() -> None:
    rooms = {
        module: {
            room_of(each) for each in imported if each.startswith("chalicelib.") and each in APP
        }
        for module, imported in APP.items()
        if module.startswith("chalicelib.")
    }

    assert {room_of(module) for module in rooms} == MAY_IMPORT.keys()
    forbidden = {
        module: found - MAY_IMPORT[room_of(module)] - {room_of(module)}
        for module, found in rooms.items()
    }
    assert {module: found for module, found in forbidden.items() if found} == {}


def test_modules_form_no_circle() -> None:
    graph = {module: imported & APP.keys() - {module} for module, imported in APP.items()}

    order = list(TopologicalSorter(graph).static_order())

    assert order[-1] == "app"


def test_only_the_aws_room_knows_aws() -> None:
    assert importers_of("boto3", "botocore") != set()
    assert {room_of(module) for module in importers_of("boto3", "botocore")} == {"aws"}
    assert "app" not in importers_of("chalicelib.aws")


def test_powertools_writes_metrics_and_log_lines_only() -> None:
    assert importers_of("aws_lambda_powertools") == {
        "chalicelib.aws.cloudwatch",
        "chalicelib.telemetry",
    }


def test_steps_of_a_story_do_not_import_each_other() -> None:
    for step in STEPS:
        assert not APP[step] & (STEPS - {step})


def test_the_app_never_imports_the_local_aws() -> None:
    assert importers_of("local", "tests", "samples", "bench", "moto") == set()


def test_only_the_translators_of_requests_and_events_know_the_framework() -> None:
    assert importers_of("chalice") == {
        "app",
        "chalicelib.http.answers",
        "chalicelib.http.requests",
        "chalicelib.http.profiles",
        "chalicelib.http.responses",
        "chalicelib.http.routes",
        "chalicelib.http.voices",
        "chalicelib.delivery.events",
    }


def test_no_two_public_classes_share_a_name() -> None:
    names = Counter(node.name for _, node in public_classes(*PACKAGES))

    assert [name for name, count in names.items() if count > 1] == []


def test_errors_end_in_error() -> None:
    errors = {
        node.name
        for _, node in public_classes(*PACKAGES)
        if any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases)
    }

    assert len(errors) > 15
    assert {name for name in errors if not name.endswith("Error")} == set()


@pytest.mark.parametrize("package", ["chalicelib", "local"])
def test_a_module_is_read_in_one_sitting(package: str) -> None:
    lengths = {
        module_name(path): len(path.read_text().splitlines())
        for path in (ROOT / package).rglob("*.py")
    }

    assert {module for module, length in lengths.items() if length > 250} == set()


def test_a_silenced_security_rule_says_why() -> None:
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
