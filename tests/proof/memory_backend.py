"""AWS in memory, as the simulation uses it."""

import uuid
from collections.abc import Mapping

from tests.fakes.stories import InMemoryStories
from tests.fakes.world import MemoryTools
from tests.proof.pages import PageReader, Voice
from tests.proof.tape import Fault, Tape


class MemoryBackend(MemoryTools):
    namespace = uuid.UUID("0b8d6a44-13a5-4d0e-9f5e-2f5f6d2a7c11")
    text_detector: PageReader
    speaker: Voice

    def __init__(self, stories: InMemoryStories | None = None, clock_ahead: float = 0.0) -> None:
        super().__init__(PageReader(), Voice(), stories=stories, clock_ahead=clock_ahead)

    def tape(self, faults: Mapping[int, Fault]) -> Tape:
        return Tape(self.clock, faults)
