"""An HTTP client of the API, and of what the local AWS tells about itself."""

import threading
import time
from dataclasses import dataclass
from typing import Any

import requests

_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Client:
    api: str
    aws: str

    def upload(self, photo: bytes, content_type: str = "image/jpeg", **headers: str) -> Any:
        return requests.post(
            f"{self.api}/upload",
            data=photo,
            headers={"Content-Type": content_type, **_dashed(headers)},
            timeout=60,
        )

    def get(self, path: str, **headers: str) -> Any:
        return requests.get(f"{self.api}{path}", headers=_dashed(headers), timeout=60)

    def ended(self, story_id: str) -> Any:
        """Poll until the story is ready or failed, as a client would."""
        return self._polled(lambda: self._when_ended(story_id))

    def _when_ended(self, story_id: str) -> Any:
        answer = self.get(f"/retrieve/{story_id}")
        return answer if answer.status_code != requests.codes.unavailable else None

    def mail(self, count: int = 1) -> list[dict[str, str]]:
        """The inbox, once it holds so many e-mails."""
        inbox: list[dict[str, str]] = self._polled(lambda: self._inbox_of(count))
        return inbox

    def _inbox_of(self, count: int) -> list[dict[str, str]] | None:
        inbox = requests.get(f"{self.aws}/_local/inbox", timeout=10).json()
        return inbox if len(inbox) >= count else None

    def requests_made(self) -> dict[str, int]:
        """The app's AWS requests since the test began."""
        counts: dict[str, int] = requests.get(f"{self.aws}/_local/requests", timeout=10).json()
        return counts

    def inject(self, operation: str, error: str, times: int) -> None:
        fault: Any = {"operation": operation, "error": error, "times": times}
        requests.post(f"{self.aws}/_local/faults", json=fault, timeout=10).raise_for_status()

    def start_afresh(self) -> None:
        for register in ("faults", "requests", "inbox"):
            requests.delete(f"{self.aws}/_local/{register}", timeout=10).raise_for_status()

    def _polled(self, look: Any) -> Any:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        pause = threading.Event()
        while time.monotonic() < deadline:
            if (found := look()) is not None:
                return found
            pause.wait(_POLL_SECONDS)
        raise AssertionError(f"nothing after {_PATIENCE_SECONDS} seconds")


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
