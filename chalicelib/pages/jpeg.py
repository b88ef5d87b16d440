"""Is a JPEG whole? Decoders fill in what is missing or damaged, and do not say so."""

import re
from typing import Final

# ISO 10918-1, table B.1. Within a scan, 0xFF is data when 0x00 follows, a restart when
# 0xD0 to 0xD7 does, and padding when another 0xFF does: anything else is a marker.
_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_SEGMENTS: Final = frozenset([*range(0xC0, 0xD0), *range(_SCAN, 0xF0), 0xFE])


def is_whole(jpeg: bytes) -> bool:
    """Does every marker make sense, from the first to an end that follows a scan?

    What cameras append after that end (a second picture, a maker's notes) does not matter.
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
