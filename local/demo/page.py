"""``python -m local.demo.page [--direct] [PAGE]``: one photo through the whole of Storytime."""

import argparse
import html
import io
import math
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import soundfile
import urllib3

from local.demo.http import Answer, DemoError, fetch, get, get_json, last, once, request
from local.demo.text import indented
from local.runner.launcher import RunningStack, StackDidNotStartError, launched
from local.runner.process import interrupt_when_told_to_end

_SAMPLE: Final = Path(__file__).resolve().parents[2] / "samples" / "page.jpg"
_STORY: Final = Path("story.mp3")
_PATIENCE_WITH_RENDITIONS: Final = 10
"""Seconds for what is made beside the story: it is shown if it is there."""

CONTENT_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".gif": "image/gif",
}
_INTERRUPTED: Final = 130  # as shells say it

_PROGRESS: Final = {"received": "reading the page", "read": "speaking the text"}
"""What goes on while a story has this status."""


@dataclass(frozen=True)
class FinishedStory:
    """A finished story as the API describes it, its MP3, and the e-mail about it."""

    story: dict[str, Any]
    audio: bytes
    email: dict[str, str]


def main(arguments: list[str]) -> int:
    """Run the demo with the page that is named, or the sample; the exit status."""
    interrupt_when_told_to_end()
    parser = argparse.ArgumentParser(prog="python -m local.demo.page", description=__doc__)
    parser.add_argument("page", nargs="?", type=Path, default=_SAMPLE, metavar="PAGE")
    parser.add_argument("--direct", action="store_true", help="post the photo straight to S3")
    given = parser.parse_args(arguments)
    try:
        photo = read_page(given.page)
        if given.direct:
            check_suffix(given.page)
        show(given.page, photo, direct=given.direct)
    except (DemoError, StackDidNotStartError) as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def read_page(page: Path) -> bytes:
    """The photo's bytes.

    Raises:
        DemoError: There is no such file, or it cannot be read.
    """
    try:
        return page.read_bytes()
    except OSError as error:
        raise DemoError(f"{page} cannot be read: {(error.strerror or '').lower()}") from error


def check_suffix(page: Path) -> None:
    """Make sure that the name tells which kind of photo it is: a form is made for one kind.

    Raises:
        DemoError: It does not.
    """
    if page.suffix.lower() not in CONTENT_TYPES:
        suffixes = ", ".join(CONTENT_TYPES)
        raise DemoError(f"{page} cannot go straight to S3: its name must end in one of {suffixes}")


def show(page: Path, photo: bytes, *, direct: bool) -> None:
    """Turn a photo into a story, and show what became of it.

    Args:
        page: Where the photo was; its name goes along.
        photo: Its bytes.
        direct: Post it straight to S3, not to the API.

    Raises:
        DemoError: It did not become one.
    """
    print(f"Storytime: {page.name}\n")
    outcome = _outcome(page, photo, _post_to_s3 if direct else _upload)
    try:
        _STORY.write_bytes(outcome.audio)
    except OSError as error:
        raise DemoError(f"{_STORY} cannot be written: {(error.strerror or '').lower()}") from error
    seconds = soundfile.info(io.BytesIO(outcome.audio)).duration
    print(f"\nText\n\n{indented(outcome.story['text'])}")
    if outcome.story["truncated"]:
        print("\n  (the page holds more words than one reading returns)")
    print(f"\nAudio\n\n  {_STORY.resolve()}, {seconds:.1f} seconds")
    print(f"\nE-mail to {outcome.email['to']}\n\n  Subject: {outcome.email['subject']}\n")
    print(indented(outcome.email["body"]))
    if outcome.story["renditions"]:
        print(f"\nRenditions\n\n  {_sizes(outcome.story['renditions'])}")
    print("\nThis local AWS is gone now, and its links with it: make run keeps one up.")


