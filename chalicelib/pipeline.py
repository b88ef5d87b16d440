"""The pipeline put together: each part with only the tools it needs, built on first use."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from chalicelib.delivery.dead_letters import DeadLetters, IntakeDeadLetters, Parking
from chalicelib.delivery.messages import Delivery, IntakeMessage
from chalicelib.delivery.rejected_files import RejectedFiles
from chalicelib.delivery.runner import StepRunner
from chalicelib.profiles import keys as profile_keys
from chalicelib.profiles.parts import ProfileParts
from chalicelib.shared_parts import SharedParts
from chalicelib.steps.bucket_intake import BucketIntake
from chalicelib.steps.bulk import Bulk
from chalicelib.steps.deletion import Deletion, Eraser
from chalicelib.steps.direct_upload import DirectUpload
from chalicelib.steps.intake import Intake
from chalicelib.steps.listing import Listing
from chalicelib.steps.narration import Narration
from chalicelib.steps.reading import Reading
from chalicelib.steps.renditions import Renditions
from chalicelib.steps.retrieval import Retrieval
from chalicelib.steps.sweeper import Sweeper
from chalicelib.stories.links import Links
from chalicelib.stories.ports import Queue, Stories
from chalicelib.stories.story import Lease, Step, Story
from chalicelib.tools import Tools

TIME_LIMITS: Final = {
    Step.INTAKE: timedelta(seconds=60),
    Step.READING: timedelta(seconds=60),
    Step.NARRATION: timedelta(seconds=120),
    Step.RENDITIONS: timedelta(seconds=60),
    Step.DELETION: timedelta(seconds=60),
}
"""Of the steps' functions in .chalice/config.json (a test compares); no lease lasts longer."""

DEAD_LETTER_LEASE: Final = timedelta(seconds=29)


