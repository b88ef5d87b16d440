"""Storytime's HTTP API as the benchmarks use it, and what only the local AWS can tell."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import requests

from bench.stack import RunningStack

# Seconds between two polls. Each costs the machine some ten milliseconds that the engines
# then lack: so poll often only where the moment matters.
CLOSELY = 0.05
NOW_AND_THEN = 0.25
GIVE_UP = 120.0  # seconds for one page
ENGINES = ("rekognition.DetectText", "polly.SynthesizeSpeech")


@dataclass(frozen=True)
class Upload:
    """An answered upload, and when the answer came (`time.perf_counter`).

    The id is the story's, or that of the upload request that the story fulfils.
    """

    id: str
    answered_at: float


class Client:
    """One connection to a stack, closed at the end of its `with` block; for one thread."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack
        self._session = requests.Session()
        self._session.trust_env = False  # neither proxies nor ~/.netrc

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._session.close()

    def upload(self, photo: bytes) -> Upload:
        answer = self._session.post(
            f"{self._stack.api_url}/upload", data=photo, headers={"Content-Type": "image/jpeg"}
        )
        answered_at = time.perf_counter()
        answer.raise_for_status()
        story = answer.json()
        if story["duplicate"]:
            raise RuntimeError("the photo of a benchmark was not new: nothing would be measured")
        return Upload(story["id"], answered_at)

    def upload_directly(self, photo: bytes) -> Upload:
        """Ask for an upload, and post the photo straight to S3: it has no story yet."""
        wanted = {"name": "page.jpg", "content_type": "image/jpeg"}
        permit = self._session.post(f"{self._stack.api_url}/uploads", json=wanted)
        permit.raise_for_status()
        form = permit.json()
        answer = self._session.post(form["url"], data=form["fields"], files={"file": photo})
        answered_at = time.perf_counter()
        answer.raise_for_status()
        return Upload(form["id"], answered_at)

    def wait_until_ready(self, upload: Upload, *, poll_every: float = NOW_AND_THEN) -> float:
        """Poll until the story is ready; the seconds since the upload was answered.

        Raises:
            RuntimeError: It failed, or took longer than ``GIVE_UP`` seconds.
        """
        self._story_once(upload, lambda _: True, poll_every)
        return time.perf_counter() - upload.answered_at

    def wait_until_at_rest(self, upload: Upload) -> str:
        """Wait until no step works on this story any more; return its id.

        Its renditions are made at the same time, and would slow what is measured next.

        Raises:
            RuntimeError: It failed, or took longer than ``GIVE_UP`` seconds.
        """
        story = self._story_once(upload, lambda story: bool(story["renditions"]), NOW_AND_THEN)
        return str(story["id"])

    def _story_once(
        self, upload: Upload, done: Callable[[Mapping[str, Any]], bool], poll_every: float
    ) -> Mapping[str, Any]:
        while True:
            answer = self._session.get(f"{self._stack.api_url}/retrieve/{upload.id}")
            passed = time.perf_counter() - upload.answered_at
            is_ready = answer.status_code == requests.codes.ok
            if is_ready and done(story := answer.json()):
                return dict(story)
            is_being_made = is_ready or answer.status_code == requests.codes.service_unavailable
            if not is_being_made or passed > GIVE_UP:
                raise RuntimeError(f"after {passed:.1f} s: {answer.status_code} {answer.text}")
            threading.Event().wait(poll_every)

    def reset_engine_seconds(self) -> None:
        self._session.delete(f"{self._stack.aws_url}/_local/timings").raise_for_status()

    def engine_seconds(self) -> float:
        """What reading and speaking took in the engines themselves since the last reset."""
        timings = self._session.get(f"{self._stack.aws_url}/_local/timings").json()
        return sum(float(timings[engine]["seconds"]) for engine in ENGINES)
