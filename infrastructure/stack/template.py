"""The CloudFormation template of a stage, as the deployment sends it.

``template.yaml`` is written for people. This leaves its comments out, and fills in what the queues
and functions of the app determine, and the two documents that the template names: the state machine
``profile_photo.asl.json`` and ``dashboard.json``. The request needs CAPABILITY_IAM for the
workflow's role, and CAPABILITY_AUTO_EXPAND for the loops.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from chalicelib.stories.queues import (
    DEAD_LETTER_TIME_LIMIT,
    MAX_DEAD_LETTER_RECEIVES,
    QUEUES,
    Step,
)
from infrastructure.iam.permissions import GRANTS
from infrastructure.stage import API_HANDLER

MAX_BYTES: Final = 51_200
"""Of a template in the request (AWS CloudFormation, "Quotas"), and of the template that its loops
expand to ("Troubleshoot the processed template"). A larger template must be in a bucket."""

_FOLDER: Final = Path(__file__).resolve().parents[1]
_VISIBILITY: Final = 6
"""A message is invisible for six times its function's time limit, as AWS recommends."""
_FUNCTIONS: Final = [name for name in GRANTS if name != API_HANDLER]
# Lambda or SQS retries these functions. The deletion's function also raises while it waits.
_RETRIED: Final = [
    *(name for name in _FUNCTIONS if name.startswith("announce_")),
    *(queue.handler for queue in QUEUES if queue.step != Step.DELETION),
]
_LISTS: Final[Mapping[str, Sequence[str]]] = {
    "{queue}": list(Step),
    "{handler}": [queue.handler for queue in QUEUES],
    "{function}": _FUNCTIONS,
}
"""A line of the dashboard that ends with one of these stands for as many lines."""


def assembled() -> str:
    """Return the template in YAML."""
    lines = (_FOLDER / "template.yaml").read_text().splitlines(keepends=True)
    template = "".join(line for line in lines if not line.lstrip().startswith("#"))
    for name, value in _values():
        before, *rest = re.split(rf"(?<= ){re.escape(name)}$", template, flags=re.MULTILINE)
        assert rest, f"{name} is not in the template"  # noqa: S101  # the template is our own
        template = value.join([before, *rest])
    return template


def _values() -> Iterator[tuple[str, str]]:
    """Yield the words that the template has at ends of lines, with their values in YAML."""
    yield "QUEUES", json.dumps(list(Step))
    limits = {
        queue.step: {
            "Visibility": _VISIBILITY * _seconds(queue.time_limit),
            "MaxReceives": queue.max_receives,
            "MaxReceivesInAll": queue.max_receives + MAX_DEAD_LETTER_RECEIVES,
            "TooOld": _seconds(queue.max_age),
        }
        for queue in QUEUES
    }
    yield "QUEUE_LIMITS", json.dumps(limits)
    yield "DEAD_LETTER_VISIBILITY", str(_VISIBILITY * _seconds(DEAD_LETTER_TIME_LIMIT))
    ids = [f"!Ref {kind}Queue{step}" for step in Step for kind in ("", "Dead", "Parked")]
    yield "QUEUE_REFERENCES", f"[{', '.join(ids)}]"
    yield "FUNCTIONS", json.dumps(_FUNCTIONS)
    yield "RETRIED_FUNCTIONS", json.dumps(_RETRIED)
    for name in ("profile_photo.asl.json", "dashboard.json"):
        content = json.loads((_FOLDER / name).read_text(), object_hook=_for_aws)
        yield name, "'" + json.dumps(content, separators=(",", ":")).replace("'", "''") + "'"


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())


def _for_aws(node: dict[str, Any]) -> dict[str, Any]:
    """Leave comments out, and expand the lines of a dashboard's widget."""
    content = {name: value for name, value in node.items() if name != "Comment"}
    if "metrics" in content:
        content["metrics"] = [line for each in content["metrics"] for line in _lines(each)]
    return content


def _lines(line: list[Any]) -> Iterator[list[Any]]:
    """Yield a dashboard's line for each queue, handler or function if it is for all of them."""
    *head, last = line
    names = next((n for word, n in _LISTS.items() if isinstance(last, str) and word in last), None)
    if names is None:
        yield line
        return
    for number, name in enumerate(names):
        yield [*(["..."] if number else head), re.sub(r"(?<!\$)\{\w+\}", name, last)]
