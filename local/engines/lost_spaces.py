"""Puts back the spaces that the model loses behind punctuation: "bread,and" is "bread, and"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from local.engines.text_models import ReadCharacter

_END_WITHIN_A_WORD: Final = re.compile(
    r"""
    (?<= [^\W\d_] )             # a letter
    (?: [,;:!?…•]
      | · (?! l )               # not Catalan's "col·lecció"
      | \. (?= \W? [A-ZÀ-Þ] )   # neither "e.g." nor "example.org"
    )
    ["”’»)]*?                   # what closes
    (?= ["“‘«(]? [^\W\d_]{2} )  # a word of two letters or more
    """,  # noqa: RUF001
    re.VERBOSE,
)


def with_lost_spaces(characters: Sequence[ReadCharacter]) -> list[ReadCharacter]:
    """Add a space between two words with only a full stop, comma or the like between them."""
    text = "".join(each.text for each in characters)
    found = list(characters)
    for place in sorted((match.end() for match in _END_WITHIN_A_WORD.finditer(text)), reverse=True):
        before, after = characters[place - 1], characters[place]
        position = (before.position + after.position) / 2
        found.insert(place, ReadCharacter(" ", before.probability, position))
    return found
