"""SQS in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic

from chalicelib.delivery.messages import Delivery, Message
from tests.fakes.clock import NOW

MAX_RECEIVES = 5


@dataclass
class KeptMessage(Generic[Message]):
    """A message, and what the queue knows about it."""

    message: Message
    message_id: str
    sent_at: datetime
    visible_at: datetime
    receives: int = 0

    @property
    def receipt(self) -> str:
        """Of the last receipt: earlier ones no longer mean anything."""
        return f"{self.message_id}/{self.receives}"


class InMemoryQueue(Generic[Message]):
    """A queue; what `messages.Queue` promises its senders, and what SQS promises its consumer.

    Args:
        visibility: How long a received message stays invisible unless told otherwise.
        dead_letters: Takes a message at the receive after its `max_receives`-th.

    Attributes:
        clock_ahead: How far SQS's clock, which stamps messages, is ahead of the app's.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        name: str = "queue",
        *,
        visibility: timedelta = timedelta(minutes=6),
        dead_letters: "InMemoryQueue[Message] | None" = None,
        max_receives: int = MAX_RECEIVES,
    ) -> None:
        self.name = name
        self.kept: list[KeptMessage[Message]] = []
        self.sent: list[Message] = []
        self.retries: list[tuple[str, int]] = []
        self.clock_ahead = timedelta(0)
        self._clock = clock
        self._visibility = visibility
        self._dead_letters = dead_letters
        self._max_receives = max_receives

    def send(self, message: Message, delay: int = 0) -> None:
        self.sent.append(message)
        now = self._clock()
        visible_at = now + timedelta(seconds=delay)
        message_id = f"{self.name}-{len(self.sent)}"
        self.kept.append(KeptMessage(message, message_id, now + self.clock_ahead, visible_at))

    def retry_in(self, receipt: str, seconds: int) -> None:
        self.retries.append((receipt, seconds))
        for kept in self._of(receipt):
            kept.visible_at = self._clock() + timedelta(seconds=seconds)

    def count(self) -> int:
        return sum(kept.visible_at <= self._clock() for kept in self.kept)

    def receive(self) -> Delivery[Message] | None:
        """The first message that is visible; None when there is none."""
        for kept in [kept for kept in self.kept if kept.visible_at <= self._clock()]:
            if self._dead_letters is not None and kept.receives >= self._max_receives:
                self.kept.remove(kept)
                kept.receives = 0
                self._dead_letters.kept.append(kept)
                continue
            kept.receives += 1
            kept.visible_at = self._clock() + self._visibility
            return Delivery(
                message=kept.message,
                message_id=kept.message_id,
                receipt=kept.receipt,
                receives=kept.receives,
                sent_at=kept.sent_at,
            )
        return None

    def delete(self, receipt: str) -> None:
        for kept in self._of(receipt):
            self.kept.remove(kept)

    def show_all(self) -> None:
        """Make every message visible, as SQS may do at any time: it delivers at least once."""
        for kept in self.kept:
            kept.visible_at = self._clock()

    def move_all_to(self, destination: "InMemoryQueue[Message]") -> None:
        """What a message move task does: what is visible becomes new in the destination."""
        while (delivery := self.receive()) is not None:
            destination.send(delivery.message)
            self.delete(delivery.receipt)

    def next_visible_at(self) -> datetime | None:
        """When something can be received next; None while the queue is empty."""
        return min((kept.visible_at for kept in self.kept), default=None)

    def _of(self, receipt: str) -> list[KeptMessage[Message]]:
        return [kept for kept in self.kept if kept.receipt == receipt]


def delivery_to(
    message: Message, *, message_id: str = "m-1", receives: int = 1
) -> Delivery[Message]:
    return Delivery(
        message=message,
        message_id=message_id,
        receipt=f"{message_id}/{receives}",
        receives=receives,
        sent_at=NOW,
    )
