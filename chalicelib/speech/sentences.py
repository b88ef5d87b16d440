"""Parts a text into what is spoken with one breath: paragraphs, verses, sentences. Pure."""

import itertools
import re
from collections.abc import Collection, Iterator
from typing import Final

import msgspec

_END: Final = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？؟])\s*|(?<=[.!?…][\"'”’»])\s+")
"""Behind the mark that ends a sentence, and the quotes and spaces that follow."""
_SHORT: Final = re.compile(r"(?:^|\s)([^\W½⅓⅔¼¾⅛]|\d\d)\.$")
"""Perhaps an initial ("J. Smith"), or an ordinal number ("3. Mai"), before that place."""
_ENDS: Final = re.compile(r"[.!?…。！？؟:][\"'”’»)\]]*$")
_GOES_ON: Final = re.compile(r"[,;—–-]$")
_OPENING: Final = "\"'“‘«„([¿¡"
_MAX_LINE: Final = 60  # characters of a verse or a heading


class Paragraph(msgspec.Struct, frozen=True):
    """Text that belongs together.

    Attributes:
        text: Without line breaks, but between lines of verse.
        is_heading: A pause belongs behind it.
    """

    text: str
    is_heading: bool = False


def paragraphs_of(text: str) -> Iterator[Paragraph]:
    """Yield the paragraphs of a text.

    Lines of verse are one paragraph. A heading is a short line that ends no sentence, before one
    that does.

    Args:
        text: A paragraph or a verse a line; an empty line ends a stanza.
    """
    blocks = [
        [line.strip() for line in block.split("\n") if line.strip()]
        for block in re.split(r"\n\s*\n", text)
    ]
    blocks = list(filter(None, blocks))
    for lines, following in itertools.zip_longest(blocks, blocks[1:], fillvalue=[""]):
        if _is_stanza(lines):
            yield Paragraph("\n".join(lines))
            continue
        rest = lines
        while rest:
            count = _verses(rest)
            below = rest[count] if count < len(rest) else following[0]
            is_heading = count == 1 and bool(below) and _is_open(rest[0])
            yield Paragraph("\n".join(rest[:count]), is_heading)
            rest = rest[count:]


def _is_stanza(lines: list[str]) -> bool:
    """Are these verses? Most of them end no sentence."""
    open_lines = sum(_is_open(line) for line in lines[:-1])
    return len(lines) > 2 and max(map(len, lines)) <= _MAX_LINE and 2 * open_lines >= len(lines)  # noqa: PLR2004


def _verses(lines: list[str]) -> int:
    """How many lines, from the first, are one stanza; 1: the first is no verse."""
    count = 1
    while count < len(lines) and _is_open(lines[count - 1]):
        count += 1
    if len(lines[count - 1]) > _MAX_LINE:
        count -= 1
    is_verse = count > 2 or (count == 2 and _GOES_ON.search(lines[0]))  # noqa: PLR2004
    return count if is_verse else 1


def _is_open(line: str) -> bool:
    """Is a line short, and ends no sentence?"""
    return len(line) <= _MAX_LINE and _ENDS.search(line) is None


def sentence_ends(text: str, abbreviations: Collection[tuple[int, int, bool]]) -> list[int]:
    """Return where the sentences of a paragraph end: behind the spaces that follow each.

    Args:
        text: The paragraph.
        abbreviations: Their places, and whether the last full stop of each may be that of the
            sentence, too. It is not before a number ("Berliner Str. 5").
    """

    def is_initial(mark: int) -> bool:
        short = _SHORT.search(text[:mark])
        return short is not None and not short[1].islower()

    ends = []
    for match in _END.finditer(text):
        mark, place = match.start(), match.end()
        behind = text[place:].lstrip(_OPENING)[:1]
        is_abbreviation = any(
            start < mark <= end and not (may_end and mark == end and not behind.isdigit())
            for start, end, may_end in abbreviations
        )
        if not (behind.islower() or is_abbreviation or is_initial(mark)):
            ends.append(place)
    return ends if ends and ends[-1] == len(text) else [*ends, len(text)]
