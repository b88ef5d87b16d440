"""``make demo PAGE=my.jpg DIRECT=1``: one photo through the whole of Storytime."""

import argparse
import html
import io
import math
import os
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

from local.demo.read_along import FILES, told
from local.demo.terminal import (
    CONTENT_TYPES,
    INTERRUPTED,
    Answer,
    DemoError,
    Launch,
    fetch,
    get_json,
    indented,
    last,
    once,
    request,
)
from local.runner.launcher import RunningStack, StackDidNotStartError, launched
from local.runner.process import interrupt_when_told_to_end

SAMPLE: Final = Path(__file__).resolve().parents[2] / "samples" / "page.jpg"
_STORY: Final = Path("story.mp3")
_MAX_SECONDS_OF_RENDITIONS: Final = 10
"""The demo shows them only if they are there in time."""
_PROGRESS: Final = {"received": "reading the page", "read": "speaking the text"}
"""The work on a story, by the story's status."""


@dataclass(frozen=True)
class FinishedStory:
    """A ready story in the API's words, its files, and the e-mail about it.

    Attributes:
        files: Contents by the field that links them; a story without times has fewer.
    """

    story: dict[str, Any]
    audio: bytes
    files: dict[str, bytes]
    email: dict[str, str]


def main(arguments: list[str], launch: Launch = launched) -> int:
    parser = argparse.ArgumentParser(
        usage="make demo [PAGE=my.jpg] [DIRECT=1]", description=__doc__
    )
    parser.add_argument("page", nargs="?", type=Path, default=SAMPLE, metavar="PAGE")
    parser.add_argument("--direct", action="store_true", help="post the photo straight to S3")
    given = parser.parse_args(arguments)
    try:
        photo = _read(given.page)
        if given.direct:
            _check_suffix(given.page)
        _show(given.page, photo, _post_to_s3 if given.direct else upload, launch)
    except (DemoError, StackDidNotStartError) as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _read(page: Path) -> bytes:
    try:
        return page.read_bytes()
    except OSError as error:
        raise DemoError(f"{page} cannot be read: {(error.strerror or '').lower()}") from error


def _check_suffix(page: Path) -> None:
    """Refuse a name that does not tell the kind of photo: a form is for one kind."""
    if page.suffix.lower() not in CONTENT_TYPES:
        suffixes = ", ".join(CONTENT_TYPES)
        raise DemoError(f"{page} cannot go straight to S3: its name must end in one of {suffixes}")


def _show(
    page: Path, photo: bytes, send: Callable[[RunningStack, Path, bytes], str], launch: Launch
) -> None:
    print(f"Storytime: {page.name}\n")
    finished = finished_story(page, photo, send, launch)
    _write(_STORY, finished.audio)
    for link, path in FILES.items():
        _write(path, finished.files.get(link))
    seconds = soundfile.info(io.BytesIO(finished.audio)).duration
    print(f"\nText\n\n{indented(finished.story['text'])}")
    if not finished.story["complete"]:
        print("\n  (the page may have more words than these)")
    print(f"\nAudio\n\n  {_STORY.resolve()}, {seconds:.1f} seconds")
    print(f"\nRead along\n\n{indented(told(finished.files))}")
    print(f"\nE-mail to {finished.email['to']}\n\n  Subject: {finished.email['subject']}\n")
    print(indented(finished.email["body"]))
    if finished.story["renditions"]:
        print(f"\nRenditions\n\n  {_sizes(finished.story['renditions'])}")
    print("\nThis local AWS is gone now, and its links with it: make run keeps one up.")


def _write(path: Path, content: bytes | None) -> None:
    """Write a file; without content, remove the one of a story before."""
    try:
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)
    except OSError as error:
        raise DemoError(f"{path} cannot be written: {(error.strerror or '').lower()}") from error


def finished_story(
    page: Path, photo: bytes, send: Callable[[RunningStack, Path, bytes], str], launch: Launch
) -> FinishedStory:
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        with _step("start the local AWS"):
            settings = {
                "LOG_LEVEL": "WARNING",
                "ENGLISH_VOICE": os.environ.get("ENGLISH_VOICE", ""),
            }
            stack = running.enter_context(launch(folder / "log.jsonl", **settings))
        story_id = send(stack, page, photo)
        _wait_until_ready(stack, story_id)
        story = _with_renditions(stack, story_id)
        audio = fetch("GET", story["audio_url"]).data
        files = {link: fetch("GET", story[link]).data for link in FILES if story[link]}
        return FinishedStory(story, audio, files, _email(stack))


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Show a step and, when it is done, how long it took."""
    started = time.monotonic()
    print(f"  {name} ".ljust(32, "."), end=" ", flush=True)
    try:
        yield
    except BaseException:
        print("failed")
        raise
    print(f"{time.monotonic() - started:.1f} s")


def upload(stack: RunningStack, page: Path, photo: bytes) -> str:
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
    """Send the photo to S3 as a browser would; return the upload's id."""
    content_type = CONTENT_TYPES[page.suffix.lower()]
    with _step("ask for an upload"):
        wanted = {"name": page.name, "content_type": content_type}
        permit = request("POST", f"{stack.api_url}/uploads", json=wanted)
        if permit.status != 201:  # noqa: PLR2004  # HTTP's Created
            raise DemoError(permit.content["message"])
    with _step(f"post {_kilobytes(photo)} to S3"):
        # The file must come last: S3 ignores every field after it.
        form = [*permit.content["fields"].items(), ("file", (page.name, photo, content_type))]
        posted = fetch("POST", permit.content["url"], fields=form)
        if posted.status != 201:  # noqa: PLR2004  # as the form asks
            raise DemoError(f"S3 does not take it: {_s3_message(posted)}")
    upload_id = str(permit.content["id"])
    with _step("taking it in"):
        once(lambda: _retrieve(stack, upload_id), _has_left("requested"))
    return upload_id


def _s3_message(refusal: urllib3.BaseHTTPResponse) -> str:
    found = re.search(r"<Message>(.*?)</Message>", refusal.data.decode(errors="replace"))
    return html.unescape(found[1]) if found else f"status {refusal.status}"


def _wait_until_ready(stack: RunningStack, story_id: str) -> None:
    answer = _retrieve(stack, story_id)
    for status, work in _PROGRESS.items():
        if answer.content["status"] == status:
            with _step(work):
                answer = once(lambda: _retrieve(stack, story_id), _has_left(status))
    if answer.content["status"] != "ready":
        raise DemoError(answer.content["message"])


def _with_renditions(stack: RunningStack, story_id: str) -> dict[str, Any]:
    def story() -> dict[str, Any]:
        return _retrieve(stack, story_id).content

    return last(story, lambda found: bool(found["renditions"]), _MAX_SECONDS_OF_RENDITIONS)


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
    interrupt_when_told_to_end()
    sys.exit(main(sys.argv[1:]))
