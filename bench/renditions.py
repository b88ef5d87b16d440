"""What a page's renditions cost, beside Pillow's own work and in memory."""

import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from statistics import median

from PIL import Image

from bench.pages import page_text
from bench.report import Figure
from chalicelib.pages.photo import encoded, upright_page
from chalicelib.pages.resizing import ENCODING, renditions_of
from samples.draw_page import draw_page, photo

# Linux's own peak of this program: ru_maxrss counts what the process was before it became it.
PEAK = "int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
PEAKS_IN_KIBIBYTES = f"""
import sys
from chalicelib.pages.resizing import renditions_of
imported = {PEAK}
renditions_of(sys.stdin.buffer.read())
print(imported, {PEAK})
"""


def measure(*, quick: bool) -> list[Figure]:
    """All renditions of a photo of 12 megapixels, as its page is kept.

    Beside them the work that no way of making them avoids: decode the page once, and
    encode the four sizes. Theirs were made beforehand, so that resizing is ours alone.
    Each is the first of a pair equally often, because the second runs more slowly.
    """
    page = encoded(upright_page(photo(draw_page(page_text(0), width=4000))))
    images = resized(page)
    works: dict[str, Callable[[], object]] = {
        "renditions": lambda: renditions_of(page),
        "decode": lambda: Image.open(io.BytesIO(page)).load(),
        "encode": lambda: encode_all(images),
    }
    spent: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(7 if quick else 21):
        for name in works if turn % 2 else reversed(works):
            spent[name].append(seconds(works[name]))
    # The first of each loaded the codecs.
    taken = {name: median(several[1:]) for name, several in spent.items()}
    imported, peak = peaks(page)
    return [
        Figure(
            "renditions / (Pillow's decode + 4 encodes)",
            taken["renditions"] / (taken["decode"] + taken["encode"]),
            1.3,
            "at most",
            "x",
            {
                "runs": len(spent["renditions"]) - 1,
                "page (MB)": round(len(page) / 1e6, 2),
                **{f"{name} (s)": round(took, 3) for name, took in taken.items()},
            },
        ),
        Figure(
            "most resident memory making renditions",
            peak,
            300,
            "at most",
            " MB",
            {"when imported (MB)": round(imported, 1)},
        ),
    ]


def resized(page: bytes) -> list[Image.Image]:
    """The page at every size, as decoded images."""
    sizes = [(made.width, made.height) for made in renditions_of(page)]
    whole = Image.open(io.BytesIO(page))
    return [whole.resize(size, Image.Resampling.LANCZOS) for size in sizes]


def encode_all(images: Iterable[Image.Image]) -> None:
    for image in images:
        image.save(io.BytesIO(), "JPEG", **ENCODING)


def peaks(page: bytes) -> tuple[float, float]:
    """Peak resident memory of a process that makes renditions: once imported, and at its end.

    Returns:
        Both in MB.
    """
    finished = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", PEAKS_IN_KIBIBYTES], input=page, stdout=subprocess.PIPE, check=True
    )
    imported, peak = (int(kibibytes) * 1024 / 1e6 for kibibytes in finished.stdout.split())
    return imported, peak


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
