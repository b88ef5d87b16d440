"""How a command on the account ends: with a status, and a sentence if it could not do its work."""

import sys
from collections.abc import Callable
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from infrastructure.account import explained
from infrastructure.stage import DeploymentError

_INTERRUPTED: Final = 130  # as shells say it


def ended(name: str, work: Callable[[], int]) -> int:
    """Do the work of a command; its exit status.

    What it raises is told to a person, without a trace: 1. Ctrl-C is 130.
    """
    try:
        return work()
    except (DeploymentError, OSError, BotoCoreError, ClientError) as error:
        print(f"\n{name}: {explained(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{name}: stopped; run it again to go on.", file=sys.stderr)
        return _INTERRUPTED
