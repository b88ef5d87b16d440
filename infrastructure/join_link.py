"""The link with which a phone or laptop joins a stage, and its QR code for a terminal."""

import io
from collections.abc import Callable
from typing import Final

import segno
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infrastructure.account import Account
from infrastructure.stack.stack import pause, stacks_of
from infrastructure.stage import DeploymentError, Stage

_SOON: Final = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
"""A person waits for the answer, and can do without it."""
_BLACK_ON_WHITE: Final = "\x1b[97;40m{}\x1b[0m"
"""segno draws the light squares and leaves out the dark ones."""


def join_link(page: str, token: str) -> str:
    """Return the link that opens a page with a token.

    The token is the fragment, which browsers do not send: no server and no log receives it.
    """
    return f"{page}/#join={token}"


def qr_code(text: str) -> str:
    """Return a text's QR code as lines for a terminal, two rows of squares each.

    The colours are fixed, because some cameras read no code that is light on dark.
    """
    drawn = io.StringIO()
    segno.make_qr(text).terminal(drawn, compact=True)
    return "\n".join(map(_BLACK_ON_WHITE.format, drawn.getvalue().splitlines()))


def page_of(stage: Stage, account: Callable[[], Account] = lambda: Account(_SOON)) -> str | None:
    """Return the address of a stage's page; None if it has none yet, or AWS cannot be asked."""
    try:
        client = account().client("cloudformation")
        outputs = stacks_of(client, stage, print, pause)[0].outputs()
    except (DeploymentError, BotoCoreError, ClientError):
        return None
    return outputs["MediaBaseUrl"] if "WebBucket" in outputs else None


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
