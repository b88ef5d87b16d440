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

DEAD_LETTER_MEMORY: Final = 256
"""Of the functions that handle dead letters, in MB."""

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
        memory: Of that function, in MB. CPU grows with it.
        time_limit: How long that function may run; a lease lasts as long.
        max_receives: How often SQS delivers a message before it becomes a dead letter.
        has_own_concurrency: At most two functions work on it, not MAXIMUM_CONCURRENCY.
    """

    step: Step
    handler: str
    memory: int
    time_limit: timedelta = timedelta(seconds=60)
    max_receives: int = 5
    has_own_concurrency: bool = False

    @property
    def dead_letter_handler(self) -> str:
        """The function of `app.py` that handles its dead letters."""
        return f"give_up_{self.step}"


QUEUES: Final = (
    # Decodes up to 25 MB and 100 megapixels.
    StepQueue(Step.INTAKE, "take_in_staged", memory=2048),
    # Turns and encodes pages, and waits for DetectText, whose quota is its limit.
    StepQueue(Step.READING, "read_page", memory=1536),
    # Waits for Polly, with several requests a page; Polly's quota is its limit.
    StepQueue(Step.NARRATION, "narrate", memory=512, time_limit=timedelta(seconds=120)),
    # Resizes a 12-megapixel page four times.
    StepQueue(Step.RENDITIONS, "make_renditions", memory=1024),
    # Lists and deletes. More receives, because it waits for writers and for the CDN.
    StepQueue(
        Step.DELETION,
        "erase",
        memory=256,
        max_receives=10,
        has_own_concurrency=True,
    ),
)

OF_STORIES: Final[tuple[Step, ...]] = tuple(step for step in Step if step is not Step.INTAKE)
"""The steps whose messages are about stories; those of intake are about arrived photos."""

WITH_OWN_CONCURRENCY: Final = {queue.step for queue in QUEUES if queue.has_own_concurrency}
TIME_LIMITS: Final = {queue.step: queue.time_limit for queue in QUEUES}
