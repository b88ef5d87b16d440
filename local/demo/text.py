"""How the demos show what people wrote."""

import textwrap
from typing import Final

_WIDTH: Final = 76


def indented(text: str, by: int = 2) -> str:
    """Text wrapped line by line for a terminal, so many spaces from its edge."""
    wrapper = textwrap.TextWrapper(_WIDTH, break_long_words=False, break_on_hyphens=False)
    lines = (wrapper.wrap(line) for line in text.splitlines())
    return "\n".join(f"{' ' * by}{part}".rstrip() for line in lines for part in line or [""])
