"""What a page's renditions cost, beside Pillow's own work and in memory."""

import io
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

from PIL import Image

from bench.pages import page_text
from bench.report import Figure
from chalicelib.photo import encoded, upright_page
from chalicelib.resizing import SIZES, renditions_of
from samples.draw_page import draw_page, photo

# Linux's own peak of this program: ru_maxrss counts what the process was before it became it.
PEAK = "int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
PEAKS_IN_KIBIBYTES = f"""
import sys
from chalicelib.resizing import renditions_of
imported = {PEAK}
renditions_of(sys.stdin.buffer.read())
print(imported, {PEAK})
"""


def measure(*, quick: bool) -> list[Figure]:
    """All renditions of a photo of 12 megapixels, as its page is kept; the two take turns."""
    page = encoded(upright_page(photo(draw_page(page_text(0), width=4000))))
    ours, plain = [], []
    for _ in range(6 if quick else 16):
        plain.append(seconds(resized_by_pillow, page))
        ours.append(seconds(renditions_of, page))
    # The first of each loaded the codecs.
    rendered, resized = median(ours[1:]), median(plain[1:])
    imported, peak = peaks(page)
    return [
        Figure(
            "renditions / one decode + Pillow's four sizes",
            rendered / resized,
            1.3,
            "at most",
            "x",
            {
                "runs": len(ours) - 1,
                "page (MB)": round(len(page) / 1e6, 2),
                "renditions (s)": round(rendered, 3),
                "Pillow alone (s)": round(resized, 3),
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


def resized_by_pillow(page: bytes) -> None:
    """Decode once at full size; from that, resize and encode each size with Pillow's defaults."""
    image = Image.open(io.BytesIO(page))
    for longest in SIZES.values():
        size = (longest, round(longest * image.height / image.width))
        image.resize(size, Image.Resampling.LANCZOS).save(io.BytesIO(), "JPEG")


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


def seconds(work: Callable[[bytes], object], page: bytes) -> float:
    started = time.perf_counter()
    work(page)
    return time.perf_counter() - started
