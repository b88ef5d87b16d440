"""AWS in memory, as far as the pipeline needs it: what `pipeline.Tools` asks for."""

from collections.abc import Callable

from chalicelib.intake import STORED_WITHIN
from chalicelib.messages import StagedObject, StoryMessage
from chalicelib.pipeline import DEAD_LETTER_LEASE, TIME_LIMITS
from chalicelib.ports import Speaker, TextDetector
from chalicelib.story import Stage
from tests.fake_profiles import (
    InMemoryFaces,
    InMemoryMailer,
    InMemoryProfiles,
    InMemorySentPhotos,
)
from tests.fake_queue import MAX_RECEIVES, InMemoryQueue
from tests.fake_uploads import InMemoryStaging, InMemoryUploadRequests, SlowCdn
from tests.fake_workflow import InMemoryWorkflow
from tests.fakes import Clock, InMemoryMedia, InMemoryStories, Measurements, Outbox


class MemoryTools:
    """Every fake once, the queues chained to their dead letters as they are deployed.

    Args:
        clock_ahead: By how many seconds SQS's clock is ahead of the app's.
        queue: Makes each stage's queue; another class than `InMemoryQueue` may fail.
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
        staging: Callable[..., InMemoryStaging] = InMemoryStaging,
        intake_queue: Callable[..., InMemoryQueue[StagedObject]] = InMemoryQueue[StagedObject],
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
        self.staging = staging(self.clock)
        self.cdn = cdn or SlowCdn()
        self.profiles = InMemoryProfiles()
        self.faces = InMemoryFaces(self.clock)
        self.sent_photos = InMemorySentPhotos({"media": self.media})
        self.mailer = InMemoryMailer()
        self.workflow = InMemoryWorkflow(self.clock)
        self.meter = Measurements()
        self.parked_queues: dict[Stage, InMemoryQueue[StoryMessage]] = {
            stage: InMemoryQueue(self.clock, f"{stage}-parked") for stage in Stage
        }
        self.dead_letter_queues: dict[Stage, InMemoryQueue[StoryMessage]] = {
            stage: InMemoryQueue(
                self.clock,
                f"{stage}-dead",
                visibility=6 * DEAD_LETTER_LEASE,
                dead_letters=self.parked_queues[stage],
            )
            for stage in Stage
        }
        self.queues = {
            stage: queue(
                self.clock,
                stage.value,
                visibility=6 * TIME_LIMITS[stage],
                dead_letters=self.dead_letter_queues[stage],
                max_receives=10 if stage is Stage.DELETION else MAX_RECEIVES,
                clock_ahead=clock_ahead,
            )
            for stage in Stage
        }
        self.intake_parked_queue = InMemoryQueue[StagedObject](self.clock, "intake-parked")
        self.intake_dead_letter_queue = InMemoryQueue[StagedObject](
            self.clock,
            "intake-dead",
            visibility=6 * DEAD_LETTER_LEASE,
            dead_letters=self.intake_parked_queue,
        )
        self.intake_queue = intake_queue(
            self.clock,
            "intake",
            visibility=6 * STORED_WITHIN,
            dead_letters=self.intake_dead_letter_queue,
            clock_ahead=clock_ahead,
        )
