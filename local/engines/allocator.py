"""How glibc hands out the large buffers of the engines."""

import ctypes
import platform
from typing import Final

# Parameters of mallopt(3), from glibc's <malloc.h>.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8

_LARGEST_BUFFER: Final = 256 * 1024 * 1024  # bytes


def keep_large_buffers() -> None:
    """Let freed buffers be used again instead of being returned to the kernel.

    By default glibc maps every large tensor of an inference afresh, and the kernel clears each page
    of it: a third of the time of a page is spent there, and arenas of several threads keep copies
    of the same buffers. One arena and high thresholds cure both. Call it before an engine loads;
    a repeated call changes nothing. Other C libraries (macOS, Windows, musl) are left alone.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_ARENA_MAX, 1)
    mallopt(_MMAP_THRESHOLD, _LARGEST_BUFFER)
    mallopt(_TRIM_THRESHOLD, _LARGEST_BUFFER)
