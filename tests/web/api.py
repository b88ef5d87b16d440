"""The API as the tests of the page use it: to make stories, and to see what became of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import requests

from samples.draw_page import draw_page, photo
from tests.waiting import until

TIMEOUT: Final = 300


def page_photo(text: str, *, seed: int = 1, width: int = 1000) -> bytes:
    """Return the JPEG of a page with this text, three quarters as high as wide."""
    return photo(draw_page(text, seed=seed, width=width))


@dataclass(frozen=True)
class Api:
    """One stage's API, used with a token."""

    url: str
    token: str

    def call(self, method: str, path: str, **parts: Any) -> Any:
        """Return the answer to a request; ``headers`` come beside the token."""
        headers = {"Authorization": f"Bearer {self.token}", **parts.pop("headers", {})}
        return requests.request(
            method, f"{self.url}{path}", headers=headers, timeout=TIMEOUT, **parts
        )

    def upload(self, photo: bytes, name: str) -> str:
        """Send a photo; return its story's id."""
        headers = {
            "Content-Type": "image/jpeg",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        }
        answer = self.call("POST", "/upload", data=photo, headers=headers)
        assert answer.ok, answer.text
        story_id: str = answer.json()["id"]
        return story_id

    def make_story(self, text: str, *, name: str = "page.jpg", seed: int = 1) -> dict[str, Any]:
        """Photograph a page with this text, and return its story once it is spoken."""
        return self.ended(self.upload(page_photo(text, seed=seed), name))

    def ended(self, story_id: str) -> dict[str, Any]:
        """Return a story once it is ready or failed."""

        def look() -> dict[str, Any] | None:
            story = self.story(story_id)
            return story if story["status"] in {"ready", "failed"} else None

        return until(look)

    def story(self, story_id: str) -> dict[str, Any]:
        story: dict[str, Any] = self.call("GET", f"/stories/{story_id}").json()
        return story

    def stories(self) -> list[dict[str, Any]]:
        """Return the newest 100 stories."""
        listed: list[dict[str, Any]] = self.call("GET", "/stories?limit=100").json()["stories"]
        return listed

    def ended_together(self, story_ids: Sequence[str]) -> None:
        """Wait until each of these, 100 at most, is ready or failed."""
        wanted = [{"id": each} for each in story_ids]
        headers = {"Content-Type": "application/json", "X-Notification-Required": "false"}

        def look() -> bool | None:
            entries = self.call("POST", "/bulk", data=json.dumps(wanted), headers=headers).json()
            return all(each["status"] in {"ready", "failed"} for each in entries) or None

        until(look)

    def delete(self, story_id: str) -> None:
        self.call("DELETE", f"/stories/{story_id}")

    def delete_all(self) -> None:
        """Leave an empty library."""
        while stories := self.stories():
            for story in stories:
                self.delete(story["id"])
