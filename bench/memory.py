"""The stack's memory after many different pages, and whether it still grows."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from bench.client import Client
from bench.pages import page_photo
from bench.report import Figure
from bench.stack import Stack, running_stack

LAST_PAGES = 10  # a figure is the median after each of so many pages
AT_ONCE = 2  # pages: as many as the stack reads at once
GIGABYTE = 1e9


def measure(*, quick: bool) -> list[Figure]:
    """Resident memory after 50 and after 200 pages (20 and 40 when quick).

    The issue allows growth for the bytes that are stored; objects are spooled to files,
    so none is deducted here: the figure is the stricter one.
    """
    early, late = (20, 40) if quick else (50, 200)
    with running_stack() as stack:
        start = stack.resident_bytes()
        readings = resident_after_each_page(stack, late)
    after_early = median(readings[early - LAST_PAGES : early])
    after_late = median(readings[late - LAST_PAGES : late])
    details = {
        f"after {count} pages (GB)": round(
            median(readings[count - LAST_PAGES : count]) / GIGABYTE, 3
        )
        for count in range(early, late + 1, early)
    }
    return [
        Figure(
            f"resident memory after {early} pages",
            after_early / GIGABYTE,
            1.5,
            "at most",
            " GB",
            {
                "when started (GB)": round(start / GIGABYTE, 3),
                "most (GB)": round(max(readings) / GIGABYTE, 3),
            },
        ),
        Figure(
            f"growth from page {early} to page {late}",
            100 * (after_late / after_early - 1),
            5.0,
            "at most",
            "%",
            details,
        ),
    ]


def resident_after_each_page(stack: Stack, pages: int) -> Sequence[int]:
    def process(number: int) -> int:
        with Client(stack) as client:
            client.wait_until_ready(client.upload(page_photo(number)))
        return stack.resident_bytes()

    with ThreadPoolExecutor(AT_ONCE) as readers:
        return list(readers.map(process, range(pages)))
