"""How long an upload is held up, beside the bare work that it cannot avoid."""

import io
import time
from collections.abc import Callable
from statistics import median

from PIL import Image

from bench.client import Client
from bench.pages import large_photo, page_photo, with_comment
from bench.plain import Plain
from bench.report import Figure
from bench.stack import RunningStack, running_stack

PHOTO_SIZE = 1_500_000  # bytes


def measure(*, quick: bool) -> list[Figure]:
    """Upload, bare put and decode take turns, each time with a new photo of 1.5 MB.

    Each turn waits until its story is finished: reading would otherwise slow the next one.
    """
    uploads, puts, decodes, plains = [], [], [], []
    original = large_photo(PHOTO_SIZE)
    with running_stack() as stack, Client(stack) as client:
        put, plain = bare_put(stack), Plain(stack)
        client.wait_until_at_rest(client.upload(page_photo(0)))
        put(original)
        for number in range(5 if quick else 15):
            photo = with_comment(original, f"copy {number}".encode())
            started = time.perf_counter()
            upload = client.upload(photo)
            uploads.append(upload.answered_at - started)
            client.wait_until_at_rest(upload)
            puts.append(seconds(put, photo))
            decodes.append(seconds(decode, photo))
            plains.append(plain.upload(photo))
    bare = median(puts) + median(decodes)
    return [
        Figure(
            "upload of 1.5 MB / (bare S3 put + decode)",
            median(uploads) / bare,
            3.0,
            "at most",
            "x",
            {
                "uploads": len(uploads),
                "upload (s)": round(median(uploads), 3),
                "put (s)": round(median(puts), 3),
                "decode (s)": round(median(decodes), 3),
                "store and enqueue plainly (s)": round(median(plains), 3),
            },
        )
    ]


def bare_put(stack: RunningStack) -> Callable[[bytes], object]:
    """A put into the app's own bucket, as plain as boto3 does it."""
    bucket = stack.environment["MEDIA_BUCKET"]
    storage = stack.clients.s3
    return lambda photo: storage.put_object(Bucket=bucket, Key="private/bench", Body=photo)


def decode(photo: bytes) -> None:
    Image.open(io.BytesIO(photo)).load()


def seconds(work: Callable[[bytes], object], photo: bytes) -> float:
    started = time.perf_counter()
    work(photo)
    return time.perf_counter() - started
