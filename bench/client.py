"""Storytime's HTTP API as the benchmarks use it, and what only the local AWS can tell."""

import threading
import time
from dataclasses import dataclass
from typing import Self

import requests

from bench.stack import Stack

# Seconds between two polls. Each costs the machine some ten milliseconds that the engines
# then lack: closely only where the moment matters.
CLOSELY = 0.05
NOW_AND_THEN = 0.25
GIVE_UP = 120.0  # seconds for one page
ENGINES = ("rekognition.DetectText", "polly.SynthesizeSpeech")


@dataclass(frozen=True)
class Upload:
    """An answered upload: the story's id, and when the answer came (`time.perf_counter`)."""

    story_id: str
    answered_at: float


class Client:
    """One connection to a stack, closed at the end of its `with` block; for one thread."""

    def __init__(self, stack: Stack) -> None:
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

    def wait_until_ready(self, upload: Upload, *, poll_every: float = NOW_AND_THEN) -> float:
        """Poll until the story is ready; the seconds since the upload was answered.

        Raises:
            RuntimeError: It failed, or took longer than anyone would wait.
        """
        while True:
            answer = self._session.get(f"{self._stack.api_url}/retrieve/{upload.story_id}")
            passed = time.perf_counter() - upload.answered_at
            if answer.status_code == requests.codes.ok:
                return passed
            if answer.status_code != requests.codes.service_unavailable or passed > GIVE_UP:
                raise RuntimeError(f"after {passed:.1f} s: {answer.status_code} {answer.text}")
            threading.Event().wait(poll_every)

    def reset_engine_seconds(self) -> None:
        self._session.delete(f"{self._stack.aws_url}/_local/timings").raise_for_status()

    def engine_seconds(self) -> float:
        """What reading and speaking took in the engines themselves since the last reset."""
        timings = self._session.get(f"{self._stack.aws_url}/_local/timings").json()
        return sum(float(timings[engine]["seconds"]) for engine in ENGINES)
