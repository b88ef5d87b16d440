"""``python -m infrastructure.api_tokens STAGE [NAME]``: a new API token for a stage.

The token is printed once and kept nowhere; its SHA-256 goes to ``.chalice/tokens/<stage>``, which
git ignores and `digests` reads for the deployment: a digest a line, and what it is after a ``#``.
Exit status: 0, 1 when the file cannot be read or written, 2 when it was not asked properly.
"""

import os
import re
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from chalicelib.http.tokens import digest_of
from infrastructure.stage import LOCAL, PROJECT, DeploymentError, Stage

FOLDER: Final = PROJECT / ".chalice" / "tokens"
MOST: Final = 16
"""Tokens of a stage: their digests, 65 bytes each, share 4 KB of environment variables with all
other settings ("Lambda quotas")."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME: Final = 60


class UsageError(Exception):
    """It was not asked for what can be done; the message says what to do."""


class TokenFileError(DeploymentError):
    """A stage's file does not hold what it must; the message says which line of which file."""


def digests(stage: str, folder: Path = FOLDER) -> list[str]:
    """The SHA-256 digests of a stage's tokens, oldest first; none if it has no file.

    Raises:
        UsageError: No stage can have this name.
        TokenFileError: A line is no digest, or there are too many.
        OSError: The file cannot be read.
    """
    path = _file_of(stage, folder)
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(_text_of(path).splitlines(), start=1):
        digest = line.partition("#")[0].strip()
        if not digest:
            continue
        if not _DIGEST.fullmatch(digest):  # not shown: it may be a token, put there by mistake
            raise TokenFileError(
                f"{path}, line {number}: not a SHA-256 digest, which is 64 digits of 0-9 and a-f. "
                "Remove the line; make token writes them."
            )
        found.append(digest)
    unique = list(dict.fromkeys(found))
    if len(unique) > MOST:
        raise TokenFileError(f"{path} has {len(unique)} digests, and a stage takes {MOST}.")
    return unique


def new_token(stage: str, name: str, today: date, folder: Path = FOLDER) -> str:
    """Make a token, add its digest to the stage's file, and return it.

    Args:
        stage: Whose token it is.
        name: Who or what is going to use it, for whoever reads the file; may be empty.
        today: The day that is written down with it.
        folder: Where the files are.

    Raises:
        UsageError: No stage, or no token, can have this name.
        TokenFileError: The file is malformed, or full.
        OSError: The file cannot be read or written.
    """
    if not name.isprintable() or len(name) > _LONGEST_NAME:
        raise UsageError(f"NAME is at most {_LONGEST_NAME} characters, without line breaks.")
    if len(digests(stage, folder)) == MOST:
        raise TokenFileError(
            f"{_file_of(stage, folder)} is full: a stage takes {MOST} tokens. Remove a line first."
        )
    token = f"st_{secrets.token_urlsafe(32)}"
    _append(_file_of(stage, folder), f"{digest_of(token)}  # {today} {name}".rstrip())
    return token


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Do what the arguments say, and print the token and what to do with it; the exit status."""
    try:
        stage, name = _stage_and_name(arguments)
        token = new_token(stage, name, datetime.now(UTC).date(), folder)
    except UsageError as error:
        return _complain(error, 2)
    except (TokenFileError, OSError) as error:
        return _complain(error, 1)
    print(f"""\
{token}

This is the token. It is shown only now: keep it where secrets are kept. Its SHA-256 is in
{_file_of(stage, folder)}.

Next:
  make deploy STAGE={stage}              # it opens the API from then on
  curl -H 'Authorization: Bearer <token>' <the API's URL>/stories

To take a token back, delete its line from the file and deploy again.""")
    return 0


def _stage_and_name(arguments: Sequence[str]) -> tuple[str, str]:
    match arguments:
        case [stage] if stage:
            return stage, ""
        case [stage, name] if stage:
            return stage, " ".join(name.split())
    raise UsageError("Say which stage it is for: make token STAGE=dev NAME=phone")


def _file_of(stage: str, folder: Path) -> Path:
    if stage == LOCAL:
        raise UsageError(
            "The local stack is open, and keeps no tokens. To have it closed: "
            "API_TOKENS=$(printf %s my-token | sha256sum | cut -c 1-64) make run"
        )
    try:
        return folder / Stage(stage).name
    except DeploymentError as error:
        raise UsageError(str(error)) from error


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _append(path: Path, line: str) -> None:
    """Add a line to a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        os.fchmod(descriptor, 0o600)  # of a file that was made by hand, too
        before = _text_of(path)
        separator = "\n" if before and not before.endswith("\n") else ""
        file.write(f"{separator}{line}\n")


def _complain(error: object, status: int) -> int:
    print(f"token: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
