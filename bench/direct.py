"""An upload that goes straight to S3, beside one through the API."""

import json
import time
from datetime import datetime
from statistics import median

from bench.client import Client
from bench.pages import large_photo, page_photo, with_comment
from bench.report import Figure
from bench.stack import RunningStack, running_stack
from bench.upload import PHOTO_SIZE


def measure(*, quick: bool) -> list[Figure]:
    """The two ways take turns, each time with a new photo of 1.5 MB.

    - The sender's wait, for the form and then for S3, is at most that for `POST /upload`:
      nobody looks at the photo meanwhile.
    - Until its message is on the reading queue, the photo is stored twice more, as staged and
      as the story's, is fetched once, and passes a trigger and a queue; it is decoded once,
      as by `POST /upload`. Twice its time is what all this may take.

    Each turn waits until its story is finished: reading would otherwise slow the next one.
    """
    uploads, posts, enqueued = [], [], []
    original = large_photo(PHOTO_SIZE)
    with running_stack() as stack, Client(stack) as client:
        client.wait_until_at_rest(client.upload(page_photo(0)))
        client.wait_until_at_rest(client.upload_directly(original))
        for number in range(5 if quick else 15):
            photo = with_comment(original, f"through the API {number}".encode())
            started = time.perf_counter()
            upload = client.upload(photo)
            uploads.append(upload.answered_at - started)
            client.wait_until_at_rest(upload)

            photo = with_comment(original, f"straight to S3 {number}".encode())
            started_at, started = time.time(), time.perf_counter()
            upload = client.upload_directly(photo)
            posts.append(upload.answered_at - started)
            story_id = client.wait_until_at_rest(upload)
            enqueued.append(enqueued_at(stack, story_id) - started_at)
    through_api = median(uploads)
    details = {"uploads of each": len(uploads), "POST /upload (s)": round(through_api, 3)}
    return [
        Figure(
            "POST /uploads + form to S3 / POST /upload",
            median(posts) / through_api,
            1.0,
            "at most",
            "x",
            details | {"straight to S3 (s)": round(median(posts), 3)},
        ),
        Figure(
            "straight to S3 until enqueued / POST /upload",
            median(enqueued) / through_api,
            2.0,
            "at most",
            "x",
            details | {"until enqueued (s)": round(median(enqueued), 3)},
        ),
    ]


def enqueued_at(stack: RunningStack, story_id: str) -> float:
    """When the story's first message was sent, as the app's log has it: POSIX time.

    Polling for it would slow what is measured; its record says when it began to be stored.
    """
    for line in stack.log.read_text().splitlines():
        entry = json.loads(line)
        if entry.get("story_id") == story_id and entry["message"] == "taken in":
            return datetime.fromisoformat(entry["timestamp"]).timestamp()
    raise RuntimeError(f"the app never logged that it took in {story_id}")
