"""``make token STAGE=dev NAME=phone`` makes an API token for a stage, and a link to join with it.

The token is printed once and stored nowhere (`api_tokens`). If the stage is deployed, the link to
its page with the token is printed, too, and a terminal gets the link's QR code. Exit status: 0; 1
if the file cannot be read or written; 2 if the arguments are wrong.
"""

import io
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import segno

from infrastructure.api_tokens import FOLDER, TokenFileError, file_of, new_token
from infrastructure.join_link import join_link, page_of
from infrastructure.stage import Stage, UsageError

_BLACK_ON_WHITE: Final = "\x1b[97;40m{}\x1b[0m"
"""segno draws the light squares and leaves out the dark ones."""


def main(
    arguments: Sequence[str],
    folder: Path = FOLDER,
    look_up: Callable[[Stage], str | None] = page_of,
) -> int:
    """Make a token, print it with the next steps, and return the exit status.

    `look_up` returns the address of a stage's page, if it is known.
    """
    try:
        stage, name = _stage_and_name(arguments)
        token = new_token(stage, name, datetime.now(UTC).date(), folder)
    except UsageError as error:
        return _complain(error, 2)
    except (TokenFileError, OSError) as error:
        return _complain(error, 1)
    steps = f"""\
{token}

This is the token. It is shown only once: store it where you keep secrets. Its SHA-256 is in
{file_of(stage, folder)}.

Next:
  make deploy STAGE={stage}              # the API accepts the token from then on; the first time
                                       # with EMAIL=you@example.com, who gets stories and alarms
  curl -H 'Authorization: Bearer <token>' <API>/stories

To revoke a token, delete its line from the file and deploy again.
"""
    print(steps, flush=True)  # before AWS is asked
    print(how_to_join(look_up(Stage(stage)), token, draws=sys.stdout.isatty()))
    return 0


def how_to_join(page: str | None, token: str, *, draws: bool) -> str:
    """Return what to tell a person who has made a token.

    Args:
        page: The page's address, if it is known.
        token: The token.
        draws: Add the QR code, which needs a terminal.
    """
    if page is None:
        return f"""\
The link that opens the page with the token will be {join_link("<page>", "<token>")}: the deployment
prints the page's address. (The stage is not deployed yet, or AWS could not be asked.)"""
    link = join_link(page, token)
    code = f"\n\n{qr_code(link)}" if draws else ""
    return f"""\
After the deployment, this link opens the page with the token. Who has the link has the token.

  {link}{code}"""


def qr_code(text: str) -> str:
    """Return a text's QR code as lines for a terminal, two rows of squares each.

    The colours are fixed, because some cameras read no code that is light on dark.
    """
    drawn = io.StringIO()
    segno.make_qr(text).terminal(drawn, compact=True)
    return "\n".join(map(_BLACK_ON_WHITE.format, drawn.getvalue().splitlines()))


def _stage_and_name(arguments: Sequence[str]) -> tuple[str, str]:
    match arguments:
        case [stage] if stage:
            return stage, ""
        case [stage, name] if stage:
            return stage, " ".join(name.split())
    raise UsageError("Say which stage the token is for: make token STAGE=dev NAME=phone")


def _complain(error: object, status: int) -> int:
    print(f"token: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
