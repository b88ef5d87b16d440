"""The Amazon States Language: what Step Functions refuses of a definition, and what we have not.

Sources: the States Language specification (states-language.net) and errors that Step Functions is
known to answer (localstack's pull request #12487).
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_TYPES: Final = frozenset({"Task", "Parallel", "Pass", "Choice", "Wait", "Succeed", "Fail"})
_GOES_ON: Final = frozenset({"Task", "Parallel", "Pass", "Wait"})
_ALL: Final = "States.ALL"
_FUNCTION: Final = re.compile(r"arn:aws:lambda:[\w-]+:\d{12}:function:[\w-]+")

Scope = Mapping[str, Any]


class DefinitionError(Exception):
    """A definition is not one; the message is Step Functions' own of what is wrong, and where."""


class UnsupportedError(Exception):
    """A definition is one for Step Functions, and none for the local AWS; the message says why."""


def check(definition: str) -> None:
    """Refuse what is not JSON, leads nowhere, has states that nothing leads to, or is beyond us.

    Raises:
        DefinitionError: Step Functions refuses it.
        UnsupportedError: Step Functions takes it.
    """
    try:
        machine = json.loads(definition)
    except ValueError as error:
        raise DefinitionError(f"INVALID_JSON_DESCRIPTION: {error}") from error
    if not isinstance(machine, dict):
        raise DefinitionError("SCHEMA_VALIDATION_FAILED: The value is not an object at /")
    scopes = list(_scopes(machine, ""))
    faults = [fault for path, scope in scopes for fault in _faults(scope, path)]
    if faults:
        raise DefinitionError(", ".join(faults))
    if machine.get("QueryLanguage", "JSONPath") != "JSONPath":
        raise UnsupportedError("a machine whose QueryLanguage is not JSONPath")
    for _, scope in scopes:
        for name, state in scope["States"].items():
            _check_supported(name, state)


def _check_supported(name: str, state: Mapping[str, Any]) -> None:
    if state.get("QueryLanguage", "JSONPath") != "JSONPath":
        raise UnsupportedError(f"the state {name}, whose QueryLanguage is not JSONPath")
    if state.get("Type") not in _TYPES:
        raise UnsupportedError(f"the state {name}, which is a {state.get('Type')}")
    if state["Type"] == "Task" and not _FUNCTION.fullmatch(str(state.get("Resource"))):
        raise UnsupportedError(f"the task {name}, whose Resource is no function's ARN")


def _scopes(scope: Scope, path: str) -> Iterator[tuple[str, Scope]]:
    """The machine, and every branch in it, with their paths."""
    states = scope.get("States")
    if not isinstance(states, dict) or not all(isinstance(each, dict) for each in states.values()):
        raise DefinitionError(
            f"SCHEMA_VALIDATION_FAILED: The field 'States' is not an object of states at {path}/"
        )
    yield path, scope
    for name, state in states.items():
        for number, branch in enumerate(_objects(state, "Branches", f"{path}/States/{name}")):
            yield from _scopes(branch, f"{path}/States/{name}/Branches[{number}]")


def _objects(state: Mapping[str, Any], field: str, path: str) -> list[dict[str, Any]]:
    """The objects that a field of a state lists; those of a field that it has not are none."""
    listed = state.get(field, [])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise DefinitionError(
            f"SCHEMA_VALIDATION_FAILED: The value is not an array of objects at {path}/{field}"
        )
    return listed


def _faults(scope: Scope, path: str) -> Iterator[str]:
    states = scope["States"]
    for name, state in states.items():
        where = f"{path}/States/{name}"
        if state.get("Type") in _GOES_ON and ("Next" in state) == (state.get("End") is True):
            yield f"SCHEMA_VALIDATION_FAILED: There must be one of 'Next' and 'End' at {where}"
        for field in ("Retry", "Catch"):
            for rule in _objects(state, field, where)[:-1]:
                if _ALL in rule.get("ErrorEquals", ()):
                    yield f"SCHEMA_VALIDATION_FAILED: {_ALL} must come last at {where}/{field}"
    targets = dict(_transitions(scope, path))
    for where, target in targets.items():
        if target not in states:
            field = where.rsplit("/", 1)[1]
            yield f"MISSING_TRANSITION_TARGET: Missing '{field}' target: {target} at {where}"
    for name in states:
        if name not in targets.values():
            yield (
                f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. '
                f"at {path}/States/{name}"
            )


def _transitions(scope: Scope, path: str) -> Iterator[tuple[str, Any]]:
    """Where each transition stands, and the state that it leads to."""
    yield f"{path}/StartAt", scope.get("StartAt")
    for name, state in scope["States"].items():
        where = f"{path}/States/{name}"
        for field in ("Next", "Default"):
            if field in state:
                yield f"{where}/{field}", state[field]
        for field in ("Choices", "Catch"):
            for number, rule in enumerate(_objects(state, field, where)):
                if "Next" in rule:
                    yield f"{where}/{field}[{number}]/Next", rule["Next"]
