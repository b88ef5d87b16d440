"""Checks that a JPEG is complete. Decoders fill in missing parts without an error."""

import re
from typing import Final

# ISO 10918-1, table B.1. Within a scan, 0xFF followed by 0x00 is data, by 0xD0 to 0xD7 a
# restart, by another 0xFF padding. Followed by anything else it is a marker.
_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_SEGMENTS: Final = frozenset([*range(0xC0, 0xD0), *range(_SCAN, 0xF0), 0xFE])


def is_whole(jpeg: bytes) -> bool:
    """Is every marker valid, from the first one to an end marker after a scan?

    Data after that end is ignored: cameras append a second picture or notes of their maker.
    """
    position, scanned = 0, False
    while match := _MARKER.search(jpeg, position):
        marker, position = match[1][0], match.end()
        if marker == _END:
            return scanned
        if marker in _SEGMENTS:
            position += int.from_bytes(jpeg[position : position + 2])
        elif marker != _START:
            return False
        scanned = scanned or marker == _SCAN
    return False
