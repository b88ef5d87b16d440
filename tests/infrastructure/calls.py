"""The AWS requests of each function: those of this test run, and those in calls.json."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

KEPT: Final = Path(__file__).parent / "calls.json"
"""By function, the requests that a whole test run saw, in the words of `local.control.calls`."""

_Calls = Mapping[str, Collection[str]]

SEEN: defaultdict[str, set[str]] = defaultdict(set)
"""The requests that this run has seen so far."""


def add(calls: Mapping[str, Collection[str]]) -> None:
    """Add the requests that a stack, or another process of the test run, has seen."""
    for function, seen in calls.items():
        SEEN[function] |= set(seen)


def contents() -> dict[str, list[str]]:
    """Return this process's requests in the order of calls.json."""
    return {function: sorted(seen) for function, seen in sorted(SEEN.items())}


def kept() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(KEPT.read_text())
    return found


def keep() -> None:
    """Write this run's requests to calls.json."""
    KEPT.write_text(json.dumps(contents(), indent=2) + "\n")


def not_kept() -> list[str]:
    """A line for each request of this run that calls.json does not have."""
    return _missing(contents(), kept(), "makes a call that calls.json does not have:")


def not_seen() -> list[str]:
    """A line for each request in calls.json that this run did not make."""
    return _missing(kept(), contents(), "does not make a call that calls.json has:")


def _missing(calls: _Calls, others: _Calls, does: str) -> list[str]:
    return [
        f"{function} {does} {call}"
        for function, these in calls.items()
        for call in these
        if call not in others.get(function, ())
    ]
