"""The whole pipeline over the world in memory, for tests that tell a story."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from chalicelib.failover import Failover
from chalicelib.intake import Intake
from chalicelib.links import Links
from chalicelib.narration import Narration
from chalicelib.notification import Notification
from chalicelib.reading import Reading
from chalicelib.retrieval import Retrieval
from chalicelib.stage import StageRunner
from chalicelib.story import Stage, Story
from tests.fakes import (
    Clock,
    InMemoryMedia,
    InMemoryQueue,
    InMemoryStories,
    Outbox,
    ScriptedSpeaker,
    ScriptedTextDetector,
    Uuids,
)

NAMESPACE = uuid.UUID("0b8d6a44-13a5-4d0e-9f5e-2f5f6d2a7c11")


@dataclass
class World:
    """Fakes, and the pipeline built over them as `chalicelib.wiring` builds it over AWS."""

    clock: Clock = field(default_factory=Clock)
    stories: InMemoryStories = field(default_factory=InMemoryStories)
    media: InMemoryMedia = field(default_factory=InMemoryMedia)
    reading_queue: InMemoryQueue = field(default_factory=InMemoryQueue)
    narration_queue: InMemoryQueue = field(default_factory=InMemoryQueue)
    outbox: Outbox = field(default_factory=Outbox)
    detector: ScriptedTextDetector = field(default_factory=ScriptedTextDetector)
    speaker: ScriptedSpeaker = field(default_factory=ScriptedSpeaker)

    def __post_init__(self) -> None:
        queues = {Stage.READING: self.reading_queue, Stage.NARRATION: self.narration_queue}
        self.notification = Notification(
            self.stories, self.outbox, Links("https://cdn.example"), self.clock
        )
        self.failover = Failover(self.stories, queues, self.clock)
        self.retrieval = Retrieval(self.stories, self.failover)
        self.intake = Intake(
            stories=self.stories,
            media=self.media,
            reading_queue=self.reading_queue,
            failover=self.failover,
            notification=self.notification,
            namespace=NAMESPACE,
            new_uuid=Uuids(),
            clock=self.clock,
        )
        reading = Reading(self.stories, self.media, self.detector, self.narration_queue)
        narration = Narration(self.stories, self.media, self.speaker)
        self.reading = self._runner(Stage.READING, reading, self.reading_queue)
        self.narration = self._runner(Stage.NARRATION, narration, self.narration_queue)

    def story(self) -> Story:
        """The only story there is, as the table has it."""
        (story,) = self.stories.kept.values()
        return story

    def _runner(self, stage: Stage, work: Reading | Narration, queue: InMemoryQueue) -> StageRunner:
        return StageRunner(
            stage=stage,
            lease_for=timedelta(seconds=60),
            work=work.work,
            stories=self.stories,
            queue=queue,
            notification=self.notification,
            clock=self.clock,
        )
