"""Rejected objects of the intake bucket: no photos, and without an upload request."""

import msgspec

from chalicelib.delivery.messages import IntakeMessage, Queue
from chalicelib.stories import keys
from chalicelib.stories.intake_bucket import IntakeBucket, IntakePhoto


class RejectedFiles(msgspec.Struct, frozen=True):
    """Moves rejected objects below ``rejected/``, where an operator can look at them.

    Attributes:
        intake_parked_queue: Keeps a message about each object, with the reason.
    """

    intake_bucket: IntakeBucket
    intake_parked_queue: Queue[IntakeMessage]

    def move(self, message: IntakeMessage, found: IntakePhoto, reason: str) -> None:
        """Move an object, and park a message about it."""
        moved = msgspec.structs.replace(message, key=keys.rejected(message.key), reason=reason)
        if moved.key == message.key:  # an operator redrove it, and it is still no photo
            self.intake_parked_queue.send(moved)
            return
        self.intake_bucket.copy(message.key, moved.key)
        self.intake_parked_queue.send(moved)
        self.intake_bucket.remove(message.key, found.version)
