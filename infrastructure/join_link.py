"""The link with which a phone or laptop joins a stage."""

from collections.abc import Callable
from typing import Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infrastructure.account import Account
from infrastructure.stack.stack import pause, stacks_of
from infrastructure.stage import DeploymentError, Stage

_SOON: Final = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
"""A person waits for the answer, and can do without it."""


def join_link(page: str, token: str) -> str:
    """Return the link that opens a page with a token.

    The token is the fragment, which browsers do not send: no server and no log receives it.
    """
    return f"{page}/#join={token}"


def page_of(stage: Stage, account: Callable[[], Account] = lambda: Account(_SOON)) -> str | None:
    """Return the address of a stage's page; None if it has none yet, or AWS cannot be asked."""
    try:
        client = account().client("cloudformation")
        outputs = stacks_of(client, stage, print, pause)[0].outputs()
    except (DeploymentError, BotoCoreError, ClientError):
        return None
    return outputs["MediaBaseUrl"] if "WebBucket" in outputs else None
