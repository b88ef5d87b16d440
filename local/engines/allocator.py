"""Configures glibc for the large buffers of the engines; leaves other C libraries alone."""

import ctypes
import os
import platform
from pathlib import Path
from typing import Final

# Parameters of mallopt(3), from glibc's <malloc.h>.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8

_MAX_BUFFER: Final = 256 * 1024 * 1024  # bytes
_KEPT_RESIDENT: Final = 900 * 1000 * 1000  # bytes: at 750 MB, bursts took a quarter longer

_IS_GLIBC: Final = platform.libc_ver()[0] == "glibc"
_STATM: Final = Path("/proc/self/statm")


def keep_large_buffers() -> None:
    """Keep freed buffers for reuse instead of returning them to the kernel.

    By default glibc maps every large tensor of an inference afresh, and the kernel clears each page
    of it: that takes a third of the time of a page. Arenas of several threads keep copies of the
    same buffers. One arena and high thresholds cure both. Call it before there are threads; a
    repeated call changes nothing.
    """
    if not _IS_GLIBC:
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_ARENA_MAX, 1)
    mallopt(_MMAP_THRESHOLD, _MAX_BUFFER)
    mallopt(_TRIM_THRESHOLD, _MAX_BUFFER)


def return_unused_memory() -> None:
    """Return unused memory to the kernel once the process holds much more than it needs.

    Kept buffers fragment: many photos at once leave gaps that fit nothing later. Returned memory
    costs the next page a few milliseconds of clearing.
    """
    if _IS_GLIBC and _resident_bytes() > _KEPT_RESIDENT:
        ctypes.CDLL(None).malloc_trim(0)


def _resident_bytes() -> int:
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
