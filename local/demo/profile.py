"""``make demo-profile PHOTOS=folder``: photos of people through the profile workflow."""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from local.demo.terminal import (
    CONTENT_TYPES,
    INTERRUPTED,
    DemoError,
    Launch,
    get_json,
    indented,
    once,
    request,
)
from local.runner.launcher import RunningStack, StackDidNotStartError, launched
from local.runner.process import interrupt_when_told_to_end

_ACCEPTED: Final = 202


@dataclass(frozen=True)
class DemoPhoto:
    """A photo, under the name that the demo shows."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class PhotoResult:
    """The result of a photo.

    Attributes:
        profile: In the API's words.
        path: The states that its execution entered, in order.
        seconds: From the request to the result.
    """

    profile: dict[str, Any]
    path: list[str]
    seconds: float


def main(arguments: list[str], launch: Launch = launched) -> int:
    parser = argparse.ArgumentParser(usage="make demo-profile [PHOTOS=folder]", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER")
    given = parser.parse_args(arguments)
    try:
        _show(_photos_of(given.folder) if given.folder else _astronauts(), launch)
    except (DemoError, StackDidNotStartError) as failure:
        print(f"demo-profile: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _photos_of(folder: Path) -> list[DemoPhoto]:
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in CONTENT_TYPES)
        photos = [
            DemoPhoto(path.name, CONTENT_TYPES[path.suffix.lower()], path.read_bytes())
            for path in files
        ]
    except OSError as error:
        raise DemoError(f"{folder} cannot be read: {(error.strerror or '').lower()}") from error
    if not photos:
        raise DemoError(f"{folder} has no photo: no file that ends in {', '.join(CONTENT_TYPES)}")
    return photos


def _astronauts() -> list[DemoPhoto]:
    """Return one suitable portrait in the public domain, and three unsuitable photos."""
    from local.demo import pictures_of_faces as pictures  # noqa: PLC0415  # loads slowly

    drawn = {
        "an astronaut": pictures.portrait(),
        "the same twice, side by side": pictures.twins(),
        "the same behind sunglasses": pictures.behind_sunglasses(),
        "a page without a face": pictures.page(),
    }
    return [
        DemoPhoto(name, "image/jpeg", pictures.as_jpeg(picture)) for name, picture in drawn.items()
    ]


def _show(photos: list[DemoPhoto], launch: Launch) -> None:
    """Send each photo for a user of its own, and the first accepted one for one more user."""
    print("Storytime: profile photos\n")
    with tempfile.TemporaryDirectory() as folder:
        print("  start the local AWS ...", end=" ", flush=True)
        started = time.monotonic()
        with launch(Path(folder) / "log.jsonl", LOG_LEVEL="WARNING") as stack:
            print(f"{time.monotonic() - started:.1f} s\n")
            good: DemoPhoto | None = None
            for number, photo in enumerate(photos, 1):
                result = _shown(stack, photo, f"user-{number}")
                if good is None and result.profile["status"] == "ready":
                    good = photo
            if good is not None:
                name = f"{good.name} again, for another user"
                _shown(stack, replace(good, name=name), f"user-{len(photos) + 1}")
            _show_emails(stack)


def _shown(stack: RunningStack, photo: DemoPhoto, user_id: str) -> PhotoResult:
    print(f"  {photo.name}", flush=True)
    result = _result(stack, photo, user_id)
    print(indented(" > ".join(result.path), by=4))
    status, reason = result.profile["status"], result.profile["reason"]
    why = f" ({reason['code']})" if reason else ""
    print(f"    {status}{why} after {result.seconds:.1f} s")
    print(indented(reason["message"], by=4) + "\n" if reason else "", flush=True)
    return result


def _result(stack: RunningStack, photo: DemoPhoto, user_id: str) -> PhotoResult:
    started = time.monotonic()
    headers = {"Content-Type": photo.content_type, "X-Email": f"{user_id}@example.com"}
    url = f"{stack.api_url}/profiles/{user_id}"
    sent = request("PUT", f"{url}/photo", body=photo.content, headers=headers)
    if sent.status != _ACCEPTED:
        refusal = {"code": sent.content["code"], "message": sent.content["message"]}
        return PhotoResult({"status": "not sent", "reason": refusal}, ["PUT"], 0.0)
    execution = str(sent.content["execution_id"])
    profile = once(
        lambda: request("GET", url).content, lambda found: found["status"] != "processing"
    )
    seconds = time.monotonic() - started
    once(lambda: _status(stack, execution), lambda status: status != "RUNNING")
    return PhotoResult(profile, path_of(stack, execution), seconds)


def path_of(stack: RunningStack, execution: str) -> list[str]:
    """Return the states that an execution entered, from its history."""
    pages = stack.clients.stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn(stack, execution)
    )
    events = [event for page in pages for event in page["events"]]
    return [
        event["stateEnteredEventDetails"]["name"]
        for event in events
        if "stateEnteredEventDetails" in event
    ]


def _status(stack: RunningStack, execution: str) -> str:
    describe = stack.clients.stepfunctions.describe_execution
    return describe(executionArn=execution_arn(stack, execution))["status"]


def execution_arn(stack: RunningStack, execution: str) -> str:
    workflow = stack.environment["PROFILE_WORKFLOW_ARN"]
    return f"{workflow.replace(':stateMachine:', ':execution:')}:{execution}"


def _show_emails(stack: RunningStack) -> None:
    emails = get_json(f"{stack.aws_url}/_local/inbox")
    for email in emails:
        print(f"  E-mail to {email['to']}: {email['subject']}")
    if emails:
        print(f"\n{indented(emails[-1]['body'], by=4)}")


if __name__ == "__main__":
    interrupt_when_told_to_end()
    sys.exit(main(sys.argv[1:]))
