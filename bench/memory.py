"""The stack's memory after many different pages, and whether it still grows."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from bench.client import Client
from bench.pages import page_photo
from bench.report import Figure
from bench.stack import RunningStack, resident_bytes, running_stack

AT_ONCE = 2  # pages: as many as the stack reads at once
GIGABYTE = 1e9


def measure(*, quick: bool) -> list[Figure]:
    """Resident memory over 200 pages, and its growth since the 50th (40 and 20 when quick).

    The issue allows growth for the bytes that are stored; objects are spooled to files,
    so none is deducted here: the figure is the stricter one.
    """
    early, late = (20, 40) if quick else (50, 200)
    with running_stack() as stack:
        start = resident_bytes(stack)
        readings = resident_after_each_page(stack, late)
    span = early // 2
    levels = {page: level(readings[:page], span) for page in range(early, late + 1, early)}
    return [
        Figure(
            f"most resident memory in {late} pages",
            max(readings) / GIGABYTE,
            1.5,
            "at most",
            " GB",
            {"when started (GB)": round(start / GIGABYTE, 3)},
        ),
        Figure(
            f"growth of memory from page {early} to page {late}",
            100 * (levels[late] / levels[early] - 1),
            5.0,
            "at most",
            "%",
            {
                f"at page {page} (GB)": round(resident / GIGABYTE, 3)
                for page, resident in levels.items()
            },
        ),
    ]


def level(readings: Sequence[int], span: int) -> float:
    """The median of the last readings: each page takes memory and returns it."""
    return median(readings[-span:])


def resident_after_each_page(stack: RunningStack, pages: int) -> Sequence[int]:
    def process(number: int) -> int:
        with Client(stack) as client:
            client.wait_until_at_rest(client.upload(page_photo(number)))
        return resident_bytes(stack)

    with ThreadPoolExecutor(AT_ONCE) as readers:
        return list(readers.map(process, range(pages)))
