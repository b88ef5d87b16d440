"""docs/operations.md explains every alarm, and says when it is raised."""

import re
from pathlib import Path
from typing import Final

from chalicelib.stories.queues import Step
from tests.infrastructure.resolved import Resource, Stack

PAGE: Final = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()
STACK: Final = Stack("dev")
PREFIX: Final = "storytime-dev-"
_SIGNS: Final = {"GreaterThanThreshold": ">", "GreaterThanOrEqualToThreshold": "≥"}


def alarms() -> dict[str, Resource]:
    found = STACK.of_type("CloudWatch::Alarm")
    return {each["AlarmName"].removeprefix(PREFIX): each for each in found}


def rows() -> dict[str, str]:
    """When each alarm of the table is raised, by its name or pattern."""
    return dict(re.findall(r"^\| `([\w<>-]+)` \| ([>≥] \d+ in \d+ min) \|", PAGE, re.MULTILINE))


def when(alarm: Resource) -> str:
    assert alarm["EvaluationPeriods"] == 1
    sign = _SIGNS[alarm["ComparisonOperator"]]
    return f"{sign} {alarm['Threshold']} in {alarm['Period'] // 60} min"


def row_of(name: str) -> str:
    """Return the row of an alarm: its own, or the row of all queues or functions."""
    if name in rows():
        return name
    pattern = re.sub(rf"^({'|'.join(Step)})-", "<queue>-", name)
    return re.sub("^errors-.*", "errors-<function>", pattern)


def test_the_page_has_every_alarm_and_no_other() -> None:
    assert {row_of(name) for name in alarms()} == set(rows())


def test_the_page_says_when_each_alarm_is_raised() -> None:
    for name, alarm in alarms().items():
        assert rows()[row_of(name)] == when(alarm), name


def test_the_page_names_the_log_groups_and_the_table() -> None:
    log_groups = [each["LogGroupName"] for each in STACK.of_type("Logs::LogGroup")]
    others = [name for name in log_groups if not name.startswith("/aws/lambda/")]

    assert others
    for name in others:
        assert name.replace("dev", "<stage>") in PAGE
    (table,) = STACK.of_type("DynamoDB::Table")
    assert table["TableName"].replace("dev", "prod") in PAGE
