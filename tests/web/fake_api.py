"""An API that answers as a test says: for what a running stack does too seldom or too soon."""

import json
from collections import defaultdict
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from playwright.sync_api import Page, Request, Route

from tests.waiting import until

TRANSIENT: Final = {"code": "unavailable", "message": "Storytime is busy: try again."}
FAILED: Final = "There are no words on this page: photograph one that has text."

Answer = Callable[[Route], None]


class FakeApi:
    """Stands between a page and its API.

    Attributes:
        uploads: The request of each upload, in order.
        asked: The ids of each bulk call.
        on_upload: Answers an upload; `received` at first.
        on_bulk: Answers a bulk call; `told` at first.
        states: The status of each story by its id; "ready" at first.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self.uploads: list[Request] = []
        self.asked: list[list[str]] = []
        self.on_upload: Answer = self.received
        self.on_bulk: Answer = self.told
        self.states: defaultdict[str, str] = defaultdict(lambda: "ready")
        page.route("**/api/upload", self._upload)
        page.route("**/api/bulk", self._bulk)
        page.route("**/api/stories?*", lambda route: route.fulfill(json=_NO_STORIES))
        page.route("**/api/stories/*", lambda route: route.fulfill(status=202, json={}))

    @property
    def names(self) -> list[str]:
        """The file name of each upload."""
        headers = [each.headers["content-disposition"] for each in self.uploads]
        return [each.split("''")[1].replace("%20", " ") for each in headers]

    def wait_until(self, is_so: Callable[[], object]) -> None:
        """Answer the page's requests until something is so."""

        def look() -> bool | None:
            self._page.wait_for_timeout(1)  # Playwright calls the handlers meanwhile
            return True if is_so() else None

        until(look, 30)

    def received(self, route: Route) -> None:
        """Take the photo; the same photo is the same story."""
        story_id = id_of(route.request)
        route.fulfill(json={**_story(story_id, "received"), "duplicate": False})

    def told(self, route: Route) -> None:
        """Say how far each story is."""
        entries = [_entry(each, self.states[each]) for each in self.asked[-1]]
        route.fulfill(json=entries)

    def _upload(self, route: Route) -> None:
        self.uploads.append(route.request)
        self.on_upload(route)

    def _bulk(self, route: Route) -> None:
        self.asked.append([each["id"] for each in json.loads(route.request.post_data or "")])
        self.on_bulk(route)


def busy(route: Route) -> None:
    """Answer as an API that has no time, for a second."""
    route.fulfill(status=503, json=TRANSIENT, headers={"Retry-After": "1"})


def id_of(request: Request) -> str:
    """Return the id of the story that an upload becomes."""
    body = request.post_data_buffer or b""
    return str(UUID(bytes=sha256(body).digest()[:16]))


def _story(story_id: str, status: str) -> dict[str, Any]:
    is_ready = status == "ready"
    return {
        "id": story_id,
        "status": status,
        "name": "page.jpg",
        "timestamp": "2026-11-30T12:00:00.000Z",
        "language": "en-US",
        "voice": "Joanna",
        "text": "The bell answered.",
        "revision": 1,
        "spoken_revision": 1 if is_ready else None,
        "read_along": True,
        "complete": True,
        "skipped": [],
        "image_url": None,
        "image": None,
        "audio_url": "http://127.0.0.1/public/story.mp3" if is_ready else None,
        "duration_ms": 1000 if is_ready else None,
        "story_url": None,
        "read_along_url": None,
        "captions_url": None,
        "renditions": {},
    }


def _entry(story_id: str, status: str) -> dict[str, Any]:
    if status == "deleted":
        return {"id": story_id, "status_code": 410, "code": "deleted", "message": "Deleted."}
    if status == "forgotten":
        return {"id": story_id, "status_code": 404, "code": "not_found", "message": "No story."}
    status_code = {"ready": 200, "failed": 422}.get(status, 503)
    problem = {"code": "failed", "message": FAILED} if status == "failed" else {}
    return {**_story(story_id, status), **problem, "status_code": status_code}


_NO_STORIES: Final[dict[str, Any]] = {"stories": [], "next_cursor": None}
