"""A stage: one installation of Storytime in an AWS account."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

APP: Final = "storytime"
"""The app's name in .chalice/config.json; every name in the account begins with it."""
API_HANDLER: Final = "api_handler"
"""Chalice's name for the function behind the REST API."""
API_STAGE: Final = "api"
"""API Gateway's own stage: the first part of every path."""
LOCAL: Final = "local"
"""The stage on one machine, which cannot be deployed."""
PROJECT: Final = Path(__file__).resolve().parent.parent


class DeploymentError(Exception):
    """A command cannot do its work; the message says why, and what to do."""


class UsageError(Exception):
    """A command was called with wrong arguments; the message says what to do."""


@dataclass(frozen=True)
class Stage:
    """A stage that can be deployed: ``dev``, ``prod`` or a name of your own.

    Attributes:
        project: The folder that holds the app and its ``.chalice``.

    Raises:
        DeploymentError: Names of resources cannot begin with this name.
    """

    name: str
    project: Path = PROJECT

    def __post_init__(self) -> None:
        if not self.name:
            raise DeploymentError("Say which stage: STAGE=dev")
        # Bucket names are the limit: storytime-<stage>-staging-<account>-<region>, 63 characters.
        if not re.fullmatch(r"[a-z][a-z0-9]{0,15}", self.name) or self.name == LOCAL:
            raise DeploymentError(
                f"{self.name!r} cannot be a stage: take up to 16 small letters and digits, "
                "a letter first (STAGE=dev), and not 'local', which runs on one machine."
            )

    @property
    def prefix(self) -> str:
        """The beginning of the names of all the stage's resources."""
        return f"{APP}-{self.name}"

    @property
    def stacks(self) -> tuple[str, str]:
        """The names of its CloudFormation stacks: what the app needs, and what watches it."""
        return self.prefix, f"{self.prefix}-watch"

    def function(self, name: str) -> str:
        return function_name(self.prefix, name)


def function_name(prefix: str, name: str) -> str:
    """Return Chalice's name for a handler's function in Lambda and for its log group."""
    return prefix if name == API_HANDLER else f"{prefix}-{name}"