class Pipeline:
    """Everything that `app.py` delegates to.

    Args:
        tools: Asked for each tool only when a part first needs it.
        namespace: The secret under which story ids are derived, and cursors signed.
        intake_bucket: The name under which S3's events know the intake_bucket bucket.
    """

    def __init__(
        self,
        tools: Tools,
        *,
        links: Links,
        namespace: uuid.UUID,
        intake_bucket: str,
        clock: Callable[[], datetime],
        new_uuid: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        self.links = links
        self._tools = tools
        self._namespace = namespace
        self._clock = clock
        self._new_uuid = new_uuid
        self._shared = SharedParts(tools, links, intake_bucket, clock)

    @property
    def _stories(self) -> Stories:
        return self._tools.stories

    @cached_property
    def intake(self) -> Intake:
        return Intake(
            stories=self._stories,
            media=self._tools.media,
            queues=self._tools.queues,
            notification=self._shared.notification,
            erasure=self._shared.erasure,
            meter=self._tools.meter,
            namespace=self._namespace,
            new_uuid=self._new_uuid,
            clock=self._clock,
        )

    @cached_property
    def reading(self) -> StepRunner:
        work = Reading(
            stories=self._stories,
            media=self._tools.media,
            text_detector=self._tools.text_detector,
            narration_queue=self._tools.queues[Step.NARRATION],
            renditions_queue=self._tools.queues[Step.RENDITIONS],
        )
        return self._runner(Step.READING, work.work)

    @cached_property
    def narration(self) -> StepRunner:
        work = Narration(
            stories=self._stories,
            media=self._tools.media,
            speaker=self._tools.speaker,
            meter=self._tools.meter,
        )
        return self._runner(Step.NARRATION, work.work)

    @cached_property
    def renditions(self) -> Renditions:
        queue = self._tools.queues[Step.RENDITIONS]
        return Renditions(
            leasing=self._shared.leasing(Step.RENDITIONS, TIME_LIMITS[Step.RENDITIONS], queue),
            stories=self._stories,
            media=self._tools.media,
        )

    @cached_property
    def direct_upload(self) -> DirectUpload:
        return DirectUpload(
            upload_requests=self._tools.upload_requests,
            intake_bucket=self._tools.intake_bucket,
            new_uuid=self._new_uuid,
            clock=self._clock,
        )

    @property
    def intake_queue(self) -> Queue[IntakeMessage]:
        return self._tools.intake_queue

    @cached_property
    def bucket_intake(self) -> BucketIntake:
        return BucketIntake(
            intake=self.intake,
            stories=self._stories,
            upload_requests=self._tools.upload_requests,
            intake_bucket=self._tools.intake_bucket,
            queue=self._tools.intake_queue,
            aside=RejectedFiles(self._tools.intake_bucket, self._tools.intake_parked_queue),
            meter=self._tools.meter,
        )

    def take_in_staged(self, delivery: Delivery[IntakeMessage]) -> None:
        """Whatever arrived in the intake_bucket bucket, by where it arrived."""
        is_profile_photo = profile_keys.is_profile_photo(delivery.message.key)
        intake = self.profiles.bucket_intake if is_profile_photo else self.bucket_intake
        intake.handle(delivery)

    @cached_property
    def retrieval(self) -> Retrieval:
        return Retrieval(
            stories=self._stories,
            upload_requests=self._tools.upload_requests,
            failover=self._shared.failover,
            intake_failover=self._shared.intake_failover,
            clock=self._clock,
        )

    @cached_property
    def bulk(self) -> Bulk:
        return Bulk(
            stories=self._stories,
            retrieval=self.retrieval,
            notification=self._shared.notification,
        )

    @cached_property
    def listing(self) -> Listing:
        return Listing(stories=self._stories, signing_key=self._namespace.hex, clock=self._clock)

    @cached_property
    def deletion(self) -> Deletion:
        return Deletion(
            stories=self._stories,
            upload_requests=self._tools.upload_requests,
            queue=self._tools.queues[Step.DELETION],
            clock=self._clock,
        )

    @cached_property
    def eraser(self) -> Eraser:
        return Eraser(
            stories=self._stories,
            upload_requests=self._tools.upload_requests,
            intake_bucket=self._tools.intake_bucket,
            erasure=self._shared.erasure,
            cdn=self._tools.cdn,
            queue=self._tools.queues[Step.DELETION],
            meter=self._tools.meter,
            clock=self._clock,
        )

    @cached_property
    def profiles(self) -> ProfileParts:
        return ProfileParts(
            self._tools, namespace=self._namespace, clock=self._clock, new_uuid=self._new_uuid
        )

    @cached_property
    def sweeper(self) -> Sweeper:
        return Sweeper(
            stories=self._stories,
            failover=self._shared.failover,
            intake_failover=self._shared.intake_failover,
            profile_failover=self.profiles.failover,
            clock=self._clock,
        )

    @cached_property
    def dead_letters(self) -> Mapping[Step, DeadLetters | Parking]:
        return {
            Step.READING: self._dead_letters(Step.READING),
            Step.NARRATION: self._dead_letters(Step.NARRATION),
            Step.RENDITIONS: self._parking(Step.RENDITIONS),
            Step.DELETION: self._parking(Step.DELETION),
        }

    @cached_property
    def intake_dead_letters(self) -> IntakeDeadLetters:
        return IntakeDeadLetters(
            upload_requests=self._tools.upload_requests,
            queue=self._tools.intake_dead_letter_queue,
            parked=self._tools.intake_parked_queue,
        )

    def _runner(self, step: Step, work: Callable[[Story, Lease], Story]) -> StepRunner:
        return StepRunner(
            work=work,
            leasing=self._shared.leasing(step, TIME_LIMITS[step], self._tools.queues[step]),
            stories=self._stories,
            meter=self._tools.meter,
            clock=self._clock,
        )

    def _dead_letters(self, step: Step) -> DeadLetters:
        queue = self._tools.dead_letter_queues[step]
        return DeadLetters(
            leasing=self._shared.leasing(step, DEAD_LETTER_LEASE, queue, gives_up=True),
            stories=self._stories,
            parked=self._tools.parked_queues[step],
            meter=self._tools.meter,
        )

    def _parking(self, step: Step) -> Parking:
        return Parking(
            step=step,
            queue=self._tools.dead_letter_queues[step],
            parked=self._tools.parked_queues[step],
        )
