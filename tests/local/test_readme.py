"""The local AWS's README: what it names exists."""

import json
import re
from pathlib import Path

from local.control.faults import Fault

ROOT = Path(__file__).parents[2]
LOCAL = ROOT / "local"
README = (LOCAL / "README.md").read_text()
TESTS = {path.name: path.read_text() for path in Path(__file__).parent.rglob("test_*.py")}
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


def test_every_room_and_file_that_it_names_exists_and_no_room_is_left_out() -> None:
    tour = README.partition("## How it is built")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([\w/]+\.py|[\w/]+/)`", tour))

    assert [name for name in named if not (LOCAL / name).exists()] == []
    rooms = {path.parent.name + "/" for path in LOCAL.glob("*/__init__.py")}
    services = {f"services/{path.parent.name}/" for path in LOCAL.glob("services/*/__init__.py")}
    assert (rooms | services) - named == set()


def test_every_file_of_the_table_exists() -> None:
    table = README.partition("## Where it differs from AWS")[2]
    modules = {path.name for path in LOCAL.rglob("*.py")} | TESTS.keys()

    assert set(re.findall(r"`(\w+\.py)`", table)) - modules == set()


def test_the_top_floor_is_small() -> None:
    assert len([path for path in LOCAL.iterdir() if path.name != "__pycache__"]) <= 10


def test_the_fault_of_its_example_is_one() -> None:
    example = re.search(r"-d '(\{.*\})'", README)

    assert example is not None
    fault = Fault.from_json(json.loads(example[1]))
    assert fault.operation == "polly.SynthesizeSpeech"
