"""Reads infrastructure/template.yaml, and expands its loops as CloudFormation does."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from infrastructure.stack.template import assembled


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads YAML with CloudFormation's short forms, such as ``!Ref``."""


def _function(loader: Any, suffix: str, node: Any) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


@cache
def expanded() -> dict[str, Any]:
    """Return the assembled template without its loops; do not change it."""
    template = yaml.load(assembled(), _Loader)  # noqa: S506  # a safe loader
    template["Resources"] = _expand(template["Resources"], template["Mappings"])
    return dict(template)


def _expand(resources: Mapping[str, Any], mappings: Mapping[str, Any]) -> dict[str, Any]:
    """Replace every ``Fn::ForEach`` by its repeated body."""
    found: dict[str, Any] = {}
    for name, definition in resources.items():
        if name.startswith("Fn::ForEach::"):
            identifier, values, body = definition
            for value in values:
                found |= _simplified(_with(body, identifier, value), mappings)
        else:
            found[name] = definition
    return found


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
