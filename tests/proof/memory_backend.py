"""The world in memory as the simulation's AWS."""

from tests.fakes import InMemoryStories
from tests.memory import MemoryTools
from tests.proof.pages import PageReader, Voice


class MemoryBackend(MemoryTools):
    text_detector: PageReader
    speaker: Voice

    def __init__(self, stories: InMemoryStories | None = None) -> None:
        super().__init__(PageReader(), Voice(), stories=stories)

    def forget(self, story_id: str) -> None:
        self.stories.kept.pop(story_id, None)
