"""The figures in docs/deploy.md are those of the deployment."""

import json
import re
from collections import Counter
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from infrastructure.commands.deploy import requests_per_second
from infrastructure.iam.permissions import GRANTS
from infrastructure.stage import Stage, queue_functions
from tests.infrastructure import projects
from tests.infrastructure.resolved import Stack

ROOT = Path(__file__).parents[2]
CONFIG = json.loads((ROOT / ".chalice" / "config.json").read_text())
DAYS = {"a day": 1, "a week": 7}


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def rows(*columns: str) -> list[dict[str, str]]:
    """The rows of the document's table with these columns."""
    lines = (ROOT / "docs" / "deploy.md").read_text().splitlines()
    header = [cells_of(line) for line in lines].index([*columns])
    body = takewhile(lambda line: line.startswith("|"), lines[header + 2 :])
    return [dict(zip(columns, cells_of(line), strict=True)) for line in body]


def functions_of(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


FUNCTIONS = [
    (function, row)
    for row in rows("function", "MB", "s", "why")
    for function in functions_of(row["function"])
]
STAGES = {row[""]: row for row in rows("", "dev", "prod", "why")}


def own_setting(function: str, name: str) -> int:
    """Return a function's setting: its own, or that of all functions."""
    value: int = projects.functions_of("dev")[function].get(name, CONFIG[name])
    return value


def test_every_function_that_works_on_no_queue_is_in_the_table_once() -> None:
    of_queues = queue_functions().keys()

    assert Counter(function for function, _ in FUNCTIONS) == Counter(GRANTS.keys() - of_queues)


@pytest.mark.parametrize(("function", "row"), FUNCTIONS, ids=[name for name, _ in FUNCTIONS])
def test_the_table_has_each_functions_memory_and_timeout(
    function: str, row: dict[str, str]
) -> None:
    assert (row["MB"], row["s"]) == (
        str(own_setting(function, "lambda_memory_size")),
        str(own_setting(function, "lambda_timeout")),
    )


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_table_has_each_stages_figures(stage: str) -> None:
    told = {name: row[stage] for name, row in STAGES.items()}
    stack = Stack(stage)
    table = stack.named(f"storytime-{stage}-stories")
    recovery: Any = table["PointInTimeRecoverySpecification"]
    kept = {
        each["RetentionInDays"]
        for each in stack.of_type("Logs::LogGroup")
        if "/aws/lambda/" in each["LogGroupName"]
    }

    assert told.keys() == {
        "`MAXIMUM_CONCURRENCY`",
        "requests a second (twice as many at once)",
        "logs kept",
        "table restorable to any second of",
        "table protected from deletion",
    }
    own = CONFIG["stages"][stage]["environment_variables"]
    assert told["`MAXIMUM_CONCURRENCY`"] == own["MAXIMUM_CONCURRENCY"]
    assert told["requests a second (twice as many at once)"] == str(
        requests_per_second(Stage(stage))
    )
    assert {told["logs kept"]} == {f"{days} days" for days in kept}
    assert stack.resources["AccessLog"]["RetentionInDays"] == 30
    assert recovery["PointInTimeRecoveryEnabled"] is True
    assert DAYS[told["table restorable to any second of"]] == recovery["RecoveryPeriodInDays"]
    assert (told["table protected from deletion"] == "yes") is table["DeletionProtectionEnabled"]
