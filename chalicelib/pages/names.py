"""File names for people to read. They are never part of an S3 key."""

import re
from typing import Final

MAX_LENGTH: Final = 1000
CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def legible(name: str) -> str:
    """A file's name without its path, control characters and unpaired surrogates.

    Keeps emoji, and up to a thousand characters.
    """
    name = re.split(r"[/\\]", CONTROL_CHARACTERS.sub(" ", name).strip())[-1]
    printable = name.encode("utf-8", "replace").decode()
    return printable.strip()[:MAX_LENGTH] or "page"
