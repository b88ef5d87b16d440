"""Divides a text into sentences."""

import re
from typing import Final

_END: Final = re.compile(r"[.!?…。]+[\"'”’»)\]]*(?=\s|$)|\n\s*\n")
_ABBREVIATION: Final = re.compile(r"(?:^|[\s\"“(])(?:Mr|Mrs|Ms|Dr|St|Prof|[A-Z])\.$")


def sentence_ranges(text: str) -> list[tuple[int, int]]:
    """Return index ranges of the sentences, without the spaces around them."""
    ends = [m.end() for m in _END.finditer(text) if not _ABBREVIATION.search(text[: m.end()])]
    ranges = []
    for start, end in zip([0, *ends], [*ends, len(text)], strict=True):
        sentence = text[start:end]
        first = start + len(sentence) - len(sentence.lstrip())
        last = start + len(sentence.rstrip())
        if first < last:
            ranges.append((first, last))
    return ranges
