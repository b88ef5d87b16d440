"""A stage: an installation of Storytime in an AWS account, and where its folder is."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

APP: Final = "storytime"
"""The app's name in .chalice/config.json; it begins every name in the account."""
API_HANDLER: Final = "api_handler"
"""What Chalice calls the function behind the REST API."""
API_STAGE: Final = "api"
"""API Gateway's own stage, the first part of every path."""
LOCAL: Final = "local"
"""The stage of one machine, which is never deployed."""
STAGES: Final = ".stages"
"""Where deployed stages have their folders; git ignores it."""
PROJECT: Final = Path(__file__).resolve().parent.parent


class DeploymentError(Exception):
    """It could not be done; the message says why, and what to do about it."""


@dataclass(frozen=True)
class Stage:
    """A deployable stage, by its name: ``dev``, ``prod`` or one of your own.

    Attributes:
        project: Where the app is, and its ``.chalice``.

    Raises:
        DeploymentError: A name that resources cannot begin with.
    """

    name: str
    project: Path = PROJECT

    def __post_init__(self) -> None:
        if not self.name:
            raise DeploymentError("Say which stage: STAGE=dev")
        # Bucket names are the shortest: storytime-<stage>-staging-<account>-<region>, 63 in all.
        if not re.fullmatch(r"[a-z][a-z0-9]{0,15}", self.name) or self.name == LOCAL:
            raise DeploymentError(
                f"{self.name!r} cannot be a stage: take up to 16 small letters and digits, "
                "a letter first (STAGE=dev), and not 'local', which runs on one machine."
            )

    @property
    def prefix(self) -> str:
        """What the names of the stage's resources begin with."""
        return f"{APP}-{self.name}"

    @property
    def folder(self) -> Path:
        """The stage as Chalice reads it; not tracked, for it names the account."""
        return self.project / STAGES / self.name

    def function(self, name: str) -> str:
        """What Chalice calls a function of the app in Lambda."""
        return function_name(self.prefix, name)


def function_name(prefix: str, name: str) -> str:
    """What Chalice calls the function of a handler, and Lambda its log group."""
    return prefix if name == API_HANDLER else f"{prefix}-{name}"
