"""AWS in memory, as far as the pipeline needs it: what `pipeline.Tools` asks for."""

from collections.abc import Callable
from typing import Any

from chalicelib.delivery.messages import IntakeMessage, StoryMessage
from chalicelib.stories.ports import Speaker, TextDetector
from chalicelib.stories.queues import DEAD_LETTER_TIME_LIMIT, TIME_LIMITS, Step
from tests.fake_profiles import (
    InMemoryFaces,
    InMemoryMailer,
    InMemoryProfiles,
    InMemorySentPhotos,
)
from tests.fake_queue import MAX_RECEIVES, InMemoryQueue
from tests.fake_uploads import InMemoryIntakeBucket, InMemoryUploadRequests, SlowCdn
from tests.fake_workflow import InMemoryWorkflow
from tests.fakes import Clock, InMemoryMedia, InMemoryStories, Measurements, Outbox


class MemoryTools:
    """Every fake once, the queues chained to their dead letters as they are deployed.

    Args:
        clock_ahead: By how many seconds SQS's clock is ahead of the app's.
        queue: Makes each step's queue; another class than `InMemoryQueue` may fail.
    """

    def __init__(
        self,
        text_detector: TextDetector,
        speaker: Speaker,
        *,
        stories: InMemoryStories | None = None,
        media: InMemoryMedia | None = None,
        announcer: Outbox | None = None,
        queue: Callable[..., InMemoryQueue[StoryMessage]] = InMemoryQueue,
        upload_requests: Callable[..., InMemoryUploadRequests] = InMemoryUploadRequests,
        intake_bucket: Callable[..., InMemoryIntakeBucket] = InMemoryIntakeBucket,
        intake_queue: Callable[..., InMemoryQueue[IntakeMessage]] = InMemoryQueue[IntakeMessage],
        cdn: SlowCdn | None = None,
        clock_ahead: float = 0.0,
    ) -> None:
        self.clock = Clock()
        self.text_detector = text_detector
        self.speaker = speaker
        self.stories = stories or InMemoryStories()
        self.media = media or InMemoryMedia()
        self.announcer = announcer or Outbox()
        self.upload_requests = upload_requests(self.stories)
        self.intake_bucket = intake_bucket(self.clock)
        self.cdn = cdn or SlowCdn()
        self.profiles = InMemoryProfiles()
        self.faces = InMemoryFaces(self.clock)
        self.sent_photos = InMemorySentPhotos({"media": self.media})
        self.mailer = InMemoryMailer()
        self.workflow = InMemoryWorkflow(self.clock)
        self.meter = Measurements()
        self.parked_queues: dict[Step, InMemoryQueue[Any]] = {
            step: InMemoryQueue(self.clock, f"{step}-parked") for step in Step
        }
        self.dead_letter_queues: dict[Step, InMemoryQueue[Any]] = {
            step: InMemoryQueue(
                self.clock,
                f"{step}-dead",
                visibility=6 * DEAD_LETTER_TIME_LIMIT,
                dead_letters=self.parked_queues[step],
            )
            for step in Step
        }
        self.queues: dict[Step, InMemoryQueue[Any]] = {
            step: (intake_queue if step is Step.INTAKE else queue)(
                self.clock,
                step.value,
                visibility=6 * TIME_LIMITS[step],
                dead_letters=self.dead_letter_queues[step],
                max_receives=10 if step is Step.DELETION else MAX_RECEIVES,
                clock_ahead=clock_ahead,
            )
            for step in Step
        }
        self.intake_parked_queue = self.parked_queues[Step.INTAKE]
        self.intake_dead_letter_queue = self.dead_letter_queues[Step.INTAKE]
        self.intake_queue = self.queues[Step.INTAKE]
