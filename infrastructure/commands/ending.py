"""Turn the end of a command into an exit status and a sentence."""

import sys
from collections.abc import Callable
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from infrastructure.account import explained
from infrastructure.stage import DeploymentError

_INTERRUPTED: Final = 130  # as shells do


def ended(name: str, work: Callable[[], int]) -> int:
    """Do a command's work, and return its exit status: 1 after an error, 130 after Ctrl-C."""
    try:
        return work()
    except (DeploymentError, OSError, BotoCoreError, ClientError) as error:
        print(f"\n{name}: {explained(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{name}: stopped; run it again to continue.", file=sys.stderr)
        return _INTERRUPTED
