"""What rules of spoken forms are made of. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping

Rule = tuple["re.Pattern[str]", Callable[["re.Match[str]"], str]]
"""Finds a printed form, and says it; if it says nothing, the form stays as it is printed. A group
``form`` is the form, if something else is found around it."""


def any_of(names: Iterable[str]) -> str:
    """Return a pattern of any of these words, the longest first, with any space inside."""
    escaped = sorted(map(re.escape, names), key=len, reverse=True)
    return "|".join(escaped).replace(r"\ ", r"\s")


def looked_up(names: Mapping[str, str], found: re.Match[str]) -> str:
    """Return what is said for a name that `any_of` found, as the first group."""
    return names[plainly_spaced(found[1])]


def plainly_spaced(name: str) -> str:
    return " ".join(name.split())


def joined(*parts: str) -> str:
    return " ".join(filter(None, parts))
