"""The CloudFormation templates of a stage, as the deployment sends them.

``template.yaml`` and ``watch.yaml`` are written for people. This fills in what the queues and
functions of the app determine, and the documents that the templates name: the state machine
``profile_photo.asl.json`` and ``dashboard.json``. Then it expands the loops, which have the form of
CloudFormation's language extensions.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from chalicelib.stories.queues import (
    DEAD_LETTER_TIME_LIMIT,
    MAX_DEAD_LETTER_RECEIVES,
    QUEUES,
    Step,
)
from infrastructure.iam.permissions import GRANTS
from infrastructure.stage import API_HANDLER

MAIN: Final = "template.yaml"
WATCH: Final = "watch.yaml"
MAX_BYTES: Final = 51_200
"""Of a template in the request (AWS CloudFormation, "Quotas"). A larger one must be in a bucket."""

_FOLDER: Final = Path(__file__).resolve().parents[1]
_VISIBILITY: Final = 6
"""A message is invisible for six times its function's time limit, as AWS recommends."""
_FUNCTIONS: Final = [name for name in GRANTS if name != API_HANDLER]
# Lambda or SQS retries these functions. The deletion's function also raises while it waits.
_RETRIED: Final = [
    *(name for name in _FUNCTIONS if name.startswith("announce_")),
    *(queue.handler for queue in QUEUES if queue.step != Step.DELETION),
]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads YAML with CloudFormation's short forms, such as ``!Ref``."""


def _function(loader: Any, suffix: str, node: Any) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes YAML with the same short forms."""

    def ignore_aliases(self, _data: object) -> bool:
        return True  # CloudFormation does not read aliases


def _short_form(dumper: Any, node: dict[str, Any]) -> Any:
    name, argument = next(iter(node.items()), ("", ""))
    if name != "Ref" and not name.startswith("Fn::"):
        return dumper.represent_mapping("tag:yaml.org,2002:map", node.items())
    tag = f"!{name.removeprefix('Fn::')}"
    if name == "Fn::GetAtt":
        argument = ".".join(argument)
    if isinstance(argument, str):
        return dumper.represent_scalar(tag, argument, style="'")
    return dumper.represent_sequence(tag, argument)


def _text(dumper: Any, text: str) -> Any:
    # Parsers of YAML 1.1 differ in what they do with a colon in the flow style.
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if ":" in text else "")


_Dumper.add_representer(dict, _short_form)
_Dumper.add_representer(str, _text)


def assembled(template: str) -> str:
    """Return a template with a resource a line, in YAML's flow style: shorter than JSON."""
    return "\n".join(_written(template)) + "\n"


def _written(template: str) -> Iterator[str]:
    for section, content in expanded(template).items():
        if isinstance(content, str):
            yield _in_flow_style({section: content})
        else:
            yield f"{section}:"
            yield from (f" {_in_flow_style({name: each})}" for name, each in content.items())


def _in_flow_style(entry: dict[str, Any]) -> str:
    text: str = yaml.dump(entry, Dumper=_Dumper, default_flow_style=True, width=MAX_BYTES)
    return text.strip()[1:-1]  # without braces


@cache
def expanded(template: str) -> dict[str, Any]:
    """Return a template without words, loops and mappings; do not change it."""
    written = yaml.load((_FOLDER / template).read_text(), _Loader)  # noqa: S506  # it is safe
    content: dict[str, Any] = _filled(written, dict(_values()))
    mappings = content.pop("Mappings")
    content["Resources"] = dict(_expand(content["Resources"], mappings))
    return content


def _values() -> Iterator[tuple[str, Any]]:
    """Yield the words of the template, and what they stand for."""
    yield "QUEUES", list(map(str, Step))
    limits = {
        str(queue.step): {
            "Visibility": _VISIBILITY * _seconds(queue.time_limit),
            "MaxReceives": queue.max_receives,
            "MaxReceivesInAll": queue.max_receives + MAX_DEAD_LETTER_RECEIVES,
        }
        for queue in QUEUES
    }
    yield "QUEUE_LIMITS", limits
    yield "DEAD_LETTER_VISIBILITY", _VISIBILITY * _seconds(DEAD_LETTER_TIME_LIMIT)
    ids = [f"{kind}Queue{step}" for step in Step for kind in ("", "Dead", "Parked")]
    yield "QUEUE_REFERENCES", [{"Ref": each} for each in ids]
    yield "FUNCTIONS", _FUNCTIONS
    yield "RETRIED_FUNCTIONS", _RETRIED
    for name in ("profile_photo.asl.json", "dashboard.json"):
        yield name, _document(name)


def _filled(node: Any, values: Mapping[str, Any]) -> Any:
    """Put the words' values into the template."""
    match node:
        case str():
            return values.get(node, node)
        case list():
            return [_filled(each, values) for each in node]
        case dict():
            return {key: _filled(each, values) for key, each in node.items()}
    return node


def _expand(resources: Mapping[str, Any], mappings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the resources, with the repeated body of every ``Fn::ForEach``."""
    for name, definition in resources.items():
        if name.startswith("Fn::ForEach::"):
            identifier, values, body = definition
            for value in values:
                yield from _simplified(_with(body, identifier, value), mappings).items()
        else:
            yield name, definition


def _with(node: Any, identifier: str, value: str) -> Any:
    """Put a loop's value into its body."""
    if isinstance(node, str):
        alphanumeric = re.sub(r"[^a-zA-Z0-9]", "", value)
        for pattern, text in (("${%s}", value), ("&{%s}", alphanumeric)):
            node = node.replace(pattern % identifier, text)
        return node
    if isinstance(node, list):
        return [_with(each, identifier, value) for each in node]
    if isinstance(node, dict):
        if node == {"Ref": identifier}:
            return value
        return {
            _with(key, identifier, value): _with(each, identifier, value)
            for key, each in node.items()
        }
    return node


def _simplified(node: Any, mappings: Mapping[str, Any]) -> Any:
    """Resolve the functions whose arguments a loop's value has made constant."""
    if isinstance(node, list):
        return [_simplified(each, mappings) for each in node]
    match node:
        case {"Fn::FindInMap": [str(name), str(first), str(second)]}:
            return mappings[name][first][second]
        case {"Fn::Sub": str(text)} if "${" not in text:
            return text
        case dict():
            return {key: _simplified(each, mappings) for key, each in node.items()}
    return node


def _document(name: str) -> str:
    document = json.loads((_FOLDER / name).read_text(), object_hook=_for_aws)
    return json.dumps(document, separators=(",", ":"))


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())


def _for_aws(node: dict[str, Any]) -> dict[str, Any]:
    """Leave comments out, and expand the lines of a dashboard's widget."""
    content = {name: value for name, value in node.items() if name != "Comment"}
    if "metrics" in content:
        content["metrics"] = [line for each in content["metrics"] for line in _lines(each)]
    return content


def _lines(line: list[Any]) -> Iterator[list[Any]]:
    """Yield a dashboard's line for each queue if it is for all of them."""
    *head, last = line
    if not isinstance(last, str) or "{queue}" not in last:
        yield line
        return
    for number, step in enumerate(Step):
        yield [*(["..."] if number else head), last.replace("{queue}", step)]
