"""The list of a deployment's queues. Settings, handlers, template and policies follow it.

Each step has three queues: its own; one for its dead letters (``-dead``), which SQS gave up; and
one that keeps dead letters (``-parked``) until `make redrive` sends them back.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final

import msgspec

DEAD_LETTERS: Final = "-dead"
PARKED: Final = "-parked"

DEAD_LETTER_TIME_LIMIT: Final = timedelta(seconds=29)
"""Of the functions that handle dead letters."""

MAX_DEAD_LETTER_RECEIVES: Final = 5
"""SQS parks a dead letter itself after this many receives, if its handler keeps failing.

SQS counts receives "across all queues" (API reference, ReceiveMessage), so the template adds
those of the step's own queue.
"""


class Step(StrEnum):
    """A unit of work with a queue of its own."""

    INTAKE = "intake"
    READING = "reading"
    NARRATION = "narration"
    RENDITIONS = "renditions"  # no other step waits for it
    DELETION = "deletion"


class StepQueue(msgspec.Struct, frozen=True):
    """One step's queue.

    Attributes:
        step: The step; it also ends the queue's name.
        handler: The function of `app.py` that works on its messages.
        time_limit: How long that function may run; a lease lasts as long.
        max_receives: How often SQS delivers a message before it becomes a dead letter.
        most_at_once: More functions would not be of use, unless a service's quota was raised.
    """

    step: Step
    handler: str
    time_limit: timedelta = timedelta(seconds=60)
    max_receives: int = 5
    most_at_once: int | None = None

    @property
    def dead_letter_handler(self) -> str:
        """The function of `app.py` that handles its dead letters."""
        return f"give_up_{self.step}"


QUEUES: Final = (
    StepQueue(Step.INTAKE, "take_in_staged"),
    # DetectText's quota is 5 a second in many regions, and a page takes two seconds.
    StepQueue(Step.READING, "read_page", most_at_once=10),
    # Polly's quota is 8 a second for neural voices, and a request takes two seconds.
    StepQueue(Step.NARRATION, "narrate", time_limit=timedelta(seconds=120), most_at_once=16),
    StepQueue(Step.RENDITIONS, "make_renditions"),
    # Lists and deletes. More receives, because it waits for writers and for the CDN.
    StepQueue(
        Step.DELETION,
        "erase",
        max_receives=10,
        most_at_once=2,
    ),
)

OF_STORIES: Final[tuple[Step, ...]] = tuple(step for step in Step if step is not Step.INTAKE)
"""The steps whose messages are about stories; those of intake are about arrived photos."""

MOST_AT_ONCE: Final = {queue.step: queue.most_at_once for queue in QUEUES if queue.most_at_once}
TIME_LIMITS: Final = {queue.step: queue.time_limit for queue in QUEUES}
