"""How many schedules were played, for the summary at the end of the test run."""

from collections import Counter
from typing import Final

FLOOR: Final = 175_000
"""A run of `make prove` that plays fewer schedules fails; README.md quotes it."""

PLAYED: Counter[str] = Counter()
"""Schedules after which everything held, by their family."""

FOUND: list[str] = []
"""Planted bugs that were found."""


def contents() -> tuple[dict[str, int], list[str]]:
    return dict(PLAYED), FOUND


def add(played: dict[str, int], found: list[str]) -> None:
    PLAYED.update(played)
    FOUND.extend(found)


def summary() -> list[str]:
    if not PLAYED:
        return []
    return [
        *(f"{runs:>8,} {kind}" for kind, runs in sorted(PLAYED.items(), key=lambda line: -line[1])),
        f"{PLAYED.total():>8,} schedules in all, and everything held after each",
        f"{len(FOUND):>8,} planted bugs, and every one found",
    ]
