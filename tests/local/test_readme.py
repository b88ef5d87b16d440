"""The local AWS's README names only what exists, and every room."""

import json
import re
from pathlib import Path

from local.control.faults import Fault

LOCAL = Path(__file__).parents[2] / "local"
README = (LOCAL / "README.md").read_text()


def test_it_names_every_room_and_no_missing_file() -> None:
    tour = README.partition("## How it is built")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([\w/]+\.py|\w[\w/]*/)`", tour))

    assert [name for name in named if not (LOCAL / name).exists()] == []
    rooms = {path.parent.name + "/" for path in LOCAL.glob("*/__init__.py")}
    services = {f"services/{path.parent.name}/" for path in LOCAL.glob("services/*/__init__.py")}
    assert (rooms | services) - named == set()


def test_every_difference_from_aws_says_what_aws_does_and_what_happens_here() -> None:
    rows = README.partition("| service | AWS | here |\n|---|---|---|\n")[2].strip().splitlines()

    assert len(rows) > 20
    assert all(row.count("|") == 4 for row in rows)


def test_the_top_floor_is_small() -> None:
    assert len([path for path in LOCAL.iterdir() if path.name != "__pycache__"]) <= 10


def test_the_fault_of_its_example_is_one() -> None:
    example = re.search(r"-d '(\{.*\})'", README)

    assert example is not None
    assert Fault.from_json(json.loads(example[1])).operation == "polly.SynthesizeSpeech"
