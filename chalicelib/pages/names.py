"""File names as people see them: never part of a key."""

import re
from typing import Final

MAX_LENGTH: Final = 1000
CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def legible(name: str) -> str:
    """A file's name without path, line breaks and what cannot be written down.

    Emoji and length (up to a thousand characters) are kept.
    """
    name = re.split(r"[/\\]", CONTROL_CHARACTERS.sub(" ", name).strip())[-1]
    printable = name.encode("utf-8", "replace").decode()
    return printable.strip()[:MAX_LENGTH] or "page"
