"""The AWS requests of all commands that the deployed tests run."""

import json
from pathlib import Path
from typing import Final

from tests.infrastructure.deployer import KEPT, kept_calls

_OBSERVER: Final = Path(__file__).parent / "observer"


class Calls:
    """The requests of processes that have these environment variables.

    Args:
        folder: Receives the file to which they write.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "calls"
        self.variables = {"PYTHONPATH": str(_OBSERVER), "RECORDED_CALLS": str(self._file)}

    def keep(self) -> None:
        KEPT.write_text(json.dumps(self._seen(), indent=2) + "\n")

    def not_kept(self) -> list[str]:
        """Return the requests that the file lacks."""
        return sorted({*self._seen()} - {*kept_calls()})

    def differences(self) -> list[str]:
        """Return the requests that the file lacks, and those that the commands did not make."""
        return sorted({*self._seen()} ^ {*kept_calls()})

    def _seen(self) -> list[str]:
        return sorted({*self._file.read_text().splitlines()})
