"""The local AWS's README: what it names exists."""

import json
import re
from pathlib import Path

from local.faults import Fault

ROOT = Path(__file__).parents[2]
README = (ROOT / "local" / "README.md").read_text()
TESTS = {path.name: path.read_text() for path in Path(__file__).parent.glob("test_*.py")}
COLUMNS = 3


def leniencies() -> list[list[str]]:
    table = README.partition("| what AWS does | what moto does | here |\n|---|---|---|\n")[2]
    return [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")]


def test_every_leniency_is_closed_by_a_test_or_written_down_as_a_limit() -> None:
    rows = leniencies()

    assert len(rows) > 30
    for row in rows:
        assert len(row) == COLUMNS, row
        assert "`test_" in row[2] or "limit" in row[2] or row[1].strip() == "the same", row


def test_every_test_that_it_names_exists() -> None:
    everything = "\n".join(TESTS.values())

    names = re.findall(r"`(test_\w+)`", README)

    assert len(names) > 20
    assert [name for name in names if f"def {name}(" not in everything] == []
    assert set(re.findall(r"`(test_\w+\.py)`", README)) <= TESTS.keys()


def test_every_file_that_it_names_exists_and_none_is_left_out() -> None:
    tour = README.partition("## How it is built")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([\w/]+\.py|\w+/)`", tour))

    assert [name for name in named if not (ROOT / "local" / name).exists()] == []
    modules = {path.name for path in (ROOT / "local").glob("*.py")}
    about_the_rest = {
        "__init__.py",
        "__main__.py",
        "demo.py",
        "demo_http.py",
        "demo_profile.py",
        "demo_text.py",
        "launcher.py",
        "process.py",
    }
    glue = {"local_aws.py", "service_error.py", "request_constraints.py"}
    assert modules - named == about_the_rest | glue


def test_the_fault_of_its_example_is_one() -> None:
    example = re.search(r"-d '(\{.*\})'", README)

    assert example is not None
    fault = Fault.from_json(json.loads(example[1]))
    assert fault.operation == "polly.SynthesizeSpeech"
