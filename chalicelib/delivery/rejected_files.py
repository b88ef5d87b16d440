"""Objects of the intake bucket that are no photo and that no upload request asked for."""

import msgspec

from chalicelib.delivery.messages import IntakeMessage, Queue
from chalicelib.stories import keys
from chalicelib.stories.intake_bucket import IntakeBucket, IntakePhoto


class RejectedFiles(msgspec.Struct, frozen=True):
    """Keeps them for an operator, who can look at them and put them back.

    Attributes:
        intake_parked_queue: Keeps a message about each, with the reason.
    """

    intake_bucket: IntakeBucket
    intake_parked_queue: Queue[IntakeMessage]

    def move(self, message: IntakeMessage, found: IntakePhoto, reason: str) -> None:
        """Move an object below ``rejected/``, and park a message about it."""
        moved = msgspec.structs.replace(message, key=keys.rejected(message.key), reason=reason)
        if moved.key == message.key:  # an operator put it back, and it is still no photo
            self.intake_parked_queue.send(moved)
            return
        self.intake_bucket.copy(message.key, moved.key)
        self.intake_parked_queue.send(moved)
        self.intake_bucket.remove(message.key, found.version)
