"""How many runs were played, for the summary at the end of the test run."""

from collections import Counter

PLAYED: Counter[str] = Counter()
"""Runs after which everything held, by their kind."""

FOUND: list[str] = []
"""Planted bugs that were found."""


def summary() -> list[str]:
    """A line for each kind of run, and one for all of them."""
    if not PLAYED:
        return []
    return [
        *(f"{runs:>8,} {kind}" for kind, runs in PLAYED.items()),
        f"{PLAYED.total():>8,} schedules in all, and everything held after each",
        f"{len(FOUND):>8,} planted bugs found",
    ]
