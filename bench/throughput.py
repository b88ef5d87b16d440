"""Twenty different pages at once, beside the engines alone with the same pages."""

import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from bench.client import Client, Upload
from bench.pages import page_photo
from bench.report import Figure
from bench.stack import RunningStack, running_stack

PAGES = 20


def measure(*, quick: bool) -> list[Figure]:
    """RunningStack and bare engines take turns; each round of the stack gets new pages."""
    stack_seconds, engine_seconds = [], []
    with running_stack() as stack, Client(stack) as client:
        client.wait_until_at_rest(client.upload(page_photo(0)))
        for turn in range(1 if quick else 3):
            first = 1 + turn * PAGES
            photos = [page_photo(number) for number in range(first, first + PAGES)]
            stack_seconds.append(all_at_once(stack, photos))
            engine_seconds.append(engines_alone(photos))
    shares = [
        alone / together for together, alone in zip(stack_seconds, engine_seconds, strict=True)
    ]
    return [
        Figure(
            "throughput of 20 pages at once / engines alone",
            100 * median(shares),
            75.0,
            "at least",
            "%",
            {
                "rounds": ", ".join(f"{share:.0%}" for share in shares),
                "stack (pages/s)": round(PAGES / median(stack_seconds), 2),
                "engines (pages/s)": round(PAGES / median(engine_seconds), 2),
            },
        )
    ]


def all_at_once(stack: RunningStack, photos: list[bytes]) -> float:
    """Upload from as many threads as photos; the seconds until the last is ready.

    The stories are then waited for one by one: the last is ready when all are, and
    polling takes no more time from the engines than it must.
    """

    def upload(photo: bytes) -> Upload:
        with Client(stack) as client:
            return client.upload(photo)

    started = time.perf_counter()
    with ThreadPoolExecutor(len(photos)) as uploaders:
        uploads = list(uploaders.map(upload, photos))
    with Client(stack) as client:
        for story in uploads:
            client.wait_until_ready(story)
        took = time.perf_counter() - started
        for story in uploads:
            client.wait_until_at_rest(story)
    return took


def engines_alone(photos: list[bytes]) -> float:
    """Seconds that the engines need for the same photos, in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{number}.jpg") for number in range(len(photos))]
        for file, photo in zip(files, photos, strict=True):
            file.write_bytes(photo)
        command = [sys.executable, "-m", "bench.engines_alone", *map(str, files)]
        finished = subprocess.run(  # noqa: S603  # our own module
            command, stdout=subprocess.PIPE, text=True, check=True
        )
    return float(finished.stdout)
