"""``make token STAGE=dev NAME=phone`` makes a new API token for a stage.

The token is printed once and stored nowhere. Its SHA-256 digest is stored in
``.chalice/tokens/<stage>``, which git ignores: one digest a line, then a comment after ``#``.
The deployment reads it with `digests`. Exit status: 0; 1 if the file cannot be read or written;
2 if the arguments are wrong.
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
from infrastructure.stage import LOCAL, PROJECT, DeploymentError, Stage, UsageError

FOLDER: Final = PROJECT / ".chalice" / "tokens"
MAX_TOKENS: Final = 16
"""Tokens of a stage. While the authorizer gets new ones, their digests, 65 bytes each, are in its
environment, which has at most 4 KB ("Lambda quotas")."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MAX_NAME: Final = 60


class TokenFileError(DeploymentError):
    """A stage's token file is not valid; the message names the file and the line."""


def digests(stage: str, folder: Path = FOLDER) -> list[str]:
    """Return the SHA-256 digests of a stage's tokens, oldest first; none if there is no file.

    Raises:
        UsageError: The stage's name is not valid.
        TokenFileError: A line has no valid digest, or the file has too many.
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
        if not _DIGEST.fullmatch(digest):  # do not show it: it may be a token
            raise TokenFileError(
                f"{path}, line {number}: not a SHA-256 digest, which is 64 digits of 0-9 and a-f. "
                f"Remove the line; make token STAGE={path.name} writes valid ones."
            )
        found.append(digest)
    unique = list(dict.fromkeys(found))
    if len(unique) > MAX_TOKENS:
        raise TokenFileError(f"{path} has {len(unique)} digests; {MAX_TOKENS} are allowed.")
    return unique


def new_token(stage: str, name: str, today: date, folder: Path = FOLDER) -> str:
    """Make a token, add its digest to the stage's file, and return the token.

    Args:
        stage: The stage's name.
        name: The person or device that will use the token, as a comment; may be empty.
        today: The date for the comment.
        folder: The folder of the token files.

    Raises:
        UsageError: The stage's or the token's name is not valid.
        TokenFileError: The file is not valid, or full.
        OSError: The file cannot be read or written.
    """
    if not name.isprintable() or len(name) > _MAX_NAME:
        raise UsageError(f"NAME is at most {_MAX_NAME} characters, without line breaks.")
    if len(digests(stage, folder)) == MAX_TOKENS:
        raise TokenFileError(
            f"{_file_of(stage, folder)} is full: {MAX_TOKENS} tokens are allowed. "
            "Remove a line first."
        )
    token = f"st_{secrets.token_urlsafe(32)}"
    _append(_file_of(stage, folder), f"{digest_of(token)}  # {today} {name}".rstrip())
    return token


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Make a token, print it with the next steps, and return the exit status."""
    try:
        stage, name = _stage_and_name(arguments)
        token = new_token(stage, name, datetime.now(UTC).date(), folder)
    except UsageError as error:
        return _complain(error, 2)
    except (TokenFileError, OSError) as error:
        return _complain(error, 1)
    print(f"""\
{token}

This is the token. It is shown only once: store it where you keep secrets. Its SHA-256 is in
{_file_of(stage, folder)}.

Next:
  make deploy STAGE={stage}              # the API accepts the token from then on; the first time
                                       # with EMAIL=you@example.com, who gets stories and alarms
  curl -H 'Authorization: Bearer <token>' <API>/stories

To revoke a token, delete its line from the file and deploy again.""")
    return 0


def _stage_and_name(arguments: Sequence[str]) -> tuple[str, str]:
    match arguments:
        case [stage] if stage:
            return stage, ""
        case [stage, name] if stage:
            return stage, " ".join(name.split())
    raise UsageError("Say which stage the token is for: make token STAGE=dev NAME=phone")


def _file_of(stage: str, folder: Path) -> Path:
    if stage == LOCAL:
        raise UsageError(
            "The local stack is open and has no tokens. To require one: "
            "API_TOKENS=$(printf %s my-token | sha256sum | cut -c 1-64) make run"
        )
    try:
        return folder / Stage(stage).name
    except DeploymentError as error:
        raise UsageError(str(error)) from error


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _append(path: Path, line: str) -> None:
    """Add a line to the file, and let only its owner read the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        os.fchmod(descriptor, 0o600)  # also if the file was made by hand
        before = _text_of(path)
        separator = "\n" if before and not before.endswith("\n") else ""
        file.write(f"{separator}{line}\n")


def _complain(error: object, status: int) -> int:
    print(f"token: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
