"""The whole pipeline over the world in memory, for tests that tell a story."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from chalicelib.assembly import Assembly
from chalicelib.delivery.messages import Delivery, IntakeMessage, Message, StoryMessage
from chalicelib.steps.intake import Intake
from chalicelib.steps.retrieval import Retrieval
from chalicelib.steps.sweeper import Sweeper
from chalicelib.stories.keys import Links
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Story
from tests.fake_queue import InMemoryQueue
from tests.fake_uploads import InMemoryIntakeBucket, InMemoryUploadRequests, SlowCdn
from tests.fakes import (
    InMemoryMedia,
    InMemoryStories,
    Outbox,
    ScriptedSpeaker,
    ScriptedTextDetector,
    Uuids,
)
from tests.memory import MemoryTools

NAMESPACE = uuid.UUID("0b8d6a44-13a5-4d0e-9f5e-2f5f6d2a7c11")


class World(MemoryTools):
    """Fakes, and the very pipeline that runs on AWS built over them."""

    def __init__(
        self,
        *,
        stories: InMemoryStories | None = None,
        media: InMemoryMedia | None = None,
        announcer: Outbox | None = None,
        detector: ScriptedTextDetector | None = None,
        speaker: ScriptedSpeaker | None = None,
        queue: Callable[..., InMemoryQueue[StoryMessage]] = InMemoryQueue,
        upload_requests: Callable[..., InMemoryUploadRequests] = InMemoryUploadRequests,
        intake_bucket: Callable[..., InMemoryIntakeBucket] = InMemoryIntakeBucket,
        intake_queue: Callable[..., InMemoryQueue[IntakeMessage]] = InMemoryQueue[IntakeMessage],
        cdn: SlowCdn | None = None,
    ) -> None:
        self.detector = detector or ScriptedTextDetector()
        self.speaker: ScriptedSpeaker = speaker or ScriptedSpeaker()
        super().__init__(
            self.detector,
            self.speaker,
            stories=stories,
            media=media,
            announcer=announcer,
            queue=queue,
            upload_requests=upload_requests,
            intake_bucket=intake_bucket,
            intake_queue=intake_queue,
            cdn=cdn,
        )
        self.outbox = self.announcer
        self.reading_queue = self.queues[Step.READING]
        self.narration_queue = self.queues[Step.NARRATION]
        self.part = Assembly(
            self,
            links=Links("https://cdn.example"),
            namespace=NAMESPACE,
            intake_bucket_name="intake-bucket",
            clock=self.clock,
            new_uuid=Uuids(),
        )
        self.intake = self.part(Intake)
        self.failover = self.part(Retrieval).failover
        self.retrieval = self.part(Retrieval)
        self.reading = self.part.handler(Step.READING)
        self.narration = self.part.handler(Step.NARRATION)
        self.sweeper = self.part(Sweeper)

    def story(self) -> Story:
        """The only story there is, as the table has it."""
        (story,) = self.stories.kept.values()
        return story

    def deliver(
        self, queue: InMemoryQueue[Message], handle: Callable[[Delivery[Message]], None]
    ) -> int:
        """Deliver everything that can be received, as Lambda does; how much was that?"""
        count = 0
        while (delivery := queue.receive()) is not None:
            count += 1
            try:
                handle(delivery)
            except Exception:  # noqa: S112  # Lambda leaves it to its visibility timeout
                continue
            queue.delete(delivery.receipt)
        return count

    def sweep(self) -> None:
        self.sweeper.sweep(lambda: timedelta(minutes=5))
