"""Putting aside what arrived in the intake_bucket bucket and nobody waits for."""

import msgspec

from chalicelib.delivery.messages import IntakeMessage
from chalicelib.stories import keys
from chalicelib.stories.ports import Queue
from chalicelib.stories.upload_ports import IntakeBucket, IntakePhoto


class RejectedFiles(msgspec.Struct, frozen=True):
    """Keeps it where an operator can look at it, and put it back.

    Attributes:
        parked: Where messages are kept about what was put aside, with the reason.
    """

    intake_bucket: IntakeBucket
    parked: Queue[IntakeMessage]

    def put(self, staged: IntakeMessage, found: IntakePhoto, reason: str) -> None:
        aside = msgspec.structs.replace(staged, key=keys.rejected(staged.key), reason=reason)
        if aside.key == staged.key:  # put back, and still no photo
            self.parked.send(aside)
            return
        self.intake_bucket.copy(staged.key, aside.key)
        self.parked.send(aside)
        self.intake_bucket.remove(staged.key, found.version)
