"""The API tokens of a stage.

The file ``.chalice/tokens/<stage>``, which git ignores, has their SHA-256 digests: one digest a
line, then a comment after ``#``. ``make token`` adds a line; the deployment reads all.
"""

import os
import re
import secrets
from datetime import date
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
    path = file_of(stage, folder)
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
            f"{file_of(stage, folder)} is full: {MAX_TOKENS} tokens are allowed. "
            "Remove a line first."
        )
    token = f"st_{secrets.token_urlsafe(32)}"
    _append(file_of(stage, folder), f"{digest_of(token)}  # {today} {name}".rstrip())
    return token


def file_of(stage: str, folder: Path = FOLDER) -> Path:
    """Return a stage's token file.

    Raises:
        UsageError: The stage's name is not valid, or it has no tokens.
    """
    if stage == LOCAL:
        raise UsageError(
            "The local stack is open and has no tokens. To require one: "
            "API_TOKENS=$(printf %s my-token | sha256sum | cut -c 1-64) make run. Then join at "
            "http://127.0.0.1:8080/#join=my-token"
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
