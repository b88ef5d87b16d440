"""What the pipeline adds to the engines' own time, from an upload's answer to `ready`."""

from statistics import median

from bench.client import CLOSELY, Client
from bench.pages import page_photo
from bench.plain import Plain
from bench.report import Figure
from bench.stack import running_stack

FACTOR = 1.15
FIXED = 0.3  # seconds


def measure(*, quick: bool) -> list[Figure]:
    """One page at a time; the first loads the engines and does not count."""
    ready, engines, plain_beyond = [], [], []
    with running_stack() as stack, Client(stack) as client:
        plain = Plain(stack)
        client.wait_until_at_rest(client.upload(page_photo(0)))
        for number in range(1, 5 if quick else 16):
            photo = page_photo(number)
            client.reset_engine_seconds()
            upload = client.upload(photo)
            ready.append(client.wait_until_ready(upload, poll_every=CLOSELY))
            engines.append(client.engine_seconds())
            client.wait_until_at_rest(upload)
            client.reset_engine_seconds()
            plain.upload(photo)
            plain_beyond.append(plain.make_story() - client.engine_seconds())
    pairs = list(zip(ready, engines, strict=True))
    share = median(took / (FACTOR * worked + FIXED) for took, worked in pairs)
    return [
        Figure(
            "time to ready / (1.15 x engines + 0.3 s)",
            share,
            1.0,
            "at most",
            "x",
            {
                "pages": len(pairs),
                "ready after (s)": round(median(ready), 3),
                "engines (s)": round(median(engines), 3),
                "ready / engines": round(median(took / worked for took, worked in pairs), 3),
                "beyond engines (s)": round(median(took - worked for took, worked in pairs), 3),
                "plain requests, beyond engines (s)": round(median(plain_beyond), 3),
            },
        )
    ]