def _outcome(
    page: Path, photo: bytes, send: Callable[[RunningStack, Path, bytes], str]
) -> FinishedStory:
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        with _step("start the local AWS"):
            stack = running.enter_context(launched(folder / "log.jsonl", LOG_LEVEL="WARNING"))
        story_id = send(stack, page, photo)
        _wait_until_ready(stack, story_id)
        story = _with_renditions(stack, story_id)
        return FinishedStory(story, audio=get(story["audio_url"]), email=_email(stack))


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


def _upload(stack: RunningStack, page: Path, photo: bytes) -> str:
    """Send the photo through the API; the story's id."""
    headers = {
        "Content-Type": CONTENT_TYPES.get(page.suffix.lower(), "application/octet-stream"),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(page.name)}",
    }
    with _step(f"upload {_kilobytes(photo)}"):
        answer = request("POST", f"{stack.api_url}/upload", body=photo, headers=headers)
        if answer.status != 200:  # noqa: PLR2004  # HTTP's OK
            raise DemoError(answer.content["message"])
    return str(answer.content["id"])


def _post_to_s3(stack: RunningStack, page: Path, photo: bytes) -> str:
    """Send the photo as a browser would, past the API; the upload's id, which is as good."""
    content_type = CONTENT_TYPES[page.suffix.lower()]
    with _step("ask for an upload"):
        wanted = {"name": page.name, "content_type": content_type}
        permit = request("POST", f"{stack.api_url}/uploads", json=wanted)
        if permit.status != 201:  # noqa: PLR2004  # HTTP's Created
            raise DemoError(permit.content["message"])
    with _step(f"post {_kilobytes(photo)} to S3"):
        # S3 ignores whatever comes after the file.
        form = [*permit.content["fields"].items(), ("file", (page.name, photo, content_type))]
        posted = fetch("POST", permit.content["url"], fields=form)
        if posted.status != 201:  # noqa: PLR2004  # as the form asks for
            raise DemoError(f"S3 does not take it: {_s3_message(posted)}")
    upload_id = str(permit.content["id"])
    with _step("taking it in"):
        once(lambda: _retrieve(stack, upload_id), _has_left("requested"))
    return upload_id


def _s3_message(refusal: urllib3.BaseHTTPResponse) -> str:
    """What S3 says in the XML of its errors."""
    found = re.search(r"<Message>(.*?)</Message>", refusal.data.decode(errors="replace"))
    return html.unescape(found[1]) if found else f"status {refusal.status}"


def _wait_until_ready(stack: RunningStack, story_id: str) -> None:
    """Show each stage until the story is ready."""
    answer = _retrieve(stack, story_id)
    for status, what in _PROGRESS.items():
        if answer.content["status"] == status:
            with _step(what):
                answer = once(lambda: _retrieve(stack, story_id), _has_left(status))
    if answer.content["status"] != "ready":
        raise DemoError(answer.content["message"])


def _with_renditions(stack: RunningStack, story_id: str) -> dict[str, Any]:
    """The story, with its renditions unless they take very long."""

    def story() -> dict[str, Any]:
        return _retrieve(stack, story_id).content

    return last(story, lambda found: bool(found["renditions"]), _PATIENCE_WITH_RENDITIONS)


def _has_left(status: str) -> Callable[[Answer], bool]:
    return lambda answer: answer.content["status"] != status


def _retrieve(stack: RunningStack, story_id: str) -> Answer:
    return request("GET", f"{stack.api_url}/retrieve/{story_id}")


def _email(stack: RunningStack) -> dict[str, str]:
    inbox = f"{stack.aws_url}/_local/inbox"
    emails: list[dict[str, str]] = once(lambda: get_json(inbox), bool)
    return emails[0]


def _kilobytes(photo: bytes) -> str:
    return f"{math.ceil(len(photo) / 1000):,} kB"


def _sizes(renditions: dict[str, dict[str, Any]]) -> str:
    return ", ".join(
        f"{name} {image['width']} x {image['height']}" for name, image in renditions.items()
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
