"""What each function was seen to ask of AWS, in this run and in the one that is kept."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

KEPT: Final = Path(__file__).parent / "calls.json"
"""By function, what a whole run of the end-to-end tests saw, in `local.control.calls`' words."""

SEEN: defaultdict[str, set[str]] = defaultdict(set)
"""The same of this run, as far as it is over."""


def add(calls: Mapping[str, Collection[str]]) -> None:
    """What a stack, or another process of a distributed test run, has seen."""
    for function, seen in calls.items():
        SEEN[function] |= set(seen)


def contents() -> dict[str, list[str]]:
    """What this process has to report, in the order in which it is kept."""
    return {function: sorted(seen) for function, seen in sorted(SEEN.items())}


def kept() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(KEPT.read_text())
    return found


def keep() -> None:
    """Keep what this run saw from now on."""
    KEPT.write_text(json.dumps(contents(), indent=2) + "\n")


def differences() -> list[str]:
    """A line for each call that was seen and is not kept, or the other way round."""
    seen, known = contents(), kept()
    return [
        f"{function} {does} {call}"
        for does, these, others in (
            ("calls, which is not kept:", seen, known),
            ("does not call, which is kept:", known, seen),
        )
        for function in these
        for call in these[function]
        if call not in others.get(function, ())
    ]
