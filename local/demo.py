"""``python -m local.demo [PAGE]``: one photo through the whole of Storytime, as a user sees it."""

import io
import json
import math
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import soundfile
import urllib3

from local.launcher import Stack, StackDidNotStartError, launched
from local.process import interrupt_when_told_to_end

_Found = TypeVar("_Found")

_SAMPLE: Final = Path(__file__).resolve().parent.parent / "samples" / "page.jpg"
_STORY: Final = Path("story.mp3")
_POLL_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 120
_WIDTH: Final = 76
_CONTENT_TYPES: Final = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
_INTERRUPTED: Final = 130  # as shells say it

_PROGRESS: Final = {"received": "reading the page", "read": "speaking the text"}
"""What goes on while a story has this status."""


class DemoFailed(Exception):  # noqa: N818  # it says what happened
    """The page did not become a story; the message is one line for whoever sent it."""


@dataclass(frozen=True)
class Answer:
    status: int
    content: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """A finished story as the API describes it, its MP3, and the e-mail about it."""

    story: dict[str, Any]
    audio: bytes
    email: dict[str, str]


def main(arguments: list[str]) -> int:
    """Run the demo with the page that is named, or the sample; the exit status."""
    interrupt_when_told_to_end()
    page = Path(arguments[0]) if arguments else _SAMPLE
    try:
        show(page, read_page(page))
    except (DemoFailed, StackDidNotStartError) as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def read_page(page: Path) -> bytes:
    """The photo's bytes.

    Raises:
        DemoFailed: There is no such file, or it cannot be read.
    """
    try:
        return page.read_bytes()
    except OSError as error:
        raise DemoFailed(f"{page} cannot be read: {(error.strerror or '').lower()}") from error


def show(page: Path, photo: bytes) -> None:
    """Turn a photo into a story, and show what became of it.

    Raises:
        DemoFailed: It did not become one.
    """
    print(f"Storytime: {page.name}\n")
    outcome = _outcome(page, photo)
    try:
        _STORY.write_bytes(outcome.audio)
    except OSError as error:
        raise DemoFailed(f"{_STORY} cannot be written: {(error.strerror or '').lower()}") from error
    seconds = soundfile.info(io.BytesIO(outcome.audio)).duration
    print(f"\nText\n\n{_indented(outcome.story['text'])}")
    if outcome.story["truncated"]:
        print("\n  (the page holds more words than one reading returns)")
    print(f"\nAudio\n\n  {_STORY.resolve()}, {seconds:.1f} seconds")
    print(f"\nE-mail to {outcome.email['to']}\n\n  Subject: {outcome.email['subject']}\n")
    print(_indented(outcome.email["body"]))
    print("\nThis local AWS is gone now, and its links with it: make run keeps one up.")


def _outcome(page: Path, photo: bytes) -> Outcome:
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        with _step("start the local AWS"):
            stack = running.enter_context(launched(folder / "log.jsonl", LOG_LEVEL="WARNING"))
        with _step(f"upload {math.ceil(len(photo) / 1000):,} kB"):
            story_id = _upload(stack, page, photo)
        story = _when_ready(stack, story_id)
        return Outcome(story, audio=_get(story["audio_url"]), email=_email(stack))


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Show what goes on, and, when it is done, how long it took."""
    started = time.monotonic()
    print(f"  {name} ".ljust(32, "."), end=" ", flush=True)
    try:
        yield
    except BaseException:
        print("failed")
        raise
    print(f"{time.monotonic() - started:.1f} s")


def _upload(stack: Stack, page: Path, photo: bytes) -> str:
    headers = {
        "Content-Type": _CONTENT_TYPES.get(page.suffix.lower(), "application/octet-stream"),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(page.name)}",
    }
    answer = _request("POST", f"{stack.api_url}/upload", body=photo, headers=headers)
    if answer.status != 200:  # noqa: PLR2004  # HTTP's OK
        raise DemoFailed(answer.content["message"])
    return str(answer.content["id"])


def _when_ready(stack: Stack, story_id: str) -> dict[str, Any]:
    """Show each stage until the story is ready."""
    answer = _retrieve(stack, story_id)
    for status, what in _PROGRESS.items():
        if answer.content["status"] == status:
            with _step(what):
                answer = _once(lambda: _retrieve(stack, story_id), _has_left(status))
    if answer.content["status"] != "ready":
        raise DemoFailed(answer.content["message"])
    return answer.content


def _has_left(status: str) -> Callable[[Answer], bool]:
    return lambda answer: answer.content["status"] != status


def _retrieve(stack: Stack, story_id: str) -> Answer:
    return _request("GET", f"{stack.api_url}/retrieve/{story_id}")


def _email(stack: Stack) -> dict[str, str]:
    inbox = f"{stack.aws_url}/_local/inbox"
    emails: list[dict[str, str]] = _once(lambda: json.loads(_get(inbox)), bool)
    return emails[0]


def _once(look: Callable[[], _Found], done: Callable[[_Found], bool]) -> _Found:
    """What is found, as soon as it is what was waited for.

    Raises:
        DemoFailed: It never was.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    pause = threading.Event()
    while not done(found := look()):
        if time.monotonic() > deadline:
            raise DemoFailed(f"nothing happened for {_PATIENCE_SECONDS} seconds")
        pause.wait(_POLL_SECONDS)
    return found


def _request(method: str, url: str, **parts: Any) -> Answer:
    response = _fetch(method, url, **parts)
    return Answer(response.status, response.json())


def _get(url: str) -> bytes:
    return _fetch("GET", url).data


def _fetch(method: str, url: str, **parts: Any) -> urllib3.BaseHTTPResponse:
    try:
        return urllib3.request(method, url, retries=False, timeout=_PATIENCE_SECONDS, **parts)
    except urllib3.exceptions.HTTPError as error:
        raise DemoFailed(f"the local AWS stopped answering: {error}") from error


def _indented(text: str) -> str:
    wrapper = textwrap.TextWrapper(_WIDTH, break_long_words=False, break_on_hyphens=False)
    lines = (wrapper.wrap(line) for line in text.splitlines())
    return "\n".join(f"  {part}".rstrip() for line in lines for part in line or [""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
