"""Putting aside what arrived in the staging bucket and nobody waits for."""

import msgspec

from chalicelib import keys
from chalicelib.messages import StagedObject
from chalicelib.ports import Queue
from chalicelib.upload_ports import StagedPhoto, Staging


class Aside(msgspec.Struct, frozen=True):
    """Keeps it where an operator can look at it, and put it back.

    Attributes:
        parked: Where messages are kept about what was put aside, with the reason.
    """

    staging: Staging
    parked: Queue[StagedObject]

    def put(self, staged: StagedObject, found: StagedPhoto, reason: str) -> None:
        aside = msgspec.structs.replace(staged, key=keys.rejected(staged.key), reason=reason)
        if aside.key == staged.key:  # put back, and still no photo
            self.parked.send(aside)
            return
        self.staging.copy(staged.key, aside.key)
        self.parked.send(aside)
        self.staging.remove(staged.key, found.version)
